// What --plot and the pictures keep of a run: one size however long it is, means where steps become one, gaps where a disk was not there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History } from '../../../src/run/iostat/history.js';
import { countsOf } from '../../../src/tools/iostat/counts.js';
import { DISK_FIELDS } from '../../../src/base/procfs/diskstats.js';
import type { Shown } from '../../../src/tools/iostat/report.js';

const counts = (over: Partial<Record<(typeof DISK_FIELDS)[number], number>>) =>
  countsOf(DISK_FIELDS.map((field) => over[field] ?? 0));

/** A step of a second in which a disk had so many reads of 4 KiB and 2 ms. */
function step(disks: Readonly<Record<string, number>>): Shown {
  const rows = Object.entries(disks).map(([name, reads]) => ({
    name,
    label: name,
    disks: 1,
    before: counts({}),
    now: counts({ rd_ios: reads, rd_sectors: 8 * reads, rd_ticks: 2 * reads, time_in_queue: 2 * reads }),
  }));
  return { at: new Date(0), centiseconds: 100, isSinceBoot: false, cpu: [], rows };
}

test('each measure has its line, and a disk that comes later a gap before it', () => {
  const history = new History(1000);
  history.add(step({ sda: 100 }));
  history.add(step({ sda: 0, sdb: 50 }));
  const { charts, binMs, t } = history.charts(history.all);
  assert.equal(binMs, 1000);
  assert.deepEqual([...t], [500, 1500]);
  const values = (id: string, name: string) =>
    Array.from(charts.find((chart) => chart.id === id)?.lines.find((line) => line.name === name)?.values ?? []);
  assert.deepEqual(values('iops', 'sda'), [100, 0]);
  assert.deepEqual(values('iops', 'sdb'), [NaN, 50]);
  assert.deepEqual(values('throughput', 'sda'), [0.4096, 0]);
  // Of no request there is no wait.
  assert.deepEqual(values('await', 'sda'), [2, NaN]);
  assert.deepEqual(values('depth', 'sda'), [0.2, 0]);
  assert.deepEqual([...history.active.keys()], ['sda', 'sdb']);
});

test('a long run keeps its size and its mean', () => {
  const history = new History(1000);
  for (let at = 0; at < 10_000; at += 1) history.add(step({ sda: at % 2 === 0 ? 0 : 200 }));
  const { charts, binMs } = history.charts(history.all);
  const values = charts[0]?.lines[0]?.values ?? new Float64Array();
  assert.ok(values.length <= 2400 && values.length * binMs >= 9_990_000 && values.length * binMs <= 10_010_000);
  // Steps are four or eight of the run's: half of them had 200.
  for (const value of values) assert.ok(Math.abs(value - 100) < 1e-9, String(value));
});

test('a disk that did nothing is not active', () => {
  const history = new History(1000);
  history.add(step({ sda: 0, sdb: 1 }));
  assert.deepEqual([...history.active.keys()], ['sdb']);
});
