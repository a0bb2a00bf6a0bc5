// A thread's life as segments: from when to when it was in which state. Built from sched_switch and sched_waking with the kernel
// stack at each sleep; what the segments leave out (before the first and after the last event) is filled from their neighbours.

import { NO_INTERVALS } from '../../base/intervals.js';
import { NumberList } from '../../base/number-list.js';
import { TimelineBuilder, type Interrupt, type Segment, type Timeline } from '../../model/segment.js';
import type { Column, EventTable, Events, StackTable } from '../../model/events.js';
import type { State } from '../../model/states.js';
import { column, walkByTime } from '../machine/time-walk.js';
import { reclaimTimes, withReclaim } from './reclaim.js';
import { stateOfStack } from './state-of-stack.js';
import { TIMELINE } from '../../model/thresholds/victim.js';

/** common_flags of an event in an interrupt: TRACE_FLAG_HARDIRQ and TRACE_FLAG_SOFTIRQ in include/linux/trace_events.h. */
const IN_HARD = 0x08;
const IN_SOFT = 0x10;

/** A hard interrupt may come in the middle of a soft one, and is then what woke. */
function interruptOf(flags: number): Interrupt | false {
  if ((flags & IN_HARD) !== 0) return 'hard';
  return (flags & IN_SOFT) !== 0 ? 'soft' : false;
}

const ASLEEP_MASK = 255;
const STOPPED = 4 | 8;
const DEAD = 16 | 32;
const UNINTERRUPTIBLE = 2;

/** What a row of the tables of switches and wake-ups says of one thread. */
const CHANGE = { out: 0, in: 1, waking: 2 } as const;
const KINDS = 3;

/** Switches and wake-ups as they concern threads. A change is a number, its row × KINDS + its kind: a database makes millions of them. */
class Changes {
  private readonly switches: EventTable | undefined;
  private readonly wakings: EventTable | undefined;
  private readonly prev: Column;
  private readonly next: Column;
  private readonly state: Column;
  private readonly woken: Column;
  private readonly flags: Column;

  constructor({ tables }: Events) {
    this.switches = tables.get('sched_switch');
    this.wakings = tables.get('sched_waking');
    this.prev = column(this.switches, 'prev_pid');
    this.next = column(this.switches, 'next_pid');
    this.state = column(this.switches, 'prev_state');
    this.woken = column(this.wakings, 'pid');
    this.flags = column(this.wakings, 'common_flags');
  }

  /** The changes of each of these threads, in order of time. */
  of(threads: ReadonlySet<number>): Map<number, ArrayLike<number>> {
    const found = new Map([...threads].map((thread) => [thread, new NumberList()]));
    walkByTime([this.switches, this.wakings], (table, row) => {
      if (table === 1) {
        found.get(this.woken[row] ?? 0)?.push(row * KINDS + CHANGE.waking);
        return;
      }
      found.get(this.prev[row] ?? 0)?.push(row * KINDS + CHANGE.out);
      found.get(this.next[row] ?? 0)?.push(row * KINDS + CHANGE.in);
    });
    return new Map([...found].flatMap(([thread, list]) => (list.length > 0 ? [[thread, list.values()]] : [])));
  }

  kindOf(change: number): number {
    return change % KINDS;
  }

  private tableOf(change: number): EventTable | undefined {
    return this.kindOf(change) === CHANGE.waking ? this.wakings : this.switches;
  }

  timeOf(change: number): number {
    return this.tableOf(change)?.t[rowOf(change)] ?? 0;
  }

  /** The state that a thread is switched out in. */
  stateOf(change: number): number {
    return this.state[rowOf(change)] ?? 0;
  }

  /** The thread that the CPU goes to, or comes from. */
  otherOf(change: number): number {
    return (this.kindOf(change) === CHANGE.out ? this.next : this.prev)[rowOf(change)] ?? 0;
  }

  /** Who ended a sleep, where and when. */
  wakeOf(change: number): Wake {
    const row = rowOf(change);
    return {
      wokenAt: this.wakings?.t[row] ?? 0,
      wokenOn: this.wakings?.cpu[row] ?? 0,
      wokenBy: this.wakings?.pid[row] ?? 0,
      byInterrupt: interruptOf(this.flags[row] ?? 0),
    };
  }
}

type Wake = Required<Pick<Segment, 'wokenAt' | 'wokenOn' | 'wokenBy' | 'byInterrupt'>>;

function rowOf(change: number): number {
  return Math.floor(change / KINDS);
}

