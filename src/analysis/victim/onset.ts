// When a stall began: the first moment from which the loss stays up. The level is a part of what the loss is when it is high (a
// quantile of the bins that lose anything), so that a background of small losses does not count and a short blip does not either.

import { addToBins, firstEndingAfter, type Intervals } from '../../base/intervals.js';
import { ONSET } from '../../model/thresholds/stalls.js';

export interface Onset {
  readonly sinceMs: number;
  /** True where the loss was there when the victim's account began. */
  readonly fromStart: boolean;
}

/** The onset of the loss within [from, to]. `lost` is sorted and disjoint. */
export function findOnset(lost: Intervals, from: number, to: number): Onset {
  const binMs = Math.max(ONSET.binMs, (to - from) / ONSET.mostBins);
  const bins = new Float64Array(Math.max(1, Math.ceil((to - from) / binMs)));
  for (const one of lost) addToBins(bins, binMs, one.from - from, one.to - from, 1 / binMs);
  const begin = from + firstHigh(bins) * binMs;
  const sinceMs = Math.max(from, lost.from[firstEndingAfter(lost, begin)] ?? begin, begin);
  return { sinceMs, fromStart: sinceMs - from < ONSET.staysBins * binMs };
}

function firstHigh(bins: Float64Array): number {
  const losing = bins.filter((value) => value > 0).sort();
  const level = ONSET.ofHigh * (losing[Math.floor(losing.length * ONSET.highQuantile)] ?? 0);
  for (let bin = 0; bin < bins.length; bin += 1) {
    const ahead = bins.subarray(bin, bin + ONSET.staysBins);
    if ((bins[bin] ?? 0) >= level && ahead.reduce((a, b) => a + b, 0) / ahead.length >= level) return bin;
  }
  // Short losses that never stay up, such as bursts: the first that is high at all.
  return Math.max(
    0,
    bins.findIndex((value) => value > 0 && value >= level),
  );
}
