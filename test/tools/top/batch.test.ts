// The text of batch mode and the options that iotop has.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchText } from '../../../src/tools/top/batch.js';
import { parseTopOptions } from '../../../src/tools/top/options.js';
import { Totals } from '../../../src/tools/top/totals.js';
import { assertGolden } from '../../support/golden.js';
import { aProcess, aSample } from '../../support/top.js';

/** Two samples in batch mode with these options. */
function textOf(...args: readonly string[]): string {
  const options = parseTopOptions(['-b', ...args]);
  const batch = new BatchText(options);
  const totals = new Totals();
  return [aSample(), aSample({ at: '2026-11-29T19:45:26.048Z' })]
    .map((sample) => {
      totals.add(sample);
      return batch.text(sample, totals);
    })
    .join('');
}

for (const args of [['-P'], ['-o', '-P', '-k'], ['-a', '-P', '-t', '-q'], ['-qqq', '-u', 'backup']])
  test(`top -b ${args.join(' ')}`, () => assertGolden(`top/batch${args.join('')}.txt`, textOf(...args)));

test('-q leaves the names of the columns out behind the first sample, -qq there too, -qqq the sums as well', () => {
  const heads = (text: string) => text.match(/^ {3}PID/gm)?.length ?? 0;
  const sums = (text: string) => text.match(/^Current/gm)?.length ?? 0;
  const counts = ['', '-q', '-qq', '-qqq'].map((quiet) => {
    const text = textOf('-P', ...(quiet === '' ? [] : [quiet]));
    return [heads(text), sums(text)];
  });
  assert.deepEqual(counts, [
    [2, 2],
    [1, 2],
    [0, 2],
    [0, 0],
  ]);
});

test('bytes that are not known are no zeros', () => {
  const batch = new BatchText(parseTopOptions(['-b', '-P', '-qqq', '-p', '9']));
  const unknown = aProcess({
    pid: 9,
    readBytes: null,
    writeBytes: null,
    cancelledBytes: null,
    waits: null,
    caused: [],
  });
  const line = batch.text(aSample({ processes: [unknown] }), new Totals());
  assert.match(line, /^ {5}9 be\/4 postgres {11}- {11}- {11}- {6}- {6}- - /);
});

test('what time a counter is of is told by its own seconds', () => {
  const late = aProcess({ pid: 9, writeBytes: 8_192, seconds: 8, caused: [] });
  const line = new BatchText(parseTopOptions(['-b', '-P', '-qqq', '-p', '9'])).text(
    aSample({ processes: [late] }),
    new Totals(),
  );
  assert.match(line, / 1024\.00 B\/s /);
});

test('options as iotop takes them, together and apart', () => {
  const options = parseTopOptions(['-boPakt', '-n', '3', '-d0.5', '-p', '1,2', '-p3', '-u', 'root', '-qq']);
  const { batch, only, processes, accumulated, kilobytes, time, quiet, count, delayMs, pids, users } = options;
  assert.deepEqual(
    { batch, only, processes, accumulated, kilobytes, time, quiet, count, delayMs, pids, users },
    {
      batch: true,
      only: true,
      processes: true,
      accumulated: true,
      kilobytes: true,
      time: true,
      quiet: 2,
      count: 3,
      delayMs: 500,
      pids: [1, 2, 3],
      users: ['root'],
    },
  );
  assert.deepEqual(
    [parseTopOptions(['--iter=2', '--delay', '1']).count, parseTopOptions(['-t']).batch, parseTopOptions(['-q']).batch],
    [2, true, true],
  );
});

test('what is no option is refused in a sentence', () => {
  const refused = [
    ['-x'],
    ['-n', '0'],
    ['-n', 'x'],
    ['-d', '0'],
    ['-d', '1e9'],
    ['-p', '0'],
    ['-n'],
    ['5'],
    ['-b', '--json'],
  ];
  for (const args of refused) assert.throws(() => parseTopOptions(args), { name: 'UserError' }, args.join(' '));
});
