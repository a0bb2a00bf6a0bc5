// How much less the victim got done at some times than at others. A program that syncs after every write always waits for that: it stalls
// when something keeps it from going on as it did. Progress is what it read and wrote by its own calls (/proc/PID/io: rchar, wchar), whoever
// moved the bytes later.

import type { Case } from '../../model/case.js';
import { processWork } from '../machine/counted-work.js';
import { addToBins, type Interval, type Intervals } from '../../base/intervals.js';
import { PROGRESS } from '../../model/thresholds/stalls.js';

/** The victim's progress within these times against that at all others, 0 to 1 and more; NaN where they can't be compared. */
export function progressWithin(input: Case, pid: number, life: Interval, times: Intervals): number {
  const process = input.counters.processes.get(pid);
  const windowMs = Math.max(PROGRESS.windowMs, (life.to - life.from) / PROGRESS.mostWindows);
  const covered = new Float64Array(Math.floor((life.to - life.from) / windowMs));
  for (const { from, to } of times) addToBins(covered, windowMs, from - life.from, to - life.from);
  const sums = { inside: { done: 0, count: 0 }, outside: { done: 0, count: 0 } };
  covered.forEach((ms, window) => {
    const from = life.from + window * windowMs;
    const side = ms >= PROGRESS.coveredShare * windowMs ? sums.inside : sums.outside;
    side.done += processWork(process, { from, to: from + windowMs }).bytes;
    side.count += 1;
  });
  const { inside, outside } = sums;
  if (inside.count < PROGRESS.leastInside || outside.count < PROGRESS.leastOutside) return NaN;
  return inside.done / inside.count / (outside.done / outside.count);
}
