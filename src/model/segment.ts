// A thread's time as slices of one state each: what the rooms of the victim hand to each other and to the causes. A database's thread has
// millions of them, so a thread's are kept as columns, and one of them is an object for as long as somebody looks at it.

import { firstEndingAfter, IntervalList, intersect, total, union, type Intervals } from '../base/intervals.js';
import { isRoomy, nextRoom } from '../base/number-list.js';
import { addTo } from '../base/maps.js';
import { STATE_NAMES, type State } from './states.js';

/** One stretch of one state. Times in ms since the recording's start. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly state: State;
  /** The thread that had the CPU meanwhile (for runnable); 0 for the idle task. */
  readonly rival?: number | undefined;
  /** Index into events.stacks.stacks, for sleeps that had one, or were so like one that had. */
  readonly stack?: number | undefined;
  /** The one kernel function that a sample told, where there are no stacks. */
  readonly wchan?: string | undefined;
  /** The state of the whole sleep, where this is a stage of it: a journal's commit is waited for while the device writes it. */
  readonly whole?: State | undefined;
  /** The wake-up that ended a sleep: when, on which CPU, and the thread that ran there (0 in the idle task). */
  readonly wokenAt?: number | undefined;
  readonly wokenOn?: number | undefined;
  readonly wokenBy?: number | undefined;
  /** The kind of interrupt that woke it, where one did: the thread that ran there may have had nothing to do with it. */
  readonly byInterrupt?: Interrupt | false | undefined;
}

/** A device's or a timer's, or what is put off until the processor has time for it, as the delivery of packets is (softirq). */
export type Interrupt = 'hard' | 'soft';

/** By code: a wake-up that is not known, one by a thread, and those by interrupts. */
const WAKERS: readonly Segment['byInterrupt'][] = [undefined, false, 'hard', 'soft'];

const CODE_OF = new Map(STATE_NAMES.map((state, code) => [state, code]));
const NO_STATE = 255;

function codeOf(state: State | undefined): number {
  return state === undefined ? NO_STATE : (CODE_OF.get(state) ?? NO_STATE);
}

/** Where a thread, a stack or a CPU is not known; a time that is not is NaN. */
const NONE = -1;

function known(value: number | undefined): number | undefined {
  return value === undefined || value === NONE ? undefined : value;
}

/** The columns of segments; all but `wchan`, which few rows have, have a place for each. */
interface Columns {
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly wokenAt: Float64Array;
  readonly rival: Int32Array;
  readonly stack: Int32Array;
  readonly wokenBy: Int32Array;
  readonly wokenOn: Int16Array;
  readonly state: Uint8Array;
  readonly whole: Uint8Array;
  /** Index into WAKERS. */
  readonly waker: Uint8Array;
  /** By row, counted from `firstRow` on. */
  readonly wchan: Map<number, string>;
  readonly firstRow: number;
}

function roomFor(rows: number, wchan = new Map<number, string>()): Columns {
  return {
    from: new Float64Array(rows),
    to: new Float64Array(rows),
    wokenAt: new Float64Array(rows),
    rival: new Int32Array(rows),
    stack: new Int32Array(rows),
    wokenBy: new Int32Array(rows),
    wokenOn: new Int16Array(rows),
    state: new Uint8Array(rows),
    whole: new Uint8Array(rows),
    waker: new Uint8Array(rows),
    wchan,
    firstRow: 0,
  };
}

/** The same rows with room for more, or for no more. */
function moved(columns: Columns, length: number, room: number): Columns {
  const into = roomFor(room, columns.wchan);
  const rows = rowsOf(columns, 0, length);
  into.from.set(rows.from);
  into.to.set(rows.to);
  into.wokenAt.set(rows.wokenAt);
  into.rival.set(rows.rival);
  into.stack.set(rows.stack);
  into.wokenBy.set(rows.wokenBy);
  into.wokenOn.set(rows.wokenOn);
  into.state.set(rows.state);
  into.whole.set(rows.whole);
  into.waker.set(rows.waker);
  return into;
}

