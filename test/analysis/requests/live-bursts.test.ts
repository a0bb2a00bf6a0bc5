// Bursts found while they happen, tried by simulation with fixed seeds: a disk that bursts for 40 ms every 7.3 s, beside a background, sampled every
// 10 ms as late as a busy machine does; and bursts at random, which are seldom called periodic.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveBursts, type Burst } from '../../../src/analysis/requests/live-bursts.js';
import { chanceOfRegular, latestPeriod, periodOf, type Period } from '../../../src/analysis/requests/regularity.js';
import { generator } from '../../../src/base/random.js';

interface Simulated {
  readonly random: () => number;
  /** When bursts begin, ms. */
  readonly starts: readonly number[];
  readonly lengthMs: number;
  readonly endMs: number;
  /** Small writes a second beside them. */
  readonly background: number;
}

interface Told {
  readonly atMs: number;
  readonly burst: Burst;
  readonly period: Period | undefined;
}

/** What is told, and when: a burst moves 256 requests of 64 KiB. */
function watch({ random, starts, lengthMs, endMs, background }: Simulated): Told[] {
  const live = new LiveBursts(1000);
  const told: Told[] = [];
  let [before, next] = [0, 1000];
  for (let tick = 1; before < endMs; tick += 1) {
    // Late by up to 2 ms as a rule, by up to 30 ms at times.
    const atMs = Math.max(before + 0.1, tick * 10 + random() * (random() < 0.02 ? 30 : 2));
    const inBurst = starts.reduce(
      (sum, at) => sum + Math.max(0, Math.min(atMs, at + lengthMs) - Math.max(before, at)),
      0,
    );
    const small = random() < (background * (atMs - before)) / 1000 ? 1 : 0;
    const operations = Math.round((inBurst / lengthMs) * 256) + small;
    const bytes = Math.round((inBurst / lengthMs) * 256) * 65_536 + small * 4096;
    live.take({ atMs, forMs: atMs - before, operations, bytes, busyMs: inBurst + small });
    before = atMs;
    if (atMs < next) continue;
    next += 1000;
    for (const burst of live.over()) told.push({ atMs, burst, period: live.period });
  }
  return told;
}

const every = (period: number, first: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => first + at * period);

test('a burst of 40 ms every 7.3 s is found within five periods, to 1 %, beside other writes', () => {
  const random = generator(1);
  for (const background of [0, 0, 0.5, 2, 5, 30]) {
    const first = random() * 7300;
    const told = watch({ random, starts: every(7300, first, 5), lengthMs: 40, endMs: first + 5 * 7300, background });
    assert.equal(told.length, 5, `${background} a second: ${JSON.stringify(told)}`);
    for (const { burst } of told) {
      assert.ok(burst.toMs - burst.fromMs <= 80, JSON.stringify(burst));
      assert.ok(burst.average.busy <= 0.08 && burst.isHidden, JSON.stringify(burst));
      assert.ok(Math.abs(burst.bytes / burst.operations / 65_536 - 1) < 0.05, JSON.stringify(burst));
    }
    const { period } = told.at(-1) ?? {};
    assert.ok(period && Math.abs(period.period / 7300 - 1) < 0.01, JSON.stringify(period));
    assert.ok(Math.abs(period.period - 7300) <= period.uncertainty + 10, JSON.stringify(period));
  }
});

test('of bursts at random few series are ever called periodic, however long one looks', () => {
  const random = generator(2);
  const runs = 1000;
  let wrong = 0;
  for (let run = 0; run < runs; run += 1) {
    const starts: number[] = [];
    let at = 0;
    let isWrong = false;
    for (let burst = 0; burst < 50; burst += 1) {
      starts.push((at += Math.ceil(-730 * Math.log(1 - random()))));
      isWrong ||= latestPeriod(starts) !== undefined;
    }
    if (isWrong) wrong += 1;
  }
  assert.ok(wrong <= 0.05 * runs, `${wrong} of ${runs}`);
  assert.ok(wrong > 0, 'a test that nothing can fail');
});

