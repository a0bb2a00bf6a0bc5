// When a stall began. The share of time lost per bin is split in two at the point that explains most of its variance (the first
// step of binary segmentation; Scott & Knott 1974); the moment is then refined to the first lost interval behind that point.

import { addToBins, type Interval } from './intervals.js';

const BIN_MS = 100;

export interface Onset {
  readonly sinceMs: number;
  /** True where the loss was there when the victim's account began. */
  readonly fromStart: boolean;
}

/** The onset of the loss within [from, to]. `lost` is sorted and disjoint. */
export function findOnset(lost: readonly Interval[], from: number, to: number): Onset {
  const first = lost[0]?.from ?? from;
  const bins = new Float64Array(Math.max(1, Math.ceil((to - from) / BIN_MS)));
  for (const one of lost) addToBins(bins, BIN_MS, one.from - from, one.to - from, 1 / BIN_MS);
  const split = bestSplit(bins);
  if (split === undefined) return { sinceMs: Math.max(from, first), fromStart: first - from < 5 * BIN_MS };
  const near = from + (split - 1) * BIN_MS;
  const begin = lost.find((one) => one.to > near && one.to - one.from > 1) ?? lost.find((one) => one.to > near);
  const sinceMs = Math.max(from, begin?.from ?? near);
  return { sinceMs, fromStart: sinceMs - from < 5 * BIN_MS };
}

/** The bin from which the mean is higher than before, where the step is clear; undefined where the series has no such step up. */
function bestSplit(bins: Float64Array): number | undefined {
  const n = bins.length;
  const total = bins.reduce((a, b) => a + b, 0);
  const mean = total / n;
  const spread = bins.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  if (spread === 0) return undefined;
  let best = 0;
  let at: number | undefined;
  let left = 0;
  for (let split = 1; split < n; split += 1) {
    left += bins[split - 1] ?? 0;
    const before = left / split;
    const after = (total - left) / (n - split);
    const gain = ((split * (n - split)) / n) * (after - before) ** 2;
    if (after > before && gain > best) {
      best = gain;
      at = split;
    }
  }
  // A split that explains under a sixth of the variance is a series that merely wanders.
  return best > spread / 6 ? at : undefined;
}
