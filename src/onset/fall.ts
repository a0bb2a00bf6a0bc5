// Whether throughput has fallen for good: not a burst of somebody else's, not a drift, not the noise of before, but a level that it has not left
// for longer than it ever did. In: the throughput of intervals of one length, in order, old ones drawn together. `onset.ts` dates a loss within an account of
// milliseconds, where half a second counts as staying up; here what stays is told from what comes back.

import { FALL } from '../model/thresholds/measuring.js';

export interface Fall {
  /** The first stretch of those that are low. */
  readonly at: number;
  /** The medians before and since. */
  readonly before: number;
  readonly since: number;
}

/** Throughput of one interval, or of several in a row that were drawn together. */
export interface Stretch {
  readonly rate: number;
  readonly intervals: number;
}

const intervalsOf = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { intervals }) => sum + intervals, 0);

/** The median of the intervals: of an even number the larger of the two in the middle. */
function medianRate(stretches: readonly Stretch[]): number {
  const sorted = stretches.toSorted((a, b) => a.rate - b.rate);
  const half = Math.floor(intervalsOf(stretches) / 2);
  let below = 0;
  return sorted.find(({ intervals }) => (below += intervals) > half)?.rate ?? NaN;
}

/** How many low intervals there are in a row at most. */
function longestLow(stretches: readonly Stretch[], limit: number): number {
  let longest = 0;
  let length = 0;
  for (const { rate, intervals } of stretches) {
    length = rate < limit ? length + intervals : 0;
    if (length > longest) longest = length;
  }
  return longest;
}

/**
 * The first of the last values from which on most are low, itself low. More good ones in a row than may be among as many as must be low are a time
 * of their own.
 */
function beginOfLow(stretches: readonly Stretch[], limit: number): number {
  const mostGood = Math.round((1 - FALL.mostlyLow) * FALL.stays);
  let at = stretches.length;
  let [all, low, good] = [0, 0, 0];
  for (let index = stretches.length - 1; index >= 0 && good <= mostGood; index -= 1) {
    const { rate, intervals } = stretches[index] ?? { rate: Infinity, intervals: 1 };
    all += intervals;
    if (rate >= limit) good += intervals;
    else {
      good = 0;
      low += intervals;
      if (low >= FALL.mostlyLow * all) at = index;
    }
  }
  return at;
}

/** Undefined as long as it has not. The last stretches, as many as must be low, are of one interval each. */
export function findFall(stretches: readonly Stretch[]): Fall | undefined {
  if (intervalsOf(stretches) < FALL.before + FALL.stays) return undefined;
  // What has been low for no longer than it must be is at the end, so the median before that is of what was normal.
  const normal = medianRate(stretches.slice(0, stretches.length - FALL.stays));
  const limit = FALL.ofNormal * normal;
  const at = beginOfLow(stretches, limit);
  const before = stretches.slice(0, at);
  const since = stretches.slice(at);
  const intervalsBefore = intervalsOf(before);
  if (intervalsBefore < FALL.before) return undefined;
  if (intervalsOf(before.filter(({ rate }) => rate < limit)) > FALL.lowBefore * intervalsBefore) return undefined;
  if (intervalsOf(since) < Math.max(FALL.stays, FALL.longerThanPast * longestLow(before, limit))) return undefined;
  return { at, before: medianRate(before), since: medianRate(since) };
}