test('and so seldom is a whole watch of such a disk', () => {
  const random = generator(3);
  let wrong = 0;
  for (let run = 0; run < 30; run += 1) {
    const starts: number[] = [];
    for (let at = 0; at < 120_000;) starts.push((at += 200 - 5000 * Math.log(1 - random())));
    if (watch({ random, starts, lengthMs: 40, endMs: 120_000, background: 1 }).some(({ period }) => period)) wrong += 1;
  }
  assert.ok(wrong <= 2, `${wrong} of 30`);
});

test('the chance of so regular a series is what a simulation finds', () => {
  const random = generator(4);
  for (const [count, variation] of [
    [2, 0.2],
    [3, 0.3],
    [4, 0.3],
    [6, 0.4],
  ] as const) {
    let as = 0;
    for (let run = 0; run < 20_000; run += 1) {
      const distances = Array.from({ length: count }, () => -Math.log(1 - random()));
      const mean = distances.reduce((a, b) => a + b, 0) / count;
      const square = distances.reduce((sum, one) => sum + (one - mean) ** 2, 0) / count;
      if (Math.sqrt(square) <= variation * mean) as += 1;
    }
    const expected = chanceOfRegular(count, variation);
    // Four standard deviations.
    const off = 4 * Math.sqrt((expected * (1 - expected)) / 20_000);
    assert.ok(Math.abs(as / 20_000 - expected) < off, `${count}: ${as / 20_000} for ${expected}`);
  }
});

test('the interval of a period holds the true one as often as it says', () => {
  const random = generator(5);
  let [held, told] = [0, 0];
  for (let run = 0; run < 2000; run += 1) {
    let at = 0;
    // Each distance is off by some 3 %.
    const starts = Array.from(
      { length: 9 },
      () => (at += Math.round(1000 + 30 * (random() + random() + random() - 1.5) * 2)),
    );
    const found = periodOf(starts, 1);
    if (!found) continue;
    told += 1;
    if (Math.abs(found.period - 1000) <= found.uncertainty) held += 1;
  }
  assert.ok(told > 1900 && Math.abs(held / told - 0.95) < 0.02, `${held} of ${told}`);
});

test('a period shows again after what was no part of it, and four bursts are the fewest', () => {
  const beats = every(730, 100, 12);
  assert.equal(latestPeriod(beats.slice(0, 3)), undefined);
  assert.equal(latestPeriod(beats.slice(0, 4))?.period, 730);
  const disturbed = [...beats.slice(0, 6), 100 + 5 * 730 + 200, ...beats.slice(6)];
  assert.equal(latestPeriod(disturbed)?.period, 730);
  const slower = [...every(730, 0, 30), ...every(1500, 30 * 730, 8)];
  assert.equal(latestPeriod(slower)?.period, 1500);
  assert.equal(latestPeriod(every(730, 0, 40))?.distances, 16);
});

interface Bin {
  readonly operations: number;
  readonly bytes: number;
}

/** What is told of a disk that does `usual` in each of 6000 bins, and what `burst` says in some of them. */
function burstsOf(usual: Bin | undefined, burst: ReadonlyMap<number, Bin>): Burst[] {
  const live = new LiveBursts(1000);
  for (let bin = 0; bin < 6000; bin += 1) {
    const { operations, bytes } = burst.get(bin) ?? usual ?? { operations: 0, bytes: 0 };
    live.take({ atMs: (bin + 1) * 10, forMs: 10, operations, bytes, busyMs: operations > 0 ? 5 : 0 });
  }
  return live.over();
}

const NO_BYTES = { bytes: 0 };

test('a burst has eight requests, or 128 KiB', () => {
  const one = (operations: number, bytes: number) =>
    burstsOf(undefined, new Map([[3001, { operations, bytes }]])).length;
  assert.deepEqual([one(7, 0), one(8, 0)], [0, 1]);
  assert.deepEqual([one(1, 131_071), one(1, 131_072)], [0, 1]);
});

