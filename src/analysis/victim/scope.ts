// Whose time a process's account may be, and of which part of the recording: not that of children that work beside it, nor what a verdict is not about.

import type { Interval } from '../../base/intervals.js';
import { remembered } from '../../base/remember.js';
import type { Case } from '../../model/case.js';
import type { VictimMark } from '../../model/recording.js';
import { ACCOUNT } from '../../model/thresholds/victim.js';
import { threadsOf } from '../machine/processes.js';
import { worksBesideChildren } from './children.js';
import { hasSwitches, movedLines, type Scope } from './lines.js';

/** The victim's own time within the recording: the probe's from its first operation, a command's from when it was let go, anybody else's while it lived. */
function lifetime(input: Case, pid: number): { from: number; to: number } {
  const mark = input.victims.find((victim) => victim.pid === pid);
  if (mark?.role === 'probe' && input.probe.length > 0) {
    const last = input.probe.at(-1);
    const finished = input.probe.some((slice) => slice.phase === 'end');
    return { from: input.probe[0]?.fromMs ?? 0, to: finished ? (last?.toMs ?? input.durationMs) : input.durationMs };
  }
  const stat = input.counters.processes.get(pid)?.stat.t;
  const gone = input.losses.some((loss) => loss.code === 'victim-gone' && loss.where.includes(`(${pid})`));
  const from = mark?.releasedMs ?? (mark?.role === 'command' ? (stat?.[0] ?? 0) : 0);
  return { from, to: gone ? (stat?.at(-1) ?? input.durationMs) : input.durationMs };
}

/**
 * The part of a life that a verdict is about: where a watch recorded a stall, the time in which it saw seconds lost, with some before and behind; what the
 * victim did in the half minute before would dilute it. The whole where the two don't meet.
 */
export function judgedPart({ lost }: Case, life: Interval): Interval {
  if (!lost) return life;
  const from = Math.max(life.from, lost.fromMs - ACCOUNT.lostMarginMs);
  const to = Math.min(life.to, lost.toMs + ACCOUNT.lostMarginMs);
  return from < to ? { from, to } : life;
}

export function scopeOf(input: Case, pid: number): Scope {
  const life = judgedPart(input, lifetime(input, pid));
  // The probe does all its work in one thread; its other ones are idle workers of the language's runtime.
  if (roleOf(input, pid) === 'probe') return { pid, threads: new Set([pid]), life };
  const threads = threadsOf(input, pid);
  for (const thread of startedBeside(input, pid)) threads.delete(thread);
  return { pid, threads, life };
}

function roleOf(input: Case, pid: number): VictimMark['role'] | undefined {
  return input.victims.find((victim) => victim.pid === pid)?.role;
}

/**
 * The processes that a process has started while it is held up itself and does not wait for them: a server's child that writes a snapshot
 * works beside it, and is as much another process as one that was started before the recording. A command's children are the command.
 */
const startedBeside = remembered((input: Case, pid: number): ReadonlySet<number> => {
  const role = roleOf(input, pid);
  const none = new Set<number>();
  if (!hasSwitches(input) || role === undefined || role === 'command') return none;
  const family = threadsOf(input, pid);
  // Threads are forked as processes are, and have no counters of their own among the processes. Where one is a process, so are those that lived too
  // short to be listed as either: what a server starts again and again is sooner a child.
  const children = [...family].filter((one) => isForked(input, pid, one));
  if (!children.some((one) => input.counters.processes.has(one))) return none;
  const beside = threadsOf(input, ...children);
  const moved = movedLines(input);
  const own = [...family].filter((thread) => !beside.has(thread)).flatMap((thread) => moved.get(thread) ?? []);
  return worksBesideChildren(own, input.events) ? beside : none;
}, String);

/** True for a process that another has started, and not for a thread of that one. */
export function isForked(input: Case, pid: number, thread: number): boolean {
  return thread !== pid && input.threads.get(pid)?.includes(thread) !== true;
}