/** The rows from one to before another, of which nothing is copied. */
function rowsOf(columns: Columns, first: number, end: number): Columns {
  return {
    from: columns.from.subarray(first, end),
    to: columns.to.subarray(first, end),
    wokenAt: columns.wokenAt.subarray(first, end),
    rival: columns.rival.subarray(first, end),
    stack: columns.stack.subarray(first, end),
    wokenBy: columns.wokenBy.subarray(first, end),
    wokenOn: columns.wokenOn.subarray(first, end),
    state: columns.state.subarray(first, end),
    whole: columns.whole.subarray(first, end),
    waker: columns.waker.subarray(first, end),
    wchan: columns.wchan,
    firstRow: columns.firstRow + first,
  };
}

/** One thread's segments in order of time. */
export class Timeline implements Iterable<Segment> {
  private readonly columns: Columns;

  constructor(columns: Columns) {
    this.columns = columns;
  }

  get length(): number {
    return this.columns.from.length;
  }

  /** When each begins, ms. */
  get from(): Float64Array {
    return this.columns.from;
  }

  /** When each ends, ms. */
  get to(): Float64Array {
    return this.columns.to;
  }

  static of(segments: Iterable<Segment>): Timeline {
    const builder = new TimelineBuilder();
    for (const segment of segments) builder.add(segment);
    return builder.finish();
  }

  /** The segment at a place, from the end where that is negative; undefined where there is none. */
  at(index: number): Segment | undefined {
    const place = index < 0 ? this.length + index : index;
    return place >= 0 && place < this.length ? this.segment(place) : undefined;
  }

  /** Its state, undefined where there is none at that place. */
  stateAt(index: number): State | undefined {
    return STATE_NAMES[this.columns.state[index] ?? NO_STATE];
  }

  private segment(at: number): Segment {
    const { columns } = this;
    const wokenAt = columns.wokenAt[at] ?? NaN;
    return {
      from: columns.from[at] ?? NaN,
      to: columns.to[at] ?? NaN,
      state: STATE_NAMES[columns.state[at] ?? NO_STATE] ?? 'unexplained',
      rival: known(columns.rival[at]),
      stack: known(columns.stack[at]),
      wchan: columns.wchan.size === 0 ? undefined : columns.wchan.get(columns.firstRow + at),
      whole: STATE_NAMES[columns.whole[at] ?? NO_STATE],
      wokenAt: Number.isNaN(wokenAt) ? undefined : wokenAt,
      wokenOn: known(columns.wokenOn[at]),
      wokenBy: known(columns.wokenBy[at]),
      byInterrupt: WAKERS[columns.waker[at] ?? 0],
    };
  }

  *[Symbol.iterator](): Generator<Segment, undefined> {
    for (let at = 0; at < this.length; at += 1) yield this.segment(at);
  }

  /** The part between two times. */
  within(from: number, to: number): Timeline {
    const first = firstEndingAfter(this, from);
    let end = this.length;
    while (end > first && (this.from[end - 1] ?? NaN) >= to) end -= 1;
    const rows = rowsOf(this.columns, first, end);
    const isCut = (rows.from[0] ?? from) < from || (rows.to.at(-1) ?? to) > to;
    if (!isCut) return new Timeline(rows);
    const cut = { ...rows, from: rows.from.slice(), to: rows.to.slice() };
    cut.from[0] = Math.max(cut.from[0] ?? NaN, from);
    cut.to[end - first - 1] = Math.min(cut.to.at(-1) ?? NaN, to);
    return new Timeline(cut);
  }

  some(isWanted: (segment: Segment) => boolean): boolean {
    for (let at = 0; at < this.length; at += 1) if (isWanted(this.segment(at))) return true;
    return false;
  }

  filter(isWanted: (segment: Segment) => boolean): Timeline {
    const builder = new TimelineBuilder();
    for (const segment of this) if (isWanted(segment)) builder.add(segment);
    return builder.finish();
  }

  flatMap(partsOf: (segment: Segment, index: number) => Iterable<Segment>): Timeline {
    const builder = new TimelineBuilder();
    for (let at = 0; at < this.length; at += 1) for (const part of partsOf(this.segment(at), at)) builder.add(part);
    return builder.finish();
  }