test('a burst moves three times what the disk does on average', () => {
  // Every eighth bin, and six times the rest in one stretch: more than a quarter of the height, so both stand out.
  const burst = (times: number) =>
    burstsOf(
      undefined,
      new Map(
        Array.from({ length: 6000 }, (_, bin) => bin)
          .filter((bin) => bin % 20 < 7 || (bin >= 3000 && bin < 3010))
          .map((bin) => [bin, { operations: bin >= 3000 && bin < 3010 ? 100 * times : 100, ...NO_BYTES }]),
      ),
    ).filter(({ operations }) => operations > 700 * times).length;
  assert.ok(burst(3) >= 1);
  // Each of the others moves 20 / 7 of the average, which is less than three times.
  assert.equal(
    burstsOf(
      undefined,
      new Map(
        Array.from({ length: 6000 }, (_, bin) => bin)
          .filter((bin) => bin % 20 < 7)
          .map((bin) => [bin, { operations: 100, ...NO_BYTES }]),
      ),
    ).length,
    0,
  );
  assert.ok(
    burstsOf(
      undefined,
      new Map(
        Array.from({ length: 6000 }, (_, bin) => bin)
          .filter((bin) => bin % 20 < 6)
          .map((bin) => [bin, { operations: 100, ...NO_BYTES }]),
      ),
    ).length > 200,
  );
});

test('an average hides a burst whose peak is five times as high', () => {
  // 20 or 19 of the 100 bins of a second are full.
  const hidden = (bins: number) =>
    burstsOf(
      undefined,
      new Map(Array.from({ length: bins }, (_, at) => [3010 + at, { operations: 10, bytes: 40_960 }])),
    ).map(({ isHidden }) => isHidden);
  assert.deepEqual([hidden(20), hidden(21)], [[true], [false]]);
});

test('four distances make a period where they vary by less than 7 %', () => {
  // At random five bursts are so regular once in a thousand times, with two tries.
  const period = (off: number) => latestPeriod([0, 1000 - off, 2000, 3000 - off, 4000])?.period;
  assert.deepEqual([period(66), period(71)], [1000, undefined]);
});

const MiB = 1_048_576;

/** So many bins apart from each other, each with so many bytes in one request. */
const apart = (count: number, bytes: number, from: number): [number, Bin][] =>
  Array.from({ length: count }, (_, at) => [from + at * 30, { operations: 1, bytes }]);

test('a request weighs as much as 4 KiB', () => {
  const beside = (operations: number) =>
    burstsOf(undefined, new Map([...apart(50, MiB, 60), [5000, { operations, bytes: 0 }]])).length;
  // A quarter of the others is 64.25 requests.
  assert.deepEqual([beside(60), beside(66)], [50, 51]);
});

test('small bins are background up to half of what is moved', () => {
  const beside = (small: number) =>
    burstsOf(undefined, new Map([...apart(10, 16 * MiB, 60), ...apart(small, MiB, 400)])).length;
  assert.deepEqual([beside(150), beside(170)], [10, 180]);
});

test('at the end what the running interval holds is told, against the part of it that was', () => {
  const live = new LiveBursts(60_000);
  for (let atMs = 10; atMs <= 70_000; atMs += 10) {
    // 20 ms in an interval that is over, and 40 ms that go on when it ends.
    const isBurst = (atMs > 30_000 && atMs <= 30_020) || atMs > 69_960;
    if (isBurst) live.take({ atMs, forMs: 10, operations: 50, bytes: 50 * 65_536, busyMs: 10 });
    else live.take({ atMs, forMs: 10, operations: 0, bytes: 0, busyMs: 0 });
  }
  const times = (bursts: readonly Burst[]) => bursts.map(({ fromMs, toMs }) => [fromMs, toMs]);
  assert.deepEqual(times(live.over()), [[30_000, 30_020]]);
  const left = live.over(true);
  assert.deepEqual(times(left), [[69_960, 70_000]]);
  // 200 requests in 10 s.
  assert.deepEqual(
    left.map(({ operations, average }) => [operations, average.operations]),
    [[200, 20]],
  );
  assert.deepEqual(live.over(true), []);
});
