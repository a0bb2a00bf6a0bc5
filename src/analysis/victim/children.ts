// A process that waits for its child does what the child does: a shell's loop of short commands stalls in them, and sleeps itself. Each
// wait for a child (wait4(2), vfork(2)) is replaced by the life of the child that ended it.

import type { Segment } from '../../model/segment.js';
import { Timeline, TimelineBuilder } from '../../model/timeline.js';
import type { Events } from '../../model/events.js';
import { WAITING } from '../../model/states.js';
import { JUDGING } from '../../model/thresholds/judging.js';
import { sleepsBelow } from './calls.js';
import { firstEndingAfter } from '../../base/intervals.js';
import { column } from '../machine/time-walk.js';

/** Functions in which a parent sleeps until its child ends, or has executed its program (kernel/exit.c, kernel/fork.c). */
const CHILD_WAITS =
  /^(do_wait|kernel_wait4|wait_for_vfork_done|__(x64|arm64|se)_sys_vfork|__do_sys_vfork|kernel_clone)$/;

/** Functions in which a parent sleeps until a child ends (kernel/exit.c). A child that was only let go, by vfork(2), may run beside it. */
export const ENDS_OF_CHILDREN = /^(do_wait|kernel_wait4)$/;

/**
 * True where a process is held up itself and never sleeps until a child ends: what it has started works beside it then. `own` are the lines of
 * its own threads.
 */
export function worksBesideChildren(own: readonly Timeline[], events: Events): boolean {
  const isChildWait = sleepsBelow(events, ENDS_OF_CHILDREN);
  const isNoticed = (line: Timeline) => {
    const length = (line.at(-1)?.to ?? 0) - (line.at(0)?.from ?? 0);
    return line.msIn(WAITING) >= JUDGING.noticeable * length;
  };
  return own.some(isNoticed) && !own.some((line) => line.some(isChildWait));
}

/** The lines with the waits for children filled in. */
export function withChildren(lines: ReadonlyMap<number, Timeline>, events: Events): Map<number, Timeline> {
  const forks = events.tables.get('sched_process_fork');
  const parents = new Map<number, number>();
  column(forks, 'child_pid').forEach((child, row) => parents.set(child, column(forks, 'parent_pid')[row] ?? 0));
  const isChildWait = sleepsBelow(events, CHILD_WAITS);
  const done = new Map<number, Timeline>();
  const resolve = (thread: number): Timeline => {
    const known = done.get(thread);
    if (known) return known;
    const own = lines.get(thread) ?? Timeline.of([]);
    // A number that is used again may make a process its own ancestor.
    done.set(thread, own);
    // Hardly a thread has children, and some have a million segments.
    const isFilled = ({ wokenBy }: Segment) => wokenBy !== undefined && parents.get(wokenBy) === thread;
    if (parents.size === 0 || !own.some(isFilled)) return own;
    const filled = own.flatMap((segment) =>
      isFilled(segment) && isChildWait(segment) ? within(segment, resolve(segment.wokenBy ?? -1)) : [segment],
    );
    done.set(thread, filled);
    return filled;
  };
  return new Map([...lines.keys()].map((thread) => [thread, resolve(thread)]));
}

/** The same from samples: `children` are the lines of what was seen to be started. What no child was seen to do meanwhile is not known. */
export function withSampledChildren(line: Timeline, children: readonly Timeline[]): Timeline {
  const done = inTurn(children.flatMap((one) => [...one]).toSorted((a, b) => a.from - b.from));
  return line.flatMap((segment) => {
    if (segment.wchan === undefined || !CHILD_WAITS.test(segment.wchan) || segment.state !== 'asleep') return [segment];
    return within({ ...segment, state: 'unexplained' }, done);
  });
}

/** True for what `withSampledChildren` leaves of a wait for a child: of the parent nothing is known then but that it waited for somebody. */
export function isForUnseenChild({ state, wchan }: Segment): boolean {
  return state === 'unexplained' && wchan !== undefined && CHILD_WAITS.test(wchan);
}

/** Of several children at once the one that began first. */
function inTurn(sorted: readonly Segment[]): Timeline {
  const turns = new TimelineBuilder();
  let at = -Infinity;
  for (const one of sorted) {
    if (one.to <= at) continue;
    turns.add({ ...one, from: Math.max(at, one.from) });
    at = one.to;
  }
  return turns.finish();
}

/** A wait as what another did meanwhile; before its first and after its last segment it stays the wait that it is. */
export function within(wait: Segment, child: Timeline): Segment[] {
  const parts: Segment[] = [];
  let at = wait.from;
  for (let index = firstEndingAfter(child, wait.from); index < child.length; index += 1) {
    const one = child.at(index);
    if (!one || one.from >= wait.to) break;
    if (one.state === 'ended') continue;
    const from = Math.max(at, one.from);
    const to = Math.min(wait.to, one.to);
    if (to <= from) continue;
    if (from > at) parts.push({ ...wait, from: at, to: from });
    parts.push({ ...one, from, to });
    at = to;
  }
  if (at < wait.to) parts.push({ ...wait, from: at });
  return parts;
}
