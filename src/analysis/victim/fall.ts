// Whether throughput has fallen for good: not a burst of somebody else's, not a drift, not the noise of before, but a level that it has not left
// for longer than it ever did. In: the throughput of intervals of one length, in order. `onset.ts` dates a loss within an account of
// milliseconds, where half a second counts as staying up; here what stays is told from what comes back.

import { medianOf } from '../../base/median.js';
import { FALL } from '../../model/thresholds/measuring.js';

export interface Fall {
  /** The first interval of those that are low. */
  readonly at: number;
  /** The medians before and since. */
  readonly before: number;
  readonly since: number;
}

/** How many low values there are in a row at most. */
function longestLow(rates: readonly number[], limit: number): number {
  let longest = 0;
  let length = 0;
  for (const rate of rates) {
    length = rate < limit ? length + 1 : 0;
    if (length > longest) longest = length;
  }
  return longest;
}

/**
 * The first of the last values from which on most are low, itself low. More good ones in a row than may be among as many as must be low are a time
 * of their own.
 */
function beginOfLow(rates: readonly number[], limit: number): number {
  const mostGood = Math.round((1 - FALL.mostlyLow) * FALL.stays);
  let at = rates.length;
  let low = 0;
  let good = 0;
  for (let index = rates.length - 1; index >= 0 && good <= mostGood; index -= 1) {
    if ((rates[index] ?? Infinity) >= limit) good += 1;
    else {
      good = 0;
      low += 1;
      if (low >= FALL.mostlyLow * (rates.length - index)) at = index;
    }
  }
  return at;
}

/** Undefined as long as it has not. */
export function findFall(rates: readonly number[]): Fall | undefined {
  if (rates.length < FALL.before + FALL.stays) return undefined;
  // What has been low for no longer than it must be is at the end, so the median before that is of what was normal.
  const normal = medianOf(rates.slice(0, rates.length - FALL.stays));
  const limit = FALL.ofNormal * normal;
  const at = beginOfLow(rates, limit);
  const before = rates.slice(0, at);
  const since = rates.slice(at);
  if (before.length < FALL.before) return undefined;
  if (before.filter((rate) => rate < limit).length > FALL.lowBefore * before.length) return undefined;
  if (since.length < Math.max(FALL.stays, FALL.longerThanPast * longestLow(before, limit))) return undefined;
  return { at, before: medianOf(before), since: medianOf(since) };
}
