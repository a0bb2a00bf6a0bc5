// The screen as text, at the sizes that people have and at any other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { widthOf } from '../../../src/present/text-layout.js';
import type { Input } from '../../../src/tools/top/input.js';
import { step } from '../../../src/tools/top/keys.js';
import { newScreen, type Detail, type Screen } from '../../../src/tools/top/screen.js';
import { painted, plainText } from '../../../src/tools/top/spans.js';
import { Totals } from '../../../src/tools/top/totals.js';
import { sparkline, viewOf } from '../../../src/tools/top/view.js';
import { assertGolden } from '../../support/golden.js';
import { aSample } from '../../support/top.js';

const SIZES = [
  [80, 24],
  [200, 50],
] as const;

function aScreen(different: Partial<Screen> = {}): Screen {
  const totals = new Totals();
  const sample = different.sample ?? aSample();
  totals.add(sample);
  totals.add(sample);
  return newScreen(totals, { sample, ...different });
}

/** The lines as a terminal shows them, without the spaces at their ends. */
function text(screen: Screen): string {
  return `${viewOf(screen)
    .lines.map((line) => plainText(line).trimEnd())
    .join('\n')}\n`;
}

const detail: Detail = {
  key: '812/',
  waits: [
    { state: 'dirty-throttle', share: 0.75, wchan: 'balance_dirty_pages' },
    { state: 'running', share: 0.25, wchan: null },
  ],
  stacks: [{ tid: 812, frames: ['balance_dirty_pages', 'generic_perform_write', 'ext4_buffered_write_iter'] }],
  noStacks: null,
  files: ['/srv/data/base/1', '/srv/data/pg_wal/0001'],
  noFiles: null,
};

const SCREENS: Readonly<Record<string, Partial<Screen>>> = {
  table: { selected: '812/' },
  judged: {
    verdict:
      'postgres (812) at 19:45:20: The page cache’s dirty limit is too low for what the victim writes: it is paused for 75 % of its time while the disk is idle. (mem.dirty-limit, sure)',
  },
  accumulated: { accumulated: true, everyone: true, filter: 'user:postgres' },
  untold: {
    sample: aSample({
      attribution: { by: 'none', note: 'not attributed: needs root' },
      devices: aSample().devices.map((device) => ({ ...device, parts: null, layer: '' })),
      processes: aSample().processes.map((one) => ({ ...one, caused: [] })),
      kernel: [],
    }),
  },
  detail: { mode: 'detail', selected: '812/', detail },
  help: { mode: 'help' },
  'more-help': { mode: 'help', scroll: 99 },
};

for (const [name, different] of Object.entries(SCREENS))
  for (const [columns, lines] of SIZES)
    test(`${name} at ${columns} × ${lines}`, () => {
      assertGolden(`top/${name}-${columns}x${lines}.txt`, text(aScreen({ ...different, columns, lines })));
    });

test('what is not known is no figure', () => {
  const shown = text(aScreen({ ...SCREENS['untold'], columns: 200, lines: 50 }));
  const vda = shown.split('\n').find((line) => line.startsWith('vda')) ?? '';
  assert.match(vda, /87 %\s+-\s+-\s+-/);
  assert.match(shown, /not attributed: needs root/);
  assert.doesNotMatch(shown, /0\.00/);
});

const anyInput: fc.Arbitrary<Input> = fc.oneof(
  fc
    .constantFrom(
      'up',
      'down',
      'left',
      'right',
      'page-up',
      'page-down',
      'home',
      'end',
      'enter',
      'escape',
      'backspace',
      '/',
      'o',
      'p',
      'a',
      'r',
      'b',
      ' ',
      '?',
      'x',
      'é',
      'delays',
      'v',
    )
    .map((key): Input => ({ kind: 'key', key })),
  fc.record({ kind: fc.constant('click' as const), line: fc.nat(60), column: fc.nat(220) }),
  fc.record({ kind: fc.constant('wheel' as const), by: fc.integer({ min: -9, max: 9 }) }),
);

test('however small the terminal is, processes stand on it by their names, and what is above them gives way', () => {
  const screen = aScreen({ columns: 20, lines: 5 });
  const lines = text(screen).trimEnd().split('\n');
  assert.match(lines[0] ?? '', /^iowitness top/);
  assert.match(lines[1] ?? '', /PID COMMAND/);
  assert.match(lines[2] ?? '', /^ *812 postgres/);
  assert.match(lines[4] ?? '', /^\? help/);
  const more = text(aScreen({ columns: 40, lines: 10 }));
  assert.match(more, /^DEVICE .*\n\w+ .*\npressure io .*\nwaiting .*\n +PID .*COMMAND/m);
  assert.doesNotMatch(more, /^verdict/m, 'the hint goes before devices and pressure do');
  const judged = text(aScreen({ columns: 60, lines: 12, verdict: 'postgres (812): it is paused' }));
  assert.match(judged, /^verdict  postgres \(812\): it is paused$/m, 'a verdict that was asked for is no hint');
  for (const columns of [20, 40, 60, 80]) assert.match(text(aScreen({ columns, lines: 12 })), /postgres/, `${columns}`);
});

