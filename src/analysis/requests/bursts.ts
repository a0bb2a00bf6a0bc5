// Bursts in a series and whether they return at a fixed interval. Bursts are told by height; whether they are periodic, by their beginnings
// (regularity.ts). What throttles a burst may cut it into slices, so short gaps are joined, and longer ones as well where only that makes the
// distances regular.

import { BURSTS } from '../../model/thresholds/requests.js';
import { periodOf } from './regularity.js';

export interface Bursts {
  /** Stretches in which the series is above a part of its typical burst height, in bins [from, to). */
  readonly spans: readonly { readonly from: number; readonly to: number }[];
  /** Bins from burst to burst where they are periodic. */
  readonly period?: number;
  /** 1 − coefficient of variation of the distances between bursts. */
  readonly regularity?: number;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** `series` is in order of bins. */
function spansAbove(series: readonly (readonly [bin: number, value: number])[], level: number, join: number): Span[] {
  const spans: { from: number; to: number }[] = [];
  for (const [bin, value] of series) {
    if (value < level) continue;
    const last = spans.at(-1);
    if (last && bin - last.to < join) last.to = bin + 1;
    else spans.push({ from: bin, to: bin + 1 });
  }
  return spans;
}

/** Finds bursts in a non-negative series of so many bins, of which those with something are given. Three bursts at least make a period. */
export function findBursts(values: ReadonlyMap<number, number>, bins: number): Bursts {
  const series = [...values].filter(([, value]) => value > 0).sort((a, b) => a[0] - b[0]);
  const positive = Float64Array.from(series, ([, value]) => value).sort();
  // A high quantile of what is not zero is the typical height of a burst; single outliers don't set it.
  const height = positive[Math.floor(positive.length * BURSTS.heightQuantile)] ?? 0;
  if (height <= 0) return { spans: [] };
  const level = height * BURSTS.ofHeight;
  const first = spansAbove(series, level, BURSTS.joinBins.short);
  const covered = first.reduce((sum, span) => sum + span.to - span.from, 0);
  if (covered > BURSTS.mostCovered * bins) return { spans: [] };
  for (const join of Object.values(BURSTS.joinBins)) {
    const spans = spansAbove(series, level, join);
    const found = periodOf(
      spans.map(({ from }) => from),
      BURSTS.mostChance,
    );
    if (found) return { spans, period: found.period, regularity: found.regularity };
  }
  return { spans: first };
}
