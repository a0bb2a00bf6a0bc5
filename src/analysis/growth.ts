// How much a counter grew, over a whole series or between two times.

import type { Series } from '../model/counters.js';
import { lastAtOrBefore } from './accounting.js';

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
