// Windows as runs give what a bin for every window would give, and cost by what happened: held against plain bins over random intervals.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addToBins } from '../../src/base/intervals.js';
import { heights, splitAt } from '../../src/base/windows.js';

const MS = 10;

const intervals = fc.array(
  fc
    .tuple(fc.integer({ min: -30, max: 300 }), fc.integer({ min: 0, max: 200 }))
    .map(([from, ms]) => ({ from, to: from + ms })),
  { maxLength: 20 },
);

function asBins(runs: ReturnType<typeof heights>, count: number): number[] {
  const bins = Array.from({ length: count }, () => 0);
  for (const run of runs) bins.fill(run.height, run.at, run.at + run.count);
  return bins;
}

test('runs are the bins, whatever overlaps', () => {
  fc.assert(
    fc.property(intervals, fc.integer({ min: 1, max: 30 }), (list, count) => {
      const bins = new Float64Array(count);
      for (const { from, to } of list) addToBins(bins, MS, from, to, 1 / MS);
      const runs = heights(list, MS, count);
      asBins(runs, count).forEach((height, bin) => assert.ok(Math.abs(height - (bins[bin] ?? NaN)) < 1e-9));
      runs.forEach(({ at, count: windows }, index) => {
        assert.ok(windows > 0 && at + windows <= (runs[index + 1]?.at ?? count));
      });
    }),
  );
});

test('a cut run is the same run', () => {
  fc.assert(
    fc.property(intervals, fc.uniqueArray(fc.integer({ min: 0, max: 29 })), (list, cuts) => {
      const runs = heights(list, MS, 30);
      const cut = splitAt(runs, cuts);
      assert.deepEqual(asBins(cut, 30), asBins(runs, 30));
      for (const at of cuts) assert.equal(cut.find((run) => run.at === at)?.count, 1);
      assert.deepEqual(
        cut.map(({ at }) => at),
        cut.map(({ at }) => at).toSorted((a, b) => a - b),
      );
    }),
  );
});

test('a month in flight takes no more than a moment', () => {
  const month = 31 * 24 * 3_600_000;
  const runs = heights([{ from: 5, to: month - 5 }], 0.001, month * 1000);
  assert.ok(runs.length <= 3, String(runs.length));
});
