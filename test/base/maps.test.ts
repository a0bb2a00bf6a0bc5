// Maps that are filled on the way, and who has most of a sum.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTo, entry, grouped, sharedBy } from '../../src/base/maps.js';

test('an entry is made once, and a sum begins at nothing', () => {
  const lists = new Map<string, number[]>();
  entry(lists, 'a', (): number[] => []).push(1);
  entry(lists, 'a', (): number[] => []).push(2);
  const sums = new Map<string, number>();
  addTo(sums, 'a', 3);
  addTo(sums, 'a', 4);
  assert.deepEqual([lists.get('a'), sums.get('a')], [[1, 2], 7]);
});

test('groups keep the order in which their members came', () => {
  assert.deepEqual(
    [...grouped([3, 1, 4, 1, 5], (one) => one % 2)],
    [
      [1, [3, 1, 1, 5]],
      [0, [4]],
    ],
  );
});

test('of amounts the largest names the whole, the first of equals; of none there is none', () => {
  const amounts = new Map([
    [60, 2],
    [61, 5],
    [62, 5],
  ]);
  assert.deepEqual(sharedBy(amounts), { sum: 12, most: 61, members: [60, 61, 62] });
  assert.equal(sharedBy(new Map()), undefined);
});
