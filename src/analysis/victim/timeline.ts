// A thread's life as segments: from when to when it was in which state. Built from sched_switch and sched_waking with the kernel
// stack at each sleep; what the segments leave out (before the first and after the last event) is filled from their neighbours.

import { addToList } from '../../base/maps.js';
import type { Segment } from '../../model/segment.js';
import type { Events } from '../../model/events.js';
import type { State } from '../../model/states.js';
import { column, walkByTime } from '../machine/time-walk.js';
import { reclaimTimes, withReclaim } from './reclaim.js';
import { stateOfStack } from './state-of-stack.js';
import { TIMELINE } from '../../model/thresholds/victim.js';

/** common_flags of an event in a hard or soft interrupt (TRACE_FLAG_HARDIRQ, TRACE_FLAG_SOFTIRQ in include/linux/trace_events.h). */
const IN_INTERRUPT = 0x08 | 0x10;

const ASLEEP_MASK = 255;
const STOPPED = 4 | 8;
const DEAD = 16 | 32;
const UNINTERRUPTIBLE = 2;

interface Change {
  t: number;
  kind: 'out' | 'in' | 'waking';
  state: number;
  rival: number;
  cpu: number;
  by: number;
  isInterrupt: boolean;
}

/** Switches and wake-ups by thread, in order of time, for the threads asked for. */
function changesOf(events: Events, threads: ReadonlySet<number>): Map<number, Change[]> {
  const found = new Map<number, Change[]>();
  const add = (pid: number, change: Change) => addToList(found, pid, change);
  const switches = events.tables.get('sched_switch');
  const wakings = events.tables.get('sched_waking');
  const prev = column(switches, 'prev_pid');
  const next = column(switches, 'next_pid');
  const state = column(switches, 'prev_state');
  const woken = column(wakings, 'pid');
  const flags = column(wakings, 'common_flags');
  walkByTime([switches, wakings], (table, row) => {
    if (table === 1) {
      const pid = woken[row] ?? 0;
      if (!threads.has(pid)) return;
      const t = wakings?.t[row] ?? 0;
      const isInterrupt = ((flags[row] ?? 0) & IN_INTERRUPT) !== 0;
      const by = wakings?.pid[row] ?? 0;
      add(pid, { t, kind: 'waking', state: 0, rival: 0, cpu: wakings?.cpu[row] ?? 0, by, isInterrupt });
      return;
    }
    const t = switches?.t[row] ?? 0;
    const cpu = switches?.cpu[row] ?? 0;
    const out = prev[row] ?? 0;
    const into = next[row] ?? 0;
    if (threads.has(out)) {
      add(out, { t, kind: 'out', state: state[row] ?? 0, rival: into, cpu, by: 0, isInterrupt: false });
    }
    if (threads.has(into)) {
      add(into, { t, kind: 'in', state: 0, rival: out, cpu, by: 0, isInterrupt: false });
    }
  });
  return found;
}

/** The stacks of these threads in order of time. */
function stacksOf(events: Events, threads: ReadonlySet<number>): Map<number, { t: number; stack: number }[]> {
  const found = new Map([...threads].map((pid) => [pid, [] as { t: number; stack: number }[]]));
  const { stacks } = events;
  for (let row = 0; row < stacks.length; row += 1)
    found.get(stacks.pid[row] ?? 0)?.push({ t: stacks.t[row] ?? 0, stack: stacks.stack[row] ?? 0 });
  return found;
}

/** The stack taken when the thread went to sleep at `t`: the trigger writes it right behind the switch, on its CPU. */
class StackCursor {
  private at = 0;
  private readonly stacks: readonly { t: number; stack: number }[];

  constructor(stacks: readonly { t: number; stack: number }[]) {
    this.stacks = stacks;
  }

