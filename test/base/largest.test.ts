// The few largest of many are those that sorting all would put first.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Largest } from '../../src/base/largest.js';

test('they are the first of all in order, however many are kept', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: 1, max: 8 }), (sizes, most) => {
      const largest = new Largest(most);
      for (const [row, size] of sizes.entries()) largest.offer(row, size);
      const order = [...sizes.keys()].sort((a, b) => (sizes[b] ?? 0) - (sizes[a] ?? 0) || a - b);
      assert.deepEqual(largest.rows(), order.slice(0, most));
      assert.equal(largest.offered, sizes.length);
    }),
  );
});
