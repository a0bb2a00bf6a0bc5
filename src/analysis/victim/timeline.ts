// A thread's life as segments: from when to when it was in which state. Built from sched_switch and sched_waking with the kernel
// stack at each sleep, for as long as the kernel kept them: within such a time what lies before a thread's first event and behind its last is known
// from these, and outside of it nothing is.

import { NO_INTERVALS, type Interval } from '../../base/intervals.js';
import { NumberList } from '../../base/number-list.js';
import type { Interrupt } from '../../model/segment.js';
import type { Timeline } from '../../model/timeline.js';
import type { Column, EventTable, Events, StackTable } from '../../model/events.js';
import type { State } from '../../model/states.js';
import { column, walkByTime } from '../machine/time-walk.js';
import { reclaimTimes, withReclaim } from './reclaim.js';
import { stateOfStack } from './state-of-stack.js';
import { Draft, type Current, type Seen, type Wake } from './timeline-draft.js';
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

/** Whose timelines are drawn, and what is known of them besides the events. */
export interface Watched {
  readonly threads: ReadonlySet<number>;
  /** The times in which their switches and wake-ups were kept, ms, sorted and disjoint. */
  readonly kept: Iterable<Interval>;
  /** When those that were forked meanwhile began, ms. */
  readonly births?: ReadonlyMap<number, number>;
  /** What a thread was seen to sleep in between two times: where it slept when the events began, and in long sleeps without a stack. */
  readonly sampled?: (thread: number, from: number, to: number) => Seen | undefined;
}

/** Segments by thread, within the times that were kept and from its birth where that was seen. A thread without any event is absent. */
export function timelines(events: Events, { threads, kept, births, sampled }: Watched): Map<number, Timeline> {
  const states = events.stacks.stacks.map((frames) => stateOfStack(frames));
  const stacks = stacksOf(events, threads);
  const reclaims = reclaimTimes(events, threads);
  const changes = new Changes(events);
  const spans = [...kept];
  const found = new Map<number, Timeline>();
  for (const [pid, list] of changes.of(threads)) {
    const draft = new Draft();
    const cursor = new StackCursor(events.stacks, stacks.get(pid)?.values() ?? []);
    const firstAt = (t: number, first: number) => {
      let at = first;
      while (at < list.length && changes.timeOf(list[at] ?? 0) < t) at += 1;
      return at;
    };
    let end = 0;
    for (const [index, { from, to }] of spans.entries()) {
      const first = firstAt(from, end);
      end = firstAt(spans[index + 1]?.from ?? Infinity, first);
      const fromMs = Math.max(from, births?.get(pid) ?? from);
      if (to > fromMs) draw(draft, { changes, list, first, end, stacks: cursor, states, fromMs, toMs: to });
    }
    draft.fillUnknown((begin, until) => sampled?.(pid, begin, until));
    found.set(pid, withReclaim(draft.finish(), reclaims.get(pid) ?? NO_INTERVALS));
  }
  return found;
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
  /** Of the list, the places from one to before another. */
  readonly first: number;
  readonly end: number;
  readonly stacks: StackCursor;
  readonly states: readonly State[];
  readonly fromMs: number;
  readonly toMs: number;
}

function draw(draft: Draft, { changes, list, first, end, stacks, states, fromMs, toMs }: Drawn): void {
  if (first === end) return;
  // Until its first event a thread was running if that is a switch out; otherwise it slept: whoever is ready to run soon runs.
  let current: Current = {
    state: changes.kindOf(list[first] ?? 0) === CHANGE.out ? 'running' : 'asleep',
    guessed: true,
  };
  let since = fromMs;
  const close = (t: number, wake?: Wake) => {
    const to = Math.min(Math.max(t, fromMs), toMs);
    if (to > since) draft.add(since, to, current, wake);
    since = Math.max(since, to);
  };
  for (let index = first; index < end; index += 1) {
    const change = list[index] ?? 0;
    const t = changes.timeOf(change);
    const kind = changes.kindOf(change);
    if (kind === CHANGE.waking) {
      // A wake-up of a thread that had not slept yet changes nothing.
      if (current.state === 'running' || current.state === 'runnable') continue;
      close(t, changes.wakeOf(change));
      // A CPU that polls in its idle loop may take the thread without an event (seen on Linux 6.18 guests). The thread then shows
      // no switch in before its next switch out: the CPU was idle, so it did not wait for one.
      current = { state: nextSwitch(changes, list, index, end) === CHANGE.in ? 'runnable' : 'running' };
    } else if (kind === CHANGE.in) {
      const before = changes.otherOf(change);
      const wasWoken = current.state === 'runnable' && current.rival === undefined;
      if (wasWoken && before === 0 && t - since <= TIMELINE.longestWakeupMs) current.state = 'cpu-wakeup';
      if (current.state === 'runnable') current.rival ??= before;
      close(t);
      current = { state: 'running' };
    } else {
      close(t);
      const bits = changes.stateOf(change) & ASLEEP_MASK;
      const next = index + 1 < end ? list[index + 1] : undefined;
      current =
        bits === 0
          ? { state: 'runnable', rival: changes.otherOf(change) }
          : sleepOf(bits, stacks.take(t, next === undefined ? Infinity : changes.timeOf(next)), states);
    }
  }
  close(toMs);
}

/** The kind of the next switch behind a wake-up. */
function nextSwitch(changes: Changes, list: ArrayLike<number>, index: number, end: number): number | undefined {
  for (let at = index + 1; at < end; at += 1) {
    const kind = changes.kindOf(list[at] ?? 0);
    if (kind !== CHANGE.waking) return kind;
  }
  return undefined;
}
