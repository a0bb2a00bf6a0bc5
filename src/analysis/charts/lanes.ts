// The lock of a JVM that most wait for → its holder and some of its waiters over time, each with what the kernel saw it do and when dumps saw it there.

import type { LockLanes, ThreadLane } from '../../model/charts.js';
import { lockName } from '../../model/lock-name.js';
import type { Timeline } from '../../model/timeline.js';
import type { State } from '../../model/states.js';
import type { Measures } from '../measures.js';
import type { Axis } from './axis.js';

const MOST_WAITERS = 12;

/** Nothing where there is no such lock. */
export function lanesOf({ account, javaLock }: Measures, axis: Axis): { lanes?: LockLanes } {
  if (!account || !javaLock) return {};
  const { holder, lock, waiters } = javaLock;
  const laneOf = (name: string, task: number, role: ThreadLane['role'], seenMs: readonly number[]): ThreadLane => ({
    name,
    task,
    role,
    parts: partsOf(account.lines.get(task), axis),
    seenMs,
  });
  const held = holder ? [laneOf(holder.thread.name, holder.task, 'holder', holder.seenMs)] : [];
  const shown = waiters.slice(0, MOST_WAITERS).map(({ name, task, seenMs }) => laneOf(name, task, 'waiter', seenMs));
  return { lanes: { lock: lockName(lock), lanes: [...held, ...shown], more: waiters.length - shown.length } };
}

/** The state that took most of each bin, neighbours with the same one together. */
function partsOf(line: Timeline | undefined, axis: Axis): ThreadLane['parts'] {
  const parts: { state: State; fromMs: number; toMs: number }[] = [];
  if (!line) return parts;
  for (let bin = 0; bin < axis.bins; bin += 1) {
    const [fromMs, toMs] = [bin * axis.binMs, (bin + 1) * axis.binMs];
    const sums = line.within(fromMs, toMs).sums();
    const [most] = [...sums].sort((a, b) => b[1] - a[1]);
    if (!most || most[0] === 'ended') continue;
    const before = parts.at(-1);
    if (before?.state === most[0] && before.toMs === fromMs) before.toMs = toMs;
    else parts.push({ state: most[0], fromMs, toMs });
  }
  return parts;
}