/** The rows of the stacks of each of these threads, in order of time. */
function stacksOf({ stacks }: Events, threads: ReadonlySet<number>): Map<number, NumberList> {
  const found = new Map([...threads].map((pid) => [pid, new NumberList()]));
  for (let row = 0; row < stacks.length; row += 1) found.get(stacks.pid[row] ?? 0)?.push(row);
  return found;
}

/** The stack taken when the thread went to sleep at `t`: the trigger writes it right behind the switch, on its CPU. */
class StackCursor {
  private at = 0;
  private readonly stacks: StackTable;
  private readonly rows: ArrayLike<number>;

  constructor(stacks: StackTable, rows: ArrayLike<number>) {
    this.stacks = stacks;
    this.rows = rows;
  }

  take(from: number, before: number): number | undefined {
    const { t, stack } = this.stacks;
    const timeOf = (at: number) => t[this.rows[at] ?? t.length] ?? Infinity;
    while (timeOf(this.at) < from) this.at += 1;
    if (timeOf(this.at) >= before) return undefined;
    const next = stack[this.rows[this.at] ?? 0];
    this.at += 1;
    return next;
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
): Map<number, Timeline> {
  const states = events.stacks.stacks.map((frames) => stateOfStack(frames));
  const stacks = stacksOf(events, threads);
  const reclaims = reclaimTimes(events, threads);
  const changes = new Changes(events);
  const found = new Map<number, Timeline>();
  for (const [pid, list] of changes.of(threads)) {
    const draft = new Draft();
    const from = Math.max(fromMs, births.get(pid) ?? fromMs);
    draw(draft, {
      changes,
      list,
      stacks: new StackCursor(events.stacks, stacks.get(pid)?.values() ?? []),
      states,
      fromMs: from,
      toMs,
    });
    draft.fillUnknown((begin, end) => sampled(pid, begin, end));
    found.set(pid, withReclaim(draft.finish(), reclaims.get(pid) ?? NO_INTERVALS));
  }
  return found;
}

/** What a sample showed of a sleep. */
interface Seen {
  readonly state: State;
  readonly wchan: string;
}

/** A stretch whose end has not come yet. */
interface Current {
  state: State;
  readonly stack?: number | undefined;
  rival?: number | undefined;
  /** Of a sleep: whether it is uninterruptible. */
  readonly deep?: boolean;
  /** True where no stack tells what it is. */
  readonly guessed?: boolean;
}

/** What a thread that was just switched out does until its next event. */
function sleepOf(bits: number, stack: number | undefined, states: readonly State[]): Current {
  if ((bits & DEAD) !== 0) return { state: 'ended' };
  if ((bits & STOPPED) !== 0) return { state: 'stopped', stack };
  const deep = (bits & UNINTERRUPTIBLE) !== 0;
  if (stack !== undefined) return { state: states[stack] ?? 'unexplained', stack, deep };
  return { state: deep ? 'unexplained' : 'asleep', deep, guessed: true };
}

/** What a timeline is drawn from. */
interface Drawn {
  readonly changes: Changes;
  readonly list: ArrayLike<number>;
  readonly stacks: StackCursor;
  readonly states: readonly State[];
  readonly fromMs: number;
  readonly toMs: number;
}

function draw(draft: Draft, { changes, list, stacks, states, fromMs, toMs }: Drawn): void {
  const first = list[0];
  if (first === undefined) return;
  // Until its first event a thread was running if that is a switch out; otherwise it slept: whoever is ready to run soon runs.
  let current: Current = { state: changes.kindOf(first) === CHANGE.out ? 'running' : 'asleep', guessed: true };
  let since = fromMs;
  const end = (t: number, wake?: Wake) => {
    const to = Math.min(Math.max(t, fromMs), toMs);
    if (to > since) draft.add(since, to, current, wake);
    since = Math.max(since, to);
  };
  for (let index = 0; index < list.length; index += 1) {
    const change = list[index] ?? 0;
    const t = changes.timeOf(change);
    const kind = changes.kindOf(change);
    if (kind === CHANGE.waking) {
      // A wake-up of a thread that had not slept yet changes nothing.
      if (current.state === 'running' || current.state === 'runnable') continue;
      end(t, changes.wakeOf(change));
      // A CPU that polls in its idle loop may take the thread without an event (seen on Linux 6.18 guests). The thread then shows
      // no switch in before its next switch out: the CPU was idle, so it did not wait for one.
      current = { state: nextSwitch(changes, list, index) === CHANGE.in ? 'runnable' : 'running' };
    } else if (kind === CHANGE.in) {
      const before = changes.otherOf(change);
      const wasWoken = current.state === 'runnable' && current.rival === undefined;
      if (wasWoken && before === 0 && t - since <= TIMELINE.longestWakeupMs) current.state = 'cpu-wakeup';
      if (current.state === 'runnable') current.rival ??= before;
      end(t);
      current = { state: 'running' };
    } else {
      end(t);
      const bits = changes.stateOf(change) & ASLEEP_MASK;
      const next = list[index + 1];
      current =
        bits === 0
          ? { state: 'runnable', rival: changes.otherOf(change) }
          : sleepOf(bits, stacks.take(t, next === undefined ? Infinity : changes.timeOf(next)), states);
    }
  }
  end(toMs);
}

/** The kind of the next switch behind a wake-up. */
function nextSwitch(changes: Changes, list: ArrayLike<number>, index: number): number | undefined {
  for (let at = index + 1; at < list.length; at += 1) {
    const kind = changes.kindOf(list[at] ?? 0);
    if (kind !== CHANGE.waking) return kind;
  }
  return undefined;
}

/** Of an uninterruptible sleep and of another one; what is neither is KEPT, and so is what is known. */
const KEPT = 0;
const LIGHT = 1;
const DEEP = 2;

/** A thread's segments while they are built: of a sleep without a stack it is still open what it was. */
class Draft {
  private readonly builder = new TimelineBuilder();
  /** By segment: which kind of sleep it is, and for those whose state is only guessed the kind once more. */
  private readonly depth: number[] = [];
  private readonly guessed: number[] = [];

