// --events: a table below sysstat's, whose text stays as it was, or a part of each line of JSON; where nothing is known it says so; %util is marked where
// requests are shorter than a tick of the kernel's clock.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsOf } from '../../../src/tools/iostat/counts.js';
import { countsByTicks, isUtilApproximate } from '../../../src/tools/iostat/events.js';
import { reportFor } from '../../../src/tools/iostat/forms.js';
import { parseIostatOptions } from '../../../src/tools/iostat/options.js';
import type { Shown } from '../../../src/tools/iostat/report.js';
import type { DiskInterval } from '../../../src/model/disk-interval.js';

const NONE = { p99: NaN, max: NaN };
const SEEN: DiskInterval = { read: NONE, write: { p99: 1.25, max: 40.5 }, flush: NONE, busy: 0.125, ofBest: 0.5 };

/** A second with 100 writes of so many ms each. */
function shown(msEach: number, events?: Shown['events']): Shown {
  const now = countsOf([0, 0, 0, 0, 100, 0, 800, 100 * msEach, 0, 400, 100 * msEach]);
  const row = { name: 'sda', label: 'sda', disks: 1, before: countsOf([]), now };
  return { at: new Date(0), centiseconds: 100, isSinceBoot: false, cpu: [], rows: [row], ...(events && { events }) };
}

const reportOf = (args: string, release = '6.1.0') =>
  reportFor(parseIostatOptions(args.split(' '), false), false, {}, release);

test('the table stands below the report, whose own text does not change', () => {
  const seen = shown(1, new Map([['sda', SEEN]]));
  const usual = reportOf('-dx 1').sample(seen);
  const text = reportOf('-dx --events 1').sample(seen);
  assert.ok(text.startsWith(usual));
  assert.deepEqual(
    text
      .slice(usual.length)
      .split('\n')
      .map((line) => line.split(/ +/)),
    [
      ['Device', 'r_p99', 'r_max', 'w_p99', 'w_max', 'f_p99', 'f_max', '%busy', '%best', '%util'],
      ['sda', '-', '-', '1.25', '40.50', '-', '-', '12.50', '50.00', '~40.00'],
      [''],
      [''],
    ],
  );
  assert.equal(reportOf('-dx --events 1').sample({ ...seen, isSinceBoot: true }), usual);
});

test('of what events tell nothing of nothing is known, and of a disk without requests that it had none', () => {
  const last = (events?: Shown['events']) =>
    reportOf('-d --events 1').sample(shown(1, events)).trimEnd().split('\n').at(-1);
  const idle: DiskInterval = { read: NONE, write: NONE, flush: NONE, busy: 0, ofBest: 0 };
  assert.match(last(new Map([['sda', idle]])) ?? '', / - +0\.00 +0\.00 +~40\.00$/);
  assert.match(last(new Map([['sdb', idle]])) ?? '', / - +- +- +~40\.00$/);
  assert.match(last() ?? '', / - +- +- +~40\.00$/);
});

test('JSONL has them beside the disks, null where there are none', () => {
  const line = JSON.parse(reportOf('-d -o JSONL --events 1').sample(shown(1, new Map([['sda', SEEN]]))));
  assert.deepEqual(line.events, [
    {
      disk_device: 'sda',
      r_p99: null,
      r_max: null,
      w_p99: 1.25,
      w_max: 40.5,
      f_p99: null,
      f_max: null,
      busy: 12.5,
      best: 50,
      util_is_approximate: true,
    },
  ]);
});

test('%util is approximate for requests shorter than a tick, from Linux 5.0 to 6.9', () => {
  const [short, long] = [shown(9.9), shown(10.1)].map(
    ({ rows: [row], centiseconds }) => row && { ...row, centiseconds },
  );
  assert.ok(short && long);
  assert.ok(isUtilApproximate(short, true) && !isUtilApproximate(long, true) && !isUtilApproximate(short, false));
  assert.ok(!isUtilApproximate({ ...short, now: short.before }, true));
  assert.deepEqual(
    ['4.19.0-27', '5.0.1', '5.10.0-30-amd64', '6.9.12', '6.10.0', '6.18.44', '10.2'].map(countsByTicks),
    [false, true, true, true, false, false, false],
  );
});

test('what makes no sense with it is refused', () => {
  for (const args of [
    '--events --wide 1',
    '--events -o JSON 1',
    '--events',
    '--bursts --events 1',
    '--plot --events 1',
  ])
    assert.throws(() => parseIostatOptions(args.split(' '), false), /^UserError: --(events|plot|bursts) /, args);
  for (const args of [
    '--bursts -o JSON',
    '--bursts -g x sda',
    '--bursts 0.1',
    '--bursts 60.5',
    '--bursts --plot',
    '--plot -o JSONL',
  ])
    assert.throws(() => parseIostatOptions(args.split(' '), false), /^UserError: --(plot|bursts) /, args);
});