test('a narrow terminal shows figures of devices whole or not at all', () => {
  const heads = (columns: number) =>
    /^DEVICE .*$/m
      .exec(text(aScreen({ columns, lines: 24 })))?.[0]
      .trim()
      .split(/ +/);
  assert.deepEqual(heads(40), ['DEVICE', 'READ', 'WRITE', 'WAIT', 'BUSY']);
  assert.deepEqual(heads(64)?.slice(-2), ['BUSY', 'PROCESSES']);
  assert.equal(heads(80)?.at(-1), 'NOBODY');
  assert.equal(heads(100)?.at(-1), 'ON');
});

test('at any size and after any keys there are as many lines as the terminal has, none wider, and nothing that it would obey', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 260 }),
      fc.integer({ min: 1, max: 70 }),
      fc.array(anyInput, { maxLength: 25 }),
      (columns, lines, inputs) => {
        let screen = aScreen({ columns, lines });
        for (const input of inputs) {
          const next = step(screen, viewOf(screen).table, input);
          assert.notEqual(next.action, 'quit');
          ({ screen } = next);
        }
        const view = viewOf(screen);
        assert.equal(view.lines.length, lines);
        for (const line of view.lines) {
          assert.ok(widthOf(plainText(line)) <= columns);
          // eslint-disable-next-line no-control-regex
          assert.doesNotMatch(painted(line, 'dark').replaceAll(/\u001b\[[\d;]*m/g, ''), /[\u0000-\u001f]/);
        }
      },
    ),
    { seed: 13, numRuns: 300 },
  );
});

test('without colours no colour is sent', () => {
  const sent = viewOf(aScreen({ selected: '812/' }))
    .lines.map((line) => painted(line, 'none'))
    .join('');
  // eslint-disable-next-line no-control-regex
  assert.deepEqual([...new Set(sent.match(/\u001b\[[\d;]*m/g))].toSorted(), [
    '\u001b[1m',
    '\u001b[22m',
    '\u001b[27m',
    '\u001b[7m',
  ]);
});

test('a sparkline has its largest value at the top and none at the bottom', () => {
  assert.equal(sparkline([0, 50, 100, 0], 3), '▅█▁');
  assert.equal(sparkline([], 5), '');
});

test('the page of one that is gone still counts those that are active', () => {
  const [title] = text(aScreen({ mode: 'detail', selected: 'gone' })).split('\n');
  assert.equal(title, text(aScreen()).split('\n')[0]);
});

test('of one name that has ended there is one line in the view of processes, with all that its bytes are', () => {
  const ended = aSample().processes.filter((one) => one.ended);
  const dd = Array.from({ length: 17 }, (_, at) =>
    ended.map((one) => ({ ...one, pid: 5000 + at, command: 'dd' })),
  ).flat();
  const alone = ended.map((one) => ({ ...one, pid: 6000, command: 'cp' }));
  const sample = aSample({ processes: [...dd, ...alone], kernel: [], devices: [] });
  const shown = text(aScreen({ sample, columns: 200, lines: 50 }));
  assert.equal(shown.match(/\bdd\b/g)?.length, 1, shown);
  // 17 of 4096 bytes in two seconds.
  assert.match(shown, /^ +- +-.* vda 34\.8 kB .*dd × 17 \(ended\)$/m);
  assert.match(shown, /^ +6000 .* cp \(ended\)$/m);
  assert.equal(text(aScreen({ sample, byThread: true, columns: 200, lines: 50 })).match(/dd \(ended\)/g)?.length, 17);
  const chosen = aScreen({ sample, selected: viewOf(aScreen({ sample })).table.order[0] });
  assert.equal(step(chosen, viewOf(chosen).table, { kind: 'key', key: 'enter' }).screen.mode, 'table');
});

test('devices that did nothing of late are a number, until all are asked for', () => {
  const quiet = { readBytes: 0, writeBytes: 0, operations: 0, queueDepth: 0, waitMs: null, busy: 0, parts: null };
  const [vda] = aSample().devices;
  assert.ok(vda);
  const loops = [1, 2, 3, 4].map((at) => ({ ...vda, ...quiet, name: `loop${at}` }));
  const sample = aSample({ devices: [vda, ...loops] });
  const screen = aScreen({ sample });
  assert.match(text(screen), /^vda .*\n\+4 idle$/m);
  assert.match(text({ ...screen, everyone: true, lines: 50 }), /^loop4 /m);
  const resting = aSample({ devices: [{ ...vda, ...quiet, name: 'vda' }, ...loops] });
  for (let samples = 0; samples < 4; samples += 1) screen.totals.add(resting);
  assert.match(text({ ...screen, sample: resting }), /^vda .*\n\+4 idle$/m);
  screen.totals.add(resting);
  assert.match(text({ ...screen, sample: resting }), /BUSY .*\n\+5 idle$/m);
});
