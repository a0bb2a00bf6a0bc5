// When a stall began: the first moment from which the loss stays up. The level is half of what the loss is when it is high (its upper
// quartile over the bins that lose anything), so that a background of small losses does not count and a short blip does not either.

import { addToBins, type Interval } from '../../base/intervals.js';

/** Bins of 100 ms, wider in recordings of hours. */
const BIN_MS = 100;
const MOST_BINS = 200_000;
/** The loss must stay up on average over this many bins. */
const STAYS = 5;

export interface Onset {
  readonly sinceMs: number;
  /** True where the loss was there when the victim's account began. */
  readonly fromStart: boolean;
}

/** The onset of the loss within [from, to]. `lost` is sorted and disjoint. */
export function findOnset(lost: readonly Interval[], from: number, to: number): Onset {
  const binMs = Math.max(BIN_MS, (to - from) / MOST_BINS);
  const bins = new Float64Array(Math.max(1, Math.ceil((to - from) / binMs)));
  for (const one of lost) addToBins(bins, binMs, one.from - from, one.to - from, 1 / binMs);
  const begin = from + firstHigh(bins) * binMs;
  const sinceMs = Math.max(from, lost.find((one) => one.to > begin)?.from ?? begin, begin);
  return { sinceMs, fromStart: sinceMs - from < STAYS * binMs };
}

function firstHigh(bins: Float64Array): number {
  const losing = bins.filter((value) => value > 0).sort();
  const level = (losing[Math.floor(losing.length * 0.75)] ?? 0) / 2;
  for (let bin = 0; bin < bins.length; bin += 1) {
    const ahead = bins.subarray(bin, bin + STAYS);
    if ((bins[bin] ?? 0) >= level && ahead.reduce((a, b) => a + b, 0) / ahead.length >= level) return bin;
  }
  // Short losses that never stay up, such as bursts: the first that is high at all.
  return Math.max(
    0,
    bins.findIndex((value) => value > 0 && value >= level),
  );
}
