// A thread's time as slices of one state each, in order: what the rooms of the victim hand to each other and to the causes, and how it is put together.

import { firstEndingAfter, IntervalList, intersect, total, union, type Intervals } from '../base/intervals.js';
import { addTo } from '../base/maps.js';
import { isRoomy, nextRoom } from '../base/number-list.js';
import {
  codeOf,
  moved,
  roomFor,
  rowsOf,
  segmentAt,
  setSegment,
  stackAt,
  stateOf,
  type Columns,
  type Segment,
} from './segment.js';
import type { State } from './states.js';

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
    return place >= 0 && place < this.length ? segmentAt(this.columns, place) : undefined;
  }

  /** Its state, undefined where there is none at that place. */
  stateAt(index: number): State | undefined {
    return stateOf(this.columns.state[index]);
  }

  *[Symbol.iterator](): Generator<Segment, undefined> {
    for (let at = 0; at < this.length; at += 1) yield segmentAt(this.columns, at);
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
    for (let at = 0; at < this.length; at += 1) if (isWanted(segmentAt(this.columns, at))) return true;
    return false;
  }

  filter(isWanted: (segment: Segment) => boolean): Timeline {
    const builder = new TimelineBuilder();
    for (const segment of this) if (isWanted(segment)) builder.add(segment);
    return builder.finish();
  }

  flatMap(partsOf: (segment: Segment, index: number) => Iterable<Segment>): Timeline {
    const builder = new TimelineBuilder();
    for (let at = 0; at < this.length; at += 1)
      for (const part of partsOf(segmentAt(this.columns, at), at)) builder.add(part);
    return builder.finish();
  }

  /** The times of those that are in any of these states. */
  timesIn(states: Iterable<State>): Intervals {
    const wanted = new Set([...states].map(codeOf));
    const found = new IntervalList();
    for (let at = 0; at < this.length; at += 1)
      if (wanted.has(this.columns.state[at] ?? NaN)) found.push(this.from[at] ?? NaN, this.to[at] ?? NaN);
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
      addTo(sums, this.columns.state[at] ?? NaN, (this.to[at] ?? NaN) - (this.from[at] ?? NaN));
    return new Map([...sums].map(([code, ms]) => [stateOf(code) ?? 'unexplained', ms]));
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
    setSegment(this.columns, this.length, segment);
    this.length += 1;
  }

  /** When the segment at a place begins, ms; NaN where there is none. */
  fromAt(index: number): number {
    return this.columns.from[index] ?? NaN;
  }

  toAt(index: number): number {
    return this.columns.to[index] ?? NaN;
  }

  stateAt(index: number): State | undefined {
    return stateOf(this.columns.state[index]);
  }

  stackAt(index: number): number | undefined {
    return stackAt(this.columns, index);
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
