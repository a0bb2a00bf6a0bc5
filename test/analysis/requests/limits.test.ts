// What requests and bursts are judged by, just below and just above each number.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intervals } from '../../../src/base/intervals.js';
import { findBursts as findSparse, type Bursts } from '../../../src/analysis/requests/bursts.js';
import { ceilingOf, queueOf } from '../../../src/analysis/requests/ceiling.js';
import { loadOf } from '../../../src/analysis/requests/disk-load.js';
import { slowdownOf } from '../../../src/analysis/requests/slowdown.js';
import { slowTimes } from '../../../src/analysis/requests/slowness.js';
import { NORMS } from '../../../src/model/thresholds/requests.js';
import { judged, requestsOf, type Request } from '../../support/measures.js';

function findBursts(series: Float64Array): Bursts {
  return findSparse(new Map(series.entries()), series.length);
}

/** A series that repeats [bins, value] stretches so many times. */
function repeated(times: number, ...stretches: readonly (readonly [bins: number, value: number])[]): Float64Array {
  const round = stretches.flatMap(([bins, value]) => Array.from({ length: bins }, () => value));
  return Float64Array.from(Array.from({ length: times }, () => round).flat());
}

test('gaps of four and of nine bins are joined where only that makes bursts regular, gaps of ten and twenty are not', () => {
  assert.equal(findBursts(repeated(10, [2, 1], [4, 0], [2, 1], [10, 0])).period, 18);
  assert.equal(findBursts(repeated(10, [2, 1], [9, 0], [2, 1], [20, 0])).period, 33);
});

test('bursts are periodic whose distances differ by 15 %, not by 40 %', () => {
  const everyOther = (less: number) => repeated(10, [2, 1], [38 - less, 0], [2, 1], [38 + less, 0]);
  assert.ok(Math.abs((findBursts(everyOther(6)).period ?? 0) - 40) < 1);
  assert.equal(findBursts(everyOther(16)).period, undefined);
});

test('bursts rise above a background of a fifth of their height, where they fill a tenth of the bins', () => {
  assert.equal(findBursts(repeated(10, [3, 10], [17, 2])).period, 20);
});

test('what is up for nine tenths of the time is a steady load', () => {
  assert.deepEqual(findBursts(repeated(10, [27, 1], [3, 0])).spans, []);
});

test('three bursts make a period, two do not', () => {
  assert.equal(findBursts(repeated(3, [2, 1], [30, 0])).period, 32);
  assert.equal(findBursts(repeated(2, [2, 1], [30, 0])).period, undefined);
});

/** Half seconds in which so many requests completed evenly, with so many inside: [operations, depth]. */
function windows(...list: readonly (readonly [operations: number, depth: number])[]) {
  const all: Request[] = list.flatMap(([count, depth], window) => {
    const took = (depth * 500) / count;
    return Array.from({ length: count }, (_, n) => ({ at: window * 500 + ((n + 0.5) * 500) / count - took, took }));
  });
  const requests = requestsOf(all);
  return ceilingOf(loadOf(requests, 0), requests, () => true, 0, 500 * list.length, queueOf(5));
}

const QUEUE = [100, 6] as const;
const NONE = [100, 0.5] as const;

test('three half seconds with a queue are no pattern, four are', () => {
  // The first with a queue may hold what came before it, and does not count.
  assert.equal(windows(NONE, NONE, QUEUE, QUEUE, QUEUE, QUEUE, NONE, NONE, NONE), undefined);
  assert.equal(windows(NONE, NONE, QUEUE, QUEUE, QUEUE, QUEUE, QUEUE, NONE, NONE)?.windows, 4);
});

test('a queue goes on over one half second without it, and ends with two', () => {
  const more = Array.from({ length: 8 }, () => QUEUE);
  assert.equal(windows(NONE, NONE, QUEUE, NONE, ...more)?.firstMs, 1000);
  assert.equal(windows(NONE, NONE, QUEUE, NONE, NONE, ...more)?.firstMs, 2500);
});

