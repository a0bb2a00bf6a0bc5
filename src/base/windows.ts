// What happened in windows of time of one length, in memory and time that follow what happened and not the span: windows in which nothing
// begins or ends are alike, so any number of them in a row is one run. A request that hangs for a month is two runs.

import { columnsOf, IntervalList, type IntervalSource } from './intervals.js';

/** `count` windows in a row from number `at` on, in each of which an amount of `height` was there on average. */
export interface Run {
  readonly at: number;
  readonly count: number;
  readonly height: number;
}

/**
 * How many intervals there were at once, on average over each of the windows [0, count) of `ms` from time `origin`; windows with none are left out.
 * The intervals may overlap and lie in any order.
 */
export function heights(intervals: IntervalSource, ms: number, count: number, origin = 0): Run[] {
  const { from, to } = columnsOf(intervals);
  const known = new IntervalList();
  for (let at = 0; at < from.length; at += 1) {
    const begin = Math.max(0, (from[at] ?? NaN) - origin);
    const end = Math.min(ms * count, (to[at] ?? NaN) - origin);
    if (end > begin) known.push(begin, end);
  }
  const starts = known.from.sort();
  const ends = known.to.sort();
  const runs: Run[] = [];
  /** The window that is not filled yet, and what it has: intervals times ms. */
  let window = 0;
  let area = 0;
  let now = 0;
  let depth = 0;
  const close = () => {
    if (area > 0) runs.push({ at: window, count: 1, height: area / ms });
    area = 0;
  };
  const advance = (until: number) => {
    const last = Math.min(count - 1, Math.floor(until / ms));
    if (last > window) {
      area += depth * ((window + 1) * ms - now);
      close();
      const whole = last - window - 1;
      if (whole > 0 && depth > 0) runs.push({ at: window + 1, count: whole, height: depth });
      window = last;
      now = last * ms;
    }
    area += depth * (until - now);
    now = until;
  };
  for (let start = 0, end = 0; end < ends.length;) {
    const begins = (starts[start] ?? Infinity) < (ends[end] ?? Infinity);
    advance((begins ? starts[start] : ends[end]) ?? 0);
    if (begins) {
      depth += 1;
      start += 1;
    } else {
      depth -= 1;
      end += 1;
    }
  }
  close();
  return runs;
}

/** The same runs, with each of these windows by itself, also where nothing was there. */
export function splitAt(runs: readonly Run[], windows: readonly number[]): Run[] {
  const cuts = windows.toSorted((a, b) => a - b);
  const found: Run[] = [];
  let cut = 0;
  const alone = (before: number) => {
    for (; (cuts[cut] ?? Infinity) < before; cut += 1) found.push({ at: cuts[cut] ?? 0, count: 1, height: 0 });
  };
  for (const { at, count, height } of runs) {
    alone(at);
    let from = at;
    for (; (cuts[cut] ?? Infinity) < at + count; cut += 1) {
      const own = cuts[cut] ?? 0;
      if (own > from) found.push({ at: from, count: own - from, height });
      found.push({ at: own, count: 1, height });
      from = own + 1;
    }
    if (from < at + count) found.push({ at: from, count: at + count - from, height });
  }
  alone(Infinity);
  return found;
}