  add(from: number, to: number, { state, stack, rival, deep, guessed }: Current, wake: Wake | undefined): void {
    const depth = deep === undefined ? KEPT : deep ? DEEP : LIGHT;
    this.depth.push(depth);
    if (guessed === true && state !== 'running') this.guessed.push(this.builder.length);
    if (!wake) this.builder.add({ from, to, state, stack, rival });
    else {
      // A timeout of a lock is nobody's doing, least of all that of the thread that the timer interrupted.
      const wokenBy = wake.byInterrupt !== false && state === 'user-lock' ? 0 : wake.wokenBy;
      this.builder.add({ from, to, state, stack, rival, ...wake, wokenBy });
    }
  }

  /**
   * Gives each sleep without a stack what a sample shows of it, if it is long enough to have one, or else the state of one of its kind that
   * has one: of the nearest in time the one that lasted most nearly as long, because what a thread waits for shows in how long it waits.
   */
  fillUnknown(sampled: (from: number, to: number) => Seen | undefined): void {
    const { longSleepMs, nearSleeps } = TIMELINE;
    const { builder } = this;
    const known = [LIGHT, DEEP].map((kind) => this.knownOf(kind));
    const cursors = [0, 0];
    for (const index of this.guessed) {
      const from = builder.fromAt(index);
      const to = builder.toAt(index);
      const seen = to - from >= longSleepMs ? sampled(from, to - longSleepMs / 2) : undefined;
      if (seen) builder.tell(index, seen.state, seen);
      const kind = (this.depth[index] ?? KEPT) - LIGHT;
      const list = known[kind];
      if (seen || !list) continue;
      let at = cursors[kind] ?? 0;
      while (at < list.length && builder.fromAt(list[at] ?? 0) < from) at += 1;
      cursors[kind] = at;
      const near = this.mostAlike(
        to - from,
        list,
        Math.max(0, at - nearSleeps),
        Math.min(list.length, at + nearSleeps),
      );
      if (near !== undefined)
        builder.tell(index, builder.stateAt(near) ?? 'unexplained', { stack: builder.stackAt(near) });
    }
  }

  /** The sleeps of one kind that have a stack. */
  private knownOf(kind: number): ArrayLike<number> {
    const found = new NumberList();
    for (let index = 0; index < this.builder.length; index += 1)
      if (this.depth[index] === kind && this.builder.stackAt(index) !== undefined) found.push(index);
    return found.values();
  }

  /** Of a stretch of these the one whose length is nearest by its ratio. */
  private mostAlike(length: number, list: ArrayLike<number>, first: number, end: number): number | undefined {
    let best: number | undefined;
    let least = Infinity;
    for (let at = first; at < end; at += 1) {
      const index = list[at] ?? 0;
      const other = this.builder.toAt(index) - this.builder.fromAt(index);
      const ratio = other > length ? other / length : length / other;
      if (ratio < least) {
        least = ratio;
        best = index;
      }
    }
    return best;
  }

  /** Joins what rounding leaves between segments, so that the states sum to the wall time. */
  finish(): Timeline {
    const { builder } = this;
    for (let index = 1; index < builder.length; index += 1)
      if (builder.fromAt(index) > builder.toAt(index - 1)) builder.endAt(index - 1, builder.fromAt(index));
    return builder.finish();
  }
}
