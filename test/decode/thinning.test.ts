// Which readings of a long tape are decoded, and which never are left out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { thinned } from '../../src/decode/thinning.js';

const HOUR = 3_600_000;

test('of a short recording every reading is taken, of a long one at most 9,000 a file, evenly', () => {
  const short = thinned({ from: 0, to: 900_000 }, 10);
  for (let ms = 0; ms < 900_000; ms += 100) assert.ok(short('/proc/diskstats', ms * 1e6), String(ms));
  const long = thinned({ from: 0, to: 12 * HOUR }, 10);
  const taken: number[] = [];
  for (let ms = 0; ms < 12 * HOUR; ms += 100) if (long('/proc/diskstats', ms * 1e6)) taken.push(ms);
  assert.equal(taken.length, 9000);
  assert.ok(taken.every((ms, index) => Math.abs(ms - index * 4800) < 100));
});

test('files are thinned each by itself, and those that are read seldom not at all', () => {
  const long = thinned({ from: 0, to: 12 * HOUR }, 10);
  const paths = ['/proc/diskstats', '/proc/vmstat'];
  assert.deepEqual(
    paths.map((path) => long(path, 0)),
    [true, true],
  );
  for (let ms = 0; ms < HOUR; ms += 60_000) assert.ok(long('/proc/1/io', ms * 1e6));
});

test('a part has its full rate within its bounds, and none outside', () => {
  const part = thinned({ from: HOUR, to: HOUR + 60_000 }, 10);
  assert.equal(part('/proc/stat', (HOUR - 100) * 1e6), false);
  for (let ms = HOUR; ms <= HOUR + 60_000; ms += 100) assert.ok(part('/proc/stat', ms * 1e6));
  assert.equal(part('/proc/stat', (HOUR + 60_100) * 1e6), false);
});

test('facts, lists of threads, names and the recorder’s own words are taken wherever they stand', () => {
  const part = thinned({ from: HOUR, to: HOUR + 60_000 }, 10);
  for (const path of ['iowitness:victim', '/proc/7/task/', '/sys/kernel/tracing/saved_cmdlines'])
    assert.ok(part(path, 5), path);
  assert.ok(part('iowitness:facts', 77));
  assert.ok(part('/proc/meminfo', 77));
  assert.equal(part('/proc/meminfo', 78), false);
});