  take(from: number, before: number): number | undefined {
    while ((this.stacks[this.at]?.t ?? Infinity) < from) this.at += 1;
    const next = this.stacks[this.at];
    if (!next || next.t >= before) return undefined;
    this.at += 1;
    return next.stack;
  }
}

/**
 * Segments by thread, from its birth where that was seen. A thread without any event is absent. `sampled` tells what a thread was seen to
 * sleep in between two times: where it slept when the events began, and in long sleeps without a stack.
 */
export function timelines(
  events: Events,
  threads: ReadonlySet<number>,
  fromMs: number,
  toMs: number,
  births: ReadonlyMap<number, number> = new Map(),
  sampled: (thread: number, from: number, to: number) => Seen | undefined = () => undefined,
): Map<number, Segment[]> {
  const states = events.stacks.stacks.map((frames) => stateOfStack(frames));
  const stacks = stacksOf(events, threads);
  const reclaims = reclaimTimes(events, threads);
  const found = new Map<number, Segment[]>();
  for (const [pid, changes] of changesOf(events, threads)) {
    const cursor = new StackCursor(stacks.get(pid) ?? []);
    const segments = segmentsOf(changes, cursor, states, Math.max(fromMs, births.get(pid) ?? fromMs), toMs);
    found.set(
      pid,
      withReclaim(withoutGaps(fillUnknown(segments, (from, to) => sampled(pid, from, to))), reclaims.get(pid) ?? []),
    );
  }
  return found;
}

/** What a sample showed of a sleep. */
interface Seen {
  readonly state: State;
  readonly wchan: string;
}

/** A segment while it is built: a sleep knows whether it was uninterruptible, and whether its stack is missing. */
type Draft = { -readonly [Key in keyof Segment]: Segment[Key] } & {
  readonly deep: boolean | undefined;
  readonly guessed: boolean;
};

/** Its times are set when it ends: it is made once and not copied. */
function draft(state: State, guessed = false, deep?: boolean, stack?: number): Draft {
  return {
    from: 0,
    to: 0,
    state,
    rival: undefined,
    stack,
    wchan: undefined,
    whole: undefined,
    wokenAt: undefined,
    wokenOn: undefined,
    wokenBy: undefined,
    byInterrupt: undefined,
    deep,
    guessed,
  };
}

/** What a thread that was just switched out does until its next event. */
function sleepOf(bits: number, stack: number | undefined, states: readonly State[]): Draft {
  if ((bits & DEAD) !== 0) return draft('ended');
  if ((bits & STOPPED) !== 0) return draft('stopped', false, undefined, stack);
  const deep = (bits & UNINTERRUPTIBLE) !== 0;
  if (stack !== undefined) return draft(states[stack] ?? 'unexplained', false, deep, stack);
  return draft(deep ? 'unexplained' : 'asleep', true, deep);
}

