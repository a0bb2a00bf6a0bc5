// How much less the victim got done at some times than at others. A program that syncs after every write always waits for that: it stalls
// when something keeps it from going on as it did. Progress is what it read and wrote by its own calls (/proc/PID/io: rchar, wchar), whoever
// moved the bytes later.

import type { Case } from '../../model/case.js';
import { processWork } from '../machine/counted-work.js';
import { addToBins, type Interval } from '../../base/intervals.js';

const WINDOW_MS = 500;
const MOST_WINDOWS = 10_000;
/** Fewer windows on either side make no comparison. */
const LEAST_INSIDE = 2;
const LEAST_OUTSIDE = 3;

/** The victim's progress within these times against that at all others, 0 to 1 and more; NaN where they can't be compared. */
export function progressWithin(input: Case, pid: number, life: Interval, times: readonly Interval[]): number {
  const process = input.counters.processes.get(pid);
  const windowMs = Math.max(WINDOW_MS, (life.to - life.from) / MOST_WINDOWS);
  const covered = new Float64Array(Math.floor((life.to - life.from) / windowMs));
  for (const { from, to } of times) addToBins(covered, windowMs, from - life.from, to - life.from);
  const sums = { inside: { done: 0, count: 0 }, outside: { done: 0, count: 0 } };
  covered.forEach((ms, window) => {
    const from = life.from + window * windowMs;
    const side = ms >= windowMs / 2 ? sums.inside : sums.outside;
    side.done += processWork(process, { from, to: from + windowMs }).bytes;
    side.count += 1;
  });
  const { inside, outside } = sums;
  if (inside.count < LEAST_INSIDE || outside.count < LEAST_OUTSIDE) return NaN;
  return inside.done / inside.count / (outside.done / outside.count);
}
