// Counters by time: how much one grew, over a whole series or between two times.

import type { Series } from '../../model/counters.js';

/** One value of a column; NaN where the column or the row is missing. */
export function valueAt(column: ArrayLike<number> | undefined, row: number): number {
  return column?.[row] ?? NaN;
}

/** From the first value to the last; NaN where the column is missing. */
export function growthOf(series: Series | undefined, name: string): number {
  const column = series?.columns.get(name);
  return (column?.at(-1) ?? NaN) - (column?.[0] ?? NaN);
}

/** Between the readings around two times, ms since the start; NaN where the column is missing. */
export function growthWithin(series: Series | undefined, name: string, from: number, to: number): number {
  const column = series?.columns.get(name);
  if (!series || !column) return NaN;
  const a = Math.max(0, lastAtOrBefore(series.t, from));
  const b = Math.max(0, lastAtOrBefore(series.t, to));
  return (column[b] ?? NaN) - (column[a] ?? NaN);
}

/** How much it grew a second by the readings between two times; NaN where there are fewer than two. */
export function rateWithin(series: Series | undefined, name: string, from: number, to: number): number {
  const column = series?.columns.get(name);
  if (!series || !column) return NaN;
  const last = lastAtOrBefore(series.t, to);
  const before = lastAtOrBefore(series.t, from);
  const first = before >= 0 && series.t[before] === from ? before : before + 1;
  return first < last
    ? (valueAt(column, last) - valueAt(column, first)) / ((valueAt(series.t, last) - valueAt(series.t, first)) / 1000)
    : NaN;
}

/** Index of the last time at or before `t`; -1 where there is none. */
export function lastAtOrBefore(times: Float64Array, t: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? Infinity) <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
