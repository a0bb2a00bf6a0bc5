// Whether a loss comes and goes: a freeze every two seconds, two that are alone, and losses that are steady.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recurrenceOf } from '../../../src/analysis/victim/recurrence.js';
import { Intervals } from '../../../src/base/intervals.js';

const each = (starts: readonly number[], ms: number) => Intervals.of(starts.map((from) => ({ from, to: from + ms })));

test('a loss of 400 ms every two seconds is told with its period, whatever the account’s beginning', () => {
  const again = recurrenceOf(each([1200, 3200, 5200, 7200], 400), 1000, 9000);
  assert.equal(again?.count, 4);
  assert.ok(Math.abs((again.periodMs ?? 0) - 2000) <= 50, `${again.periodMs} ms`);
  assert.ok(Math.abs(again.meanMs - 400) <= 50, `${again.meanMs} ms`);
});

test('two that differ are told without a period, and one alone is not told', () => {
  const two = recurrenceOf(
    Intervals.of([
      { from: 500, to: 700 },
      { from: 6000, to: 7500 },
    ]),
    0,
    10_000,
  );
  assert.deepEqual([two?.count, two?.periodMs, two?.longestMs], [2, undefined, 1500]);
  assert.equal(recurrenceOf(each([2000], 1500), 0, 10_000), undefined);
});

test('a loss that is there all the time, or pauses now and then, does not come and go', () => {
  const steady = each(
    Array.from({ length: 500 }, (_, n) => n * 20),
    10,
  );
  assert.equal(recurrenceOf(steady, 0, 10_000), undefined);
  assert.equal(recurrenceOf(each([0, 2500, 5000, 7500], 2000), 0, 10_000), undefined);
});

test('eight stretches without a period are events that return, fifteen are how the victim works', () => {
  /** At distances that grow, so that none is the next one's. */
  const irregular = (count: number) =>
    recurrenceOf(
      each(
        Array.from({ length: count }, (_, n) => 200 * n + 90 * n * n),
        100,
      ),
      0,
      25_000,
    );
  const eight = irregular(8);
  assert.deepEqual([eight?.count, eight?.periodMs], [8, undefined]);
  assert.equal(irregular(15), undefined);
});
