// Quantiles are within the promised 1.6 % of the exact ones, and adding two histograms is recording both.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Histogram } from '../../src/base/histogram.js';

const values = fc.array(fc.nat({ max: 5_000_000_000 }), { minLength: 1, maxLength: 300 });

function of(list: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of list) histogram.record(value);
  return histogram;
}

test('quantiles are within 1.6 % of the exact ones', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, q) => {
      const sorted = list.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? NaN;
      assert.ok(Math.abs(of(list).quantile(q) - exact) <= exact / 64 + 1, `${of(list).quantile(q)} for ${exact}`);
    }),
  );
});

test('adding is recording both', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const sum = of(a);
      sum.add(of(b));
      const both = of([...a, ...b]);
      for (const q of [0, 0.5, 0.99, 1]) assert.equal(sum.quantile(q), both.quantile(q));
      assert.deepEqual([sum.count, sum.sum, sum.min, sum.max], [both.count, both.sum, both.min, both.max]);
    }),
  );
});

test('an empty histogram has no quantile', () => {
  assert.ok(Number.isNaN(new Histogram().quantile(0.5)));
});