  /** The times of those that are in any of these states. */
  timesIn(states: Iterable<State>): Intervals {
    const wanted = new Set([...states].map(codeOf));
    const found = new IntervalList();
    for (let at = 0; at < this.length; at += 1)
      if (wanted.has(this.columns.state[at] ?? NO_STATE)) found.push(this.from[at] ?? NaN, this.to[at] ?? NaN);
    return found.take();
  }

  /** The times of those that are meant. */
  timesOf(isMeant: (segment: Segment) => boolean): Intervals {
    const found = new IntervalList();
    for (const one of this) if (isMeant(one)) found.push(one.from, one.to);
    return found.take();
  }

  /** ms by state. */
  sums(): Map<State, number> {
    const sums = new Map<number, number>();
    for (let at = 0; at < this.length; at += 1)
      addTo(sums, this.columns.state[at] ?? NO_STATE, (this.to[at] ?? NaN) - (this.from[at] ?? NaN));
    return new Map([...sums].map(([code, ms]) => [STATE_NAMES[code] ?? 'unexplained', ms]));
  }

  /** Its states, each with what of it lies within sorted disjoint times, ms; the longest first. */
  statesDuring(times: Intervals): { readonly state: State; readonly ms: number }[] {
    return [...this.sums().keys()]
      .map((state) => ({ state, ms: total(intersect(times, union(this.timesIn([state])))) }))
      .sort((a, b) => b.ms - a.ms);
  }

  /** ms in any of these states. */
  msIn(states: Iterable<State>): number {
    const wanted = new Set(states);
    let sum = 0;
    for (const [state, ms] of this.sums()) if (wanted.has(state)) sum += ms;
    return sum;
  }
}

/** Segments one after the other, each of which can be told anew until all are there. */
export class TimelineBuilder {
  length = 0;
  private columns: Columns;

  /** `rows` is how many there will be, as far as that is known. */
  constructor(rows = 16) {
    this.columns = roomFor(Math.max(1, rows));
  }

  add(segment: Segment): void {
    if (this.length === this.columns.from.length)
      this.columns = moved(this.columns, this.length, nextRoom(this.length));
    const { columns, length: at } = this;
    this.length = at + 1;
    columns.from[at] = segment.from;
    columns.to[at] = segment.to;
    columns.wokenAt[at] = segment.wokenAt ?? NaN;
    columns.rival[at] = segment.rival ?? NONE;
    columns.stack[at] = segment.stack ?? NONE;
    columns.wokenBy[at] = segment.wokenBy ?? NONE;
    columns.wokenOn[at] = segment.wokenOn ?? NONE;
    columns.state[at] = codeOf(segment.state);
    columns.whole[at] = codeOf(segment.whole);
    columns.waker[at] = WAKERS.indexOf(segment.byInterrupt);
    if (segment.wchan !== undefined) columns.wchan.set(at, segment.wchan);
  }

  /** When the segment at a place begins, ms; NaN where there is none. */
  fromAt(index: number): number {
    return this.columns.from[index] ?? NaN;
  }

  toAt(index: number): number {
    return this.columns.to[index] ?? NaN;
  }

  stateAt(index: number): State | undefined {
    return STATE_NAMES[this.columns.state[index] ?? NO_STATE];
  }

  stackAt(index: number): number | undefined {
    return known(this.columns.stack[index]);
  }

  endAt(index: number, to: number): void {
    this.columns.to[index] = to;
  }

  /** Says in which state it was, and what tells that. */
  tell(index: number, state: State, { stack, wchan }: Pick<Segment, 'stack' | 'wchan'>): void {
    this.columns.state[index] = codeOf(state);
    if (stack !== undefined) this.columns.stack[index] = stack;
    if (wchan !== undefined) this.columns.wchan.set(index, wchan);
  }

  /** All of them, in little more room than they need. */
  finish(): Timeline {
    const { columns, length } = this;
    const isCopied = isRoomy(columns.from.length, length);
    return new Timeline(isCopied ? moved(columns, length, length) : rowsOf(columns, 0, length));
  }
}