test('a sixth of the half seconds may be hiccups, which makes the rest count two and a half times', () => {
  const steady = Array.from({ length: 20 }, (_, n) => [95 + (n % 11), 6] as const);
  const plain = windows(...steady)?.operationsSpread ?? NaN;
  const hiccups = windows(...steady.map((one, n) => (n % 7 === 3 ? ([60, 6] as const) : one)))?.operationsSpread ?? NaN;
  assert.ok(plain > 0.028 && plain < 0.031, `${plain}`);
  assert.ok(hiccups > 0.05 && hiccups < 0.075, `${hiccups}`);
});

/** Requests of 4 KiB, one after the other in each half second, by what each takes. */
function served(halfSeconds: number, tookMs: (window: number) => readonly number[], kind: Request['kind'] = 'write') {
  const all: Request[] = [];
  for (let window = 0; window < halfSeconds; window += 1) {
    let at = window * 500;
    for (const took of tookMs(window)) {
      all.push({ at, took, ...(kind && { kind }) });
      at += took;
    }
  }
  return all;
}

test('a class of requests speaks for a window of which it took 40 %, not 20 %', () => {
  const slow = (writeMs: number, readMs: number) => {
    const reads = (window: number): Request[] =>
      Array.from({ length: readMs / 2.5 }, (_, n) => ({
        at: window * 500 + writeMs + n * 2.5,
        took: 2.5,
        kind: 'read',
      }));
    const all = served(10, () => [writeMs]).concat(...Array.from({ length: 10 }, (_, window) => reads(window)));
    const requests = requestsOf(all);
    return slowTimes(loadOf(requests, 0), requests, NORMS.solid, { from: 0, to: 5000 }).length > 0;
  };
  assert.equal(slow(100, 150), true);
  assert.equal(slow(50, 200), false);
});

test('windows are longer where a recording of half a minute more than a dozen hours has too many of them', () => {
  const requests = requestsOf([{ at: 10, took: 100 }]);
  const [first] = slowTimes(loadOf(requests, 0), requests, NORMS.solid, { from: 0, to: 60_000_000 });
  assert.deepEqual(first, { from: 0, to: 600 });
});

/** Half seconds of one quick or slow request each: 0.25 and 2.5 ms, within the norm. */
function paces(letters: string) {
  const requests = requestsOf(served(letters.length, (window) => [letters[window] === 's' ? 2.5 : 0.25]));
  return slowdownOf(loadOf(requests, 0), requests, NORMS.solid, { from: 0, to: letters.length * 500 });
}

test('a disk’s pace must be known from three windows before it grew, and stay so for three', () => {
  assert.ok(paces('qqqqssss'));
  assert.equal(paces('qqss'), undefined);
});

test('a disk became slower that is so in seven of the ten windows that follow, not in four of eleven', () => {
  assert.ok(paces('qqqqqqqqssqssqsssq'));
  assert.equal(paces('qqqqqqqqqqqqsqsqsqsqqqq'), undefined);
});

const MIB = 1024 * 1024;

/** Whether a spinning disk is slow whose requests follow each other and take so long; its user waits for them all the time. */
function spinning(tookMs: number, different: Partial<Request> = {}) {
  const requests = Array.from({ length: 20 }, (_, n) => ({ at: n * tookMs, took: tookMs, ...different }));
  const to = 20 * tookMs;
  const account = { to, segments: [{ from: 0, to, state: 'block-device' as const }] };
  const measures = { norm: NORMS.spinning, slow: Intervals.of([{ from: 0, to }]) };
  return typeof judged('dev.slow', { requests, measures, account }) === 'number';
}

test('a spinning disk may take 20 ms for a request, 60 ms for a flush, and 50 ms for each MB', () => {
  assert.equal(spinning(30), true);
  assert.equal(spinning(15), false);
  assert.equal(spinning(90, { kind: 'flush', bytes: 0 }), true);
  assert.equal(spinning(45, { kind: 'flush', bytes: 0 }), false);
  assert.equal(spinning(300, { bytes: 4 * MIB }), true);
  assert.equal(spinning(200, { bytes: 4 * MIB }), false);
});
