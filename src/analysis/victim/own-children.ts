// What a process has started that works beside it: a server's child that writes a snapshot or rewrites its log. It is the victim's own work and
// none of its waiting, and its bytes come to the parent's figures when that waits for it (wait_task_zombie() in kernel/exit.c), so that who asks
// what the parent itself did has to know of it. What a shell or a command has started is the shell or the command, and nobody beside it.

import type { VictimAccount } from '../../model/account.js';
import type { Case } from '../../model/case.js';
import type { ProcessCounters } from '../../model/counters.js';
import { coveredMs, type Intervals, union } from '../../base/intervals.js';
import { doneItself } from '../machine/counted-work.js';
import { threadsOf } from '../machine/processes.js';
import { growthOf, valueAt } from '../machine/series.js';
import { JUDGING } from '../../model/thresholds/judging.js';
import { PROGRESS } from '../../model/thresholds/stalls.js';
import { ENDS_OF_CHILDREN } from './children.js';

/** What the children did while they were looked at. */
export interface ChildrenWork {
  /** The one that moved most. */
  readonly first: { readonly pid: number; readonly name: string };
  readonly processes: number;
  /** Read from disks or written to them, by all of them. */
  readonly bytes: number;
  /** From the first look at each to the last. */
  readonly times: Intervals;
  /** How many times as many calls the parent makes without them as beside them; NaN where it was hardly seen without them. */
  readonly slowdown: number;
}

/** Tells the processes that this one has started: by their forks, or as the recorder found them below the only one that it watches. */
export function startedBy(input: Case, pid: number): (other: number) => boolean {
  const forked = threadsOf(input, pid);
  const roots = input.victims.filter(({ role }) => role !== 'child');
  const found = roots.length === 1 && roots[0]?.pid === pid ? input.victims.filter(({ role }) => role === 'child') : [];
  const children = new Set(found.map((victim) => victim.pid));
  return (other) => other !== pid && (forked.has(other) || children.has(other));
}

/** Undefined where it has started nothing that read or wrote beside it, or waits for what it starts. */
export function workOfChildren(input: Case, { pid, from, to }: VictimAccount): ChildrenWork | undefined {
  const own = input.counters.processes.get(pid);
  const role = input.victims.find((victim) => victim.pid === pid)?.role;
  if (!own || role === undefined || role === 'command' || waitsForChildren(input, own)) return undefined;
  const isChild = startedBy(input, pid);
  const children = [...input.counters.processes.values()].flatMap((child) => {
    const bytes = growthOf(child.io, 'read_bytes') + growthOf(child.io, 'write_bytes');
    return bytes > 0 && isChild(child.pid) ? [{ child, bytes }] : [];
  });
  const [first] = children.toSorted((a, b) => b.bytes - a.bytes);
  if (!first) return undefined;
  const lives = children.map(({ child: { stat } }) => ({
    from: Math.max(from, valueAt(stat.t, 0)),
    to: Math.min(to, valueAt(stat.t, stat.t.length - 1)),
  }));
  const times = union(lives.filter((life) => life.from < life.to));
  return {
    first: { pid: first.child.pid, name: first.child.comm },
    processes: children.length,
    bytes: children.reduce((sum, one) => sum + one.bytes, 0),
    times,
    slowdown: slowdownBeside(own, times),
  };
}

/**
 * True of the samples of the only watched process that has started others and was held up itself, for so many ms, and never waited for them: as
 * events tell it of one whose children work beside it.
 */
export function leavesChildrenAlone(input: Case, pid: number, heldUpMs: number): boolean {
  const own = input.counters.processes.get(pid);
  const { victims, events } = input;
  const role = victims.find((victim) => victim.pid === pid)?.role;
  if (!own || role === 'command' || events?.tables.has('sched_switch') === true) return false;
  if (!victims.some((victim) => startedBy(input, pid)(victim.pid)) || waitsForChildren(input, own)) return false;
  const { t } = own.stat;
  return heldUpMs >= JUDGING.noticeable * (valueAt(t, t.length - 1) - valueAt(t, 0));
}

function waitsForChildren({ counters, threads }: Case, { pid, wchan }: ProcessCounters): boolean {
  const others = [...(threads.get(pid) ?? [])].map((thread) => counters.threads.get(thread)?.wchan);
  return [wchan, ...others].some((one) => one?.name.some((name) => ENDS_OF_CHILDREN.test(name)) === true);
}

/** Its calls a ms without others at work against those beside them; NaN where either is known from too little. */
function slowdownBeside(own: ProcessCounters, times: Intervals): number {
  const { windowMs, coveredShare, leastInside, leastOutside } = PROGRESS;
  const isBeside = (from: number, to: number) => coveredMs(times, from, to) >= coveredShare * (to - from);
  const pace = (leastWindows: number, isMeant: typeof isBeside) => {
    const itself = doneItself(own, ['syscr', 'syscw'], isMeant);
    return itself && itself.ms >= leastWindows * windowMs ? itself.done / itself.ms : NaN;
  };
  return pace(leastOutside, (from, to) => !isBeside(from, to)) / pace(leastInside, isBeside);
}
