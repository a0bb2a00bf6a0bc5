// Interval sets obey the laws of sets: what is cut and what is left make the whole.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { intersect, total, union, without } from '../../src/base/intervals.js';

const intervals = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 50 })), { maxLength: 40 })
  .map((list) => union(list.map(([from, length]) => ({ from, to: from + length }))));

test('a union is sorted and disjoint', () => {
  fc.assert(
    fc.property(intervals, (set) => {
      for (let index = 1; index < set.length; index += 1) assert.ok((set.from[index] ?? 0) > (set.to[index - 1] ?? 0));
    }),
  );
});

test('intervals whose ends are not known, and empty ones, are no part of a union, wherever they stand', () => {
  const set = union([
    { from: 10, to: 11 },
    { from: NaN, to: 12 },
    { from: 5, to: 6 },
    { from: 7, to: 7 },
    { from: 8, to: NaN },
  ]);
  assert.deepEqual(
    [...set],
    [
      { from: 5, to: 6 },
      { from: 10, to: 11 },
    ],
  );
});

test('the common part and the rest make the whole', () => {
  fc.assert(
    fc.property(intervals, intervals, (a, b) => {
      assert.equal(total(intersect(a, b)) + total(without(a, b)), total(a));
      assert.equal(total(intersect(a, b)), total(intersect(b, a)));
    }),
  );
});
