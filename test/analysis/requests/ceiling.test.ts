// A ceiling is told by simulation: a token bucket's output is flat, a server with random service times is not, and neither is a load that
// comes and goes. The requests are made up; their times are what such devices give.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_INTERVALS } from '../../../src/base/intervals.js';
import { ceilingOf, ceilingOfCounters, queueOf } from '../../../src/analysis/requests/ceiling.js';
import { loadOf } from '../../../src/analysis/requests/disk-load.js';
import { generator } from '../../../src/base/random.js';
import type { Requests } from '../../../src/analysis/requests/requests.js';

import { series } from '../../support/case.js';

const DEPTH = 8;
const SLOW_MS = 5;

/** Requests that `DEPTH` writers keep in a device which completes one after each of `gaps`, ms. */
function closedLoop(gaps: readonly number[], bytes = 4096): Requests {
  const dispatched: number[] = [];
  const completed: number[] = [];
  const inside = Array.from({ length: DEPTH }, () => 0);
  let now = 0;
  for (const gap of gaps) {
    now += gap;
    dispatched.push(inside.shift() ?? 0);
    completed.push(now);
    inside.push(now);
  }
  const { length } = gaps;
  return {
    length,
    disk: new Uint16Array(length),
    disks: ['7:0'],
    kind: new Uint8Array(length).fill(1),
    sector: new Float64Array(length),
    bytes: new Float64Array(length).fill(bytes),
    weight: new Uint8Array(length).fill(1),
    queued: Float64Array.from(dispatched),
    dispatched: Float64Array.from(dispatched),
    completed: Float64Array.from(completed),
    passedOn: new Uint8Array(length),
    cpu: new Uint16Array(length),
    pid: new Int32Array(length).fill(5),
    parts: { first: new Int32Array(length + 1), tag: new Int32Array(0), share: new Float64Array(0) },
    errors: 0,
    requeues: 0,
    answered: Infinity,
    sampled: NO_INTERVALS,
    fromBefore: new Map(),
  };
}

function ceiling(requests: Requests, toMs = 6000) {
  return ceilingOf(loadOf(requests, 0), requests, () => true, 0, toMs, queueOf(SLOW_MS));
}

function times(count: number, gap: () => number): number[] {
  return Array.from({ length: count }, gap);
}

test('a token bucket of 200 operations a second is flat, with its queue and its rate', () => {
  const found = ceiling(closedLoop(times(1200, () => 5)));
  assert.ok(found);
  assert.ok(found.operationsSpread < 0.02, String(found.operationsSpread));
  assert.ok(Math.abs(found.operationsPerSecond - 200) < 5);
  assert.ok(Math.abs(found.depth - DEPTH) < 0.5);
});

test('hiccups of a busy machine do not hide a ceiling', () => {
  // Twice the machine holds everybody up for a fifth of a second; the bucket fills meanwhile, and is emptied at once.
  const gaps = times(1200, () => 5).map((gap, n) => {
    const at = n % 400;
    return n > 100 && at === 0 ? 200 : n > 100 && at < 40 ? 0.1 : gap;
  });
  const found = ceiling(closedLoop(gaps));
  assert.ok(found);
  assert.ok(found.operationsSpread < 0.08, String(found.operationsSpread));
});

test('a server with exponential service times is not: of a hundred none passes for flat', () => {
  const random = generator(11);
  for (let run = 0; run < 100; run += 1) {
    const found = ceiling(closedLoop(times(1200, () => -5 * Math.log(1 - random()))));
    if (found) assert.ok(found.operationsSpread > 0.04, `run ${run}: ${found.operationsSpread}`);
  }
});

test('a fast device with as deep a queue has no ceiling that hurts', () => {
  assert.equal(ceiling(closedLoop(times(60_000, () => 0.1))), undefined);
});

test('a cap that sets in halfway is seen from then on, with what was given before', () => {
  const found = ceiling(closedLoop([...times(10_000, () => 0.3), ...times(600, () => 5)]));
  assert.ok(found);
  assert.ok(found.firstMs >= 2500 && found.firstMs <= 3500, String(found.firstMs));
  assert.ok(found.operationsBefore > 10 * found.operationsPerSecond);
});

test('a hiccup before it is not its beginning', () => {
  const found = ceiling(
    closedLoop([...times(2000, () => 0.3), 600, ...times(5000, () => 0.3), ...times(600, () => 5)]),
  );
  assert.ok(found);
  assert.ok(found.firstMs >= 2500 && found.firstMs <= 3500, String(found.firstMs));
});

test('counters tell the same of the same device', () => {
  const t = Array.from({ length: 61 }, (_, n) => n * 100);
  const columns = {
    rd_ios: t.map(() => 0),
    wr_ios: t.map((ms) => ms / 5),
    rd_sectors: t.map(() => 0),
    wr_sectors: t.map((ms) => (ms / 5) * 8),
  };
  const disk = series(t, { ...columns, time_in_queue: t.map((ms) => ms * DEPTH) });
  const found = ceilingOfCounters(disk, { from: 0, to: 6000 }, queueOf(SLOW_MS));
  assert.ok(found && found.operationsSpread < 0.01);
  assert.ok(Math.abs(found.operationsPerSecond - 200) < 1);
  // With nothing waiting inside there is no telling.
  const idle = series(t, { ...columns, time_in_queue: t });
  assert.equal(ceilingOfCounters(idle, { from: 0, to: 6000 }, queueOf(SLOW_MS)), undefined);
});

test('counters of a disk that mostly flushes show no queue inside it: what needs a flush waits for the one that is under way', () => {
  const t = Array.from({ length: 61 }, (_, n) => n * 100);
  const flushing = (share: number) =>
    series(t, {
      rd_ios: t.map(() => 0),
      wr_ios: t.map((ms) => ms / 5),
      rd_sectors: t.map(() => 0),
      wr_sectors: t.map((ms) => (ms / 5) * 8),
      time_in_queue: t.map((ms) => ms * DEPTH),
      fl_ticks: t.map((ms) => ms * share),
    });
  assert.equal(ceilingOfCounters(flushing(0.6), { from: 0, to: 6000 }, queueOf(SLOW_MS)), undefined);
  assert.ok(ceilingOfCounters(flushing(0.4), { from: 0, to: 6000 }, queueOf(SLOW_MS)));
});
