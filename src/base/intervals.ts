// Sets of time intervals: unions, overlaps and shares. Times in ms; all sets are sorted and disjoint after `union`. A disk at work for a
// quarter of an hour has millions of them, so they are kept as columns, and one of them is an object for as long as somebody looks at it.

import { FractionList } from './number-list.js';
import { inOrder, orderByTime } from './order.js';

export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** When each of many intervals begins and ends. */
interface Columns {
  readonly from: Float64Array;
  readonly to: Float64Array;
}

/** Whatever intervals come out of. */
export type IntervalSource = Iterable<Interval> | Columns;

export class Intervals implements Iterable<Interval>, Columns {
  readonly from: Float64Array;
  readonly to: Float64Array;

  constructor(from: Float64Array, to: Float64Array) {
    this.from = from;
    this.to = to;
  }

  /** As they come, neither sorted nor joined. */
  static of(intervals: Iterable<Interval>): Intervals {
    const list = new IntervalList();
    for (const { from, to } of intervals) list.push(from, to);
    return list.take();
  }

  get length(): number {
    return this.from.length;
  }

  /** The interval at a place, from the end where that is negative; undefined where there is none. */
  at(index: number): Interval | undefined {
    const from = this.from.at(index);
    const to = this.to.at(index);
    return from === undefined || to === undefined ? undefined : { from, to };
  }

  *[Symbol.iterator](): Generator<Interval, undefined> {
    const { from, to } = this;
    for (let at = 0; at < from.length; at += 1) yield { from: from[at] ?? NaN, to: to[at] ?? NaN };
  }

  /** Those from one place to before another. */
  within(first: number, end: number): Intervals {
    return new Intervals(this.from.subarray(first, end), this.to.subarray(first, end));
  }

  map<T>(make: (interval: Interval, index: number) => T): T[] {
    return Array.from(this, make);
  }

  filter(isWanted: (interval: Interval) => boolean): Intervals {
    const list = new IntervalList();
    for (const one of this) if (isWanted(one)) list.push(one.from, one.to);
    return list.take();
  }
}

export const NO_INTERVALS = new Intervals(new Float64Array(0), new Float64Array(0));

/** Intervals one after the other, neither sorted nor joined. */
export class IntervalList implements Columns {
  private readonly begins = new FractionList();
  private readonly ends = new FractionList();

  get length(): number {
    return this.begins.length;
  }

  get from(): Float64Array {
    return this.begins.values();
  }

  get to(): Float64Array {
    return this.ends.values();
  }

  push(from: number, to: number): void {
    this.begins.push(from);
    this.ends.push(to);
  }

  /** The last one lasts until then. */
  extend(to: number): void {
    this.ends.set(this.ends.length - 1, to);
  }

  /** All of them; the list is empty afterwards. */
  take(): Intervals {
    return new Intervals(this.begins.take(), this.ends.take());
  }
}

export function columnsOf(intervals: IntervalSource): Columns {
  return 'from' in intervals ? intervals : Intervals.of(intervals);
}

/** The union of intervals, sorted and disjoint; empty ones are dropped. */
export function union(intervals: IntervalSource): Intervals {
  const columns = columnsOf(intervals);
  return joined(columns) ?? joined(sorted(columns)) ?? NO_INTERVALS;
}

/** By their beginnings, without the empty ones and those of which an end is not known. */
function sorted(columns: Columns): Columns {
  const list = new IntervalList();
  for (let at = 0; at < columns.from.length; at += 1) {
    const [begin, end] = [columns.from[at] ?? NaN, columns.to[at] ?? NaN];
    if (end > begin) list.push(begin, end);
  }
  const { from, to } = list;
  const order = orderByTime(from);
  return {
    from: inOrder(from, order, new Float64Array(order.length)),
    to: inOrder(to, order, new Float64Array(order.length)),
  };
}

/** The union of intervals that come in order of their beginnings; undefined where they don't. */
function joined({ from, to }: Columns): Intervals | undefined {
  const list = new IntervalList();
  let before = -Infinity;
  let end = -Infinity;
  for (let at = 0; at < from.length; at += 1) {
    const begin = from[at] ?? NaN;
    const last = to[at] ?? NaN;
    if (!(last > begin)) continue;
    if (begin < before) return undefined;
    before = begin;
    if (begin > end || list.length === 0) list.push(begin, (end = last));
    else if (last > end) list.extend((end = last));
  }
  return list.take();
}

/** The intersection of two disjoint sorted sets. */
export function intersect(a: IntervalSource, b: IntervalSource): Intervals {
  const [one, other] = [columnsOf(a), columnsOf(b)];
  const found = new IntervalList();
  let i = 0;
  let j = 0;
  while (i < one.from.length && j < other.from.length) {
    const [firstEnd, secondEnd] = [one.to[i] ?? NaN, other.to[j] ?? NaN];
    const from = Math.max(one.from[i] ?? NaN, other.from[j] ?? NaN);
    const to = Math.min(firstEnd, secondEnd);
    if (to > from) found.push(from, to);
    if (firstEnd < secondEnd) i += 1;
    else j += 1;
  }
  return found.take();
}

/** Total length, ms. */
export function total(intervals: IntervalSource): number {
  const { from, to } = columnsOf(intervals);
  let sum = 0;
  for (let at = 0; at < from.length; at += 1) sum += (to[at] ?? NaN) - (from[at] ?? NaN);
  return sum;
}

/** What of `whole` is not in `part`; both disjoint and sorted. */
export function without(whole: IntervalSource, part: IntervalSource): Intervals {
  const [all, cuts] = [columnsOf(whole), columnsOf(part)];
  const found = new IntervalList();
  let first = 0;
  for (let at = 0; at < all.from.length; at += 1) {
    let from = all.from[at] ?? NaN;
    const end = all.to[at] ?? NaN;
    while ((cuts.to[first] ?? Infinity) <= from) first += 1;
    for (let cut = first; (cuts.from[cut] ?? Infinity) < end; cut += 1) {
      const begin = cuts.from[cut] ?? NaN;
      if (begin > from) found.push(from, begin);
      from = Math.max(from, cuts.to[cut] ?? NaN);
    }
    if (from < end) found.push(from, end);
  }
  return found.take();
}

/** Index of the first interval of a sorted disjoint set that ends after `t`; the set's length where none does. */
export function firstEndingAfter({ to }: Pick<Columns, 'to'>, t: number): number {
  let low = 0;
  let high = to.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((to[middle] ?? Infinity) <= t) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How much of a stretch of time a sorted disjoint set covers. */
export function coveredMs(set: Columns, from: number, to: number): number {
  let ms = 0;
  for (let at = firstEndingAfter(set, from); (set.from[at] ?? Infinity) < to; at += 1)
    ms += Math.min(set.to[at] ?? NaN, to) - Math.max(set.from[at] ?? NaN, from);
  return ms;
}

/** Adds the length of each interval to the bins of width `binMs` that it covers. */
export function addToBins(bins: Float64Array, binMs: number, from: number, to: number, weight = 1): void {
  if (!(to > from)) return;
  const first = Math.max(0, Math.floor(from / binMs));
  const last = Math.min(bins.length - 1, Math.floor(to / binMs));
  for (let bin = first; bin <= last; bin += 1) {
    const overlap = Math.min(to, (bin + 1) * binMs) - Math.max(from, bin * binMs);
    if (overlap > 0) bins[bin] = (bins[bin] ?? 0) + overlap * weight;
  }
}
