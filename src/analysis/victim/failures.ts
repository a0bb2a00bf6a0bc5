// System calls of the victim that failed for want of space or by an I/O error, and the time that each may have cost it: what follows a
// failure, up to the next one, is spent on it, because programs wait a moment and try again.

import type { Case } from '../../model/case.js';
import { IntervalList, type Intervals, union } from '../../base/intervals.js';
import { column } from '../machine/time-walk.js';
import { FAILURES } from '../../model/thresholds/stalls.js';

/** errno(3) of what the recorder keeps. */
export const ERRNO = { EIO: 5, ENOSPC: 28, EROFS: 30, EDQUOT: 122 } as const;

export interface Failures {
  readonly count: number;
  /** When each returned, ms since the start. */
  readonly at: readonly number[];
  readonly times: Intervals;
}

/** Failures with one of these errors within a stretch of time. */
export function failuresOf(
  input: Case,
  threads: ReadonlySet<number>,
  errors: readonly number[],
  from: number,
  to: number,
): Failures {
  const table = input.events?.tables.get('sys_exit');
  const ret = column(table, 'ret');
  const times = new IntervalList();
  for (let row = 0; row < (table?.length ?? 0); row += 1) {
    const t = table?.t[row] ?? 0;
    if (t < from || t > to || !threads.has(table?.pid[row] ?? 0) || !errors.includes(-(ret[row] ?? 0))) continue;
    times.push(t, Math.min(to, t + FAILURES.aftermathMs));
  }
  return { count: times.length, at: [...times.from], times: union(times) };
}
