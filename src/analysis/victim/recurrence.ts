// Whether what a victim lost comes and goes, and at what distance: a stall that returns every two seconds has a clock behind it, and one that
// is over when somebody looks is not to be undone.

import { addToBins, type Intervals } from '../../base/intervals.js';
import { NEIGHBOURS, RECURRENCE } from '../../model/thresholds/stalls.js';
import { findBursts } from '../requests/bursts.js';

export interface Recurrence {
  /** How often. */
  readonly count: number;
  readonly meanMs: number;
  readonly longestMs: number;
  /** ms from one to the next where they are periodic. */
  readonly periodMs?: number;
}

/** Stretches of loss within [from, to], `lost` sorted and disjoint; undefined where it is steady, or came only once. */
export function recurrenceOf(lost: Intervals, from: number, to: number): Recurrence | undefined {
  const binMs = Math.max(NEIGHBOURS.binMs, (to - from) / NEIGHBOURS.mostBins);
  const bins = new Float64Array(Math.max(1, Math.ceil((to - from) / binMs)));
  for (const one of lost) addToBins(bins, binMs, one.from - from, one.to - from);
  const values = new Map([...bins].flatMap((ms, bin) => (ms > 0 ? [[bin, ms] as const] : [])));
  const { spans, period } = findBursts(values, bins.length);
  const lengths = spans.map((span) => (span.to - span.from) * binMs);
  const all = lengths.reduce((a, b) => a + b, 0);
  const isSeldom = all <= RECURRENCE.mostCovered * (to - from);
  if (spans.length < RECURRENCE.least || !isSeldom || (period === undefined && spans.length > RECURRENCE.mostIrregular))
    return undefined;
  return {
    count: spans.length,
    meanMs: all / spans.length,
    longestMs: Math.max(...lengths),
    ...(period !== undefined && { periodMs: period * binMs }),
  };
}