function segmentsOf(
  changes: readonly Change[],
  stacks: StackCursor,
  states: readonly State[],
  fromMs: number,
  toMs: number,
): Draft[] {
  const segments: Draft[] = [];
  const first = changes[0];
  if (!first) return segments;
  // Until its first event a thread was running if that is a switch out; otherwise it slept: whoever is ready to run soon runs.
  let current: Draft = draft(first.kind === 'out' ? 'running' : 'asleep', true);
  let since = fromMs;
  const end = (t: number, wake?: Change, rival?: number) => {
    const to = Math.min(Math.max(t, fromMs), toMs);
    if (to > since) {
      current.from = since;
      current.to = to;
      if (wake) {
        current.wokenAt = wake.t;
        current.wokenOn = wake.cpu;
        // A timeout of a lock is nobody's doing, least of all that of the thread that the timer interrupted.
        current.byInterrupt = wake.isInterrupt;
        current.wokenBy = wake.isInterrupt && current.state === 'user-lock' ? 0 : wake.by;
      }
      if (rival !== undefined) current.rival = rival;
      segments.push(current);
    }
    since = Math.max(since, to);
  };
  for (let index = 0; index < changes.length; index += 1) {
    const change = changes[index];
    if (!change) continue;
    if (change.kind === 'waking') {
      // A wake-up of a thread that had not slept yet changes nothing.
      if (current.state === 'running' || current.state === 'runnable') continue;
      end(change.t, change);
      // A CPU that polls in its idle loop may take the thread without an event (seen on Linux 6.18 guests). The thread then shows
      // no switch in before its next switch out: the CPU was idle, so it did not wait for one.
      current = draft(nextSwitch(changes, index) === 'in' ? 'runnable' : 'running');
    } else if (change.kind === 'in') {
      const wasWoken = current.state === 'runnable' && current.rival === undefined;
      if (wasWoken && change.rival === 0 && change.t - since <= TIMELINE.longestWakeupMs) current.state = 'cpu-wakeup';
      end(change.t, undefined, current.state === 'runnable' ? (current.rival ?? change.rival) : undefined);
      current = draft('running');
    } else {
      end(change.t);
      const bits = change.state & ASLEEP_MASK;
      if (bits === 0) {
        current = draft('runnable');
        current.rival = change.rival;
      } else current = sleepOf(bits, stacks.take(change.t, changes[index + 1]?.t ?? Infinity), states);
    }
  }
  end(toMs);
  return segments;
}

/** The kind of the next switch behind a wake-up. */
function nextSwitch(changes: readonly Change[], index: number): 'in' | 'out' | undefined {
  for (let at = index + 1; at < changes.length; at += 1) {
    const kind = changes[at]?.kind;
    if (kind === 'in' || kind === 'out') return kind;
  }
  return undefined;
}

/**
 * Gives each sleep without a stack what a sample shows of it, if it is long enough to have one, or else the state of one of its kind that
 * has one: of the nearest in time the one that lasted most nearly as long, because what a thread waits for shows in how long it waits.
 */
function fillUnknown(segments: readonly Draft[], sampled: (from: number, to: number) => Seen | undefined): Draft[] {
  const { longSleepMs, nearSleeps } = TIMELINE;
  const known = [false, true].map((deep) => segments.filter((one) => one.stack !== undefined && one.deep === deep));
  const cursors = [0, 0];
  return segments.map((segment) => {
    if (!segment.guessed || segment.state === 'running') return segment;
    const { from, to } = segment;
    const seen = to - from >= longSleepMs ? sampled(from, to - longSleepMs / 2) : undefined;
    if (seen) return { ...segment, state: seen.state, wchan: seen.wchan };
    if (segment.deep === undefined) return segment;
    const kind = segment.deep ? 1 : 0;
    const list = known[kind] ?? [];
    let at = cursors[kind] ?? 0;
    while (at < list.length && (list[at]?.from ?? Infinity) < segment.from) at += 1;
    cursors[kind] = at;
    const near = mostAlike(segment, list, Math.max(0, at - nearSleeps), Math.min(list.length, at + nearSleeps));
    return near ? { ...segment, state: near.state, stack: near.stack } : segment;
  });
}

/** Of a stretch of these the one whose length is nearest by its ratio. */
function mostAlike(segment: Draft, candidates: readonly Draft[], first: number, end: number): Draft | undefined {
  const length = segment.to - segment.from;
  let best: Draft | undefined;
  let least = Infinity;
  for (let index = first; index < end; index += 1) {
    const one = candidates[index];
    if (!one) continue;
    const other = one.to - one.from;
    const ratio = other > length ? other / length : length / other;
    if (ratio < least) {
      least = ratio;
      best = one;
    }
  }
  return best;
}

/** Joins what rounding leaves between segments, so that the states sum to the wall time. */
function withoutGaps(segments: readonly Segment[]): Segment[] {
  return segments.map((segment, index) => {
    const next = segments[index + 1];
    return next && next.from > segment.to ? { ...segment, to: next.from } : segment;
  });
}
