// Counters thinned with age: a burst of one second is in the largest value, the sum and the distribution of its minute, and what is kept is found again.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { HeldFolder } from '../../../src/base/held-folder.js';
import { minuteOf } from '../../../src/model/history.js';
import { SecondFigures } from '../../../src/run/watch/figures.js';
import { History, readHistory } from '../../../src/run/watch/history.js';

const BEGIN = Date.parse('2026-11-30T03:00:00Z');

test('seconds are kept one by one, and of each minute what a burst leaves', async () => {
  const place = mkdtempSync('/var/tmp/iowitness-history-');
  const folder = HeldFolder.at(place);
  try {
    const history = await History.open(folder, {
      failed: (error) => {
        throw error;
      },
    });
    for (let second = 0; second < 130; second += 1)
      history.add(BEGIN + second * 1000, new Map([['sda.wait_us', second === 70 ? 40_000 : 100]]));
    await history.close();
    const { seconds, minutes } = readHistory(folder);
    assert.deepEqual(
      seconds.map((one) => [one.from, one.seconds]),
      [
        ['2026-11-30T03:00:00.000Z', 60],
        ['2026-11-30T03:01:00.000Z', 60],
        ['2026-11-30T03:02:00.000Z', 10],
      ],
    );
    assert.equal(seconds[1]?.figures['sda.wait_us']?.[10], 40_000);
    // Minutes whose seconds are there are not told twice.
    assert.deepEqual(minutes, []);
    assert.equal(readHistory(folder, BEGIN + 125_000).seconds.length, 1);
    const [, second] = seconds;
    assert.deepEqual(second && minuteOf(second).figures['sda.wait_us'], {
      count: 60,
      min: 100,
      mean: (59 * 100 + 40_000) / 60,
      max: 40_000,
      sum: 45_900,
      histogram: [
        [64, 59],
        [32_768, 1],
      ],
    });
  } finally {
    folder.close();
    rmSync(place, { recursive: true });
  }
});

test('no second stands more than five seconds from when it was, though the machine sleeps, or its clock is set', async () => {
  const place = mkdtempSync('/var/tmp/iowitness-history-');
  const folder = HeldFolder.at(place);
  try {
    const history = await History.open(folder, { failed: assert.ifError });
    const add = (atMs: number) => history.add(BEGIN + atMs, new Map([['at', atMs]]));
    for (let second = 0; second < 20; second += 1) add(second * 1000);
    // A busy machine's seconds are some ms long.
    for (let second = 20; second < 30; second += 1) add(20_000 + (second - 20) * 1200);
    const slept = 8 * 3_600_000;
    for (let second = 40; second < 50; second += 1) add(slept + second * 1000);
    for (let second = 50; second < 60; second += 1) add(second * 1000 - slept);
    await history.close();
    const { seconds } = readHistory(folder);
    assert.deepEqual(
      seconds.map((one) => one.seconds),
      [30, 10, 10],
    );
    for (const { from, figures } of seconds)
      for (const [second, at] of (figures['at'] ?? []).entries())
        assert.ok(Math.abs(Date.parse(from) + second * 1000 - BEGIN - (at ?? NaN)) <= 5000);
  } finally {
    folder.close();
    rmSync(place, { recursive: true });
  }
});

test('what grows is told by how much, what stands as it stands, and nothing of a first look', () => {
  const figures = new SecondFigures();
  const pressure = (us: number) => `some avg10=0.00 avg60=0.00 avg300=0.00 total=${us}\n`;
  figures.take('/proc/pressure/io', pressure(1000));
  figures.take('/proc/stat', 'cpu  100 0 100 800 0 0 0 0 0 0\n');
  assert.deepEqual([...figures.endSecond()], []);
  figures.take('/proc/pressure/io', pressure(41_000));
  figures.take('/proc/stat', 'cpu  150 0 100 840 10 0 0 0 0 0\n');
  figures.take('/proc/meminfo', 'MemAvailable:     900 kB\nDirty:               7 kB\nWriteback:           0 kB\n');
  assert.deepEqual(
    [...figures.endSecond()],
    [
      ['io.some_us', 40_000],
      ['cpu.busy_permille', 500],
      ['cpu.iowait_permille', 100],
      ['memory.dirty_kib', 7],
      ['memory.writeback_kib', 0],
      ['memory.available_kib', 900],
    ],
  );
});

test('what grew while nothing ran is of no second', () => {
  const figures = new SecondFigures();
  const take = (us: number, dirty: number) => {
    figures.take('/proc/pressure/io', `some avg10=0.00 avg60=0.00 avg300=0.00 total=${us}\n`);
    figures.take('/proc/meminfo', `Dirty: ${dirty} kB\n`);
    return figures.endSecond();
  };
  take(1000, 1);
  figures.forget();
  assert.deepEqual([...take(60_001_000, 2)], [['memory.dirty_kib', 2]]);
  assert.equal(take(60_001_500, 3).get('io.some_us'), 500);
});
