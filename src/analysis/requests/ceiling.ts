// Whether a device gives a fixed rate and no more: windows of time in which requests queued up inside it, and how even its output was in
// them. A device that merely works hard varies with what it is asked; a token bucket lets through the same amount in every window.
// The measure of evenness is the coefficient of variation over the windows.

import { diskWork } from '../machine/counted-work.js';
import { growthWithin } from '../machine/series.js';
import type { DiskLoad } from './disk-load.js';
import { IntervalList, type Interval } from '../../base/intervals.js';
import { heights, splitAt } from '../../base/windows.js';
import type { Requests } from './requests.js';
import type { Series } from '../../model/counters.js';
import { CEILING } from '../../model/thresholds/requests.js';

export interface Ceiling {
  /** Windows in which the device had a queue. */
  readonly windows: number;
  readonly firstMs: number;
  /** Mean over those windows. */
  readonly operationsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly depth: number;
  /** Coefficients of variation; without the windows that are furthest off, where that is plainly smaller. */
  readonly operationsSpread: number;
  readonly bytesSpread: number;
  /** By how much the requests inside varied, in the same way. */
  readonly depthSpread: number;
  /** The best window before the first one with a queue, in the same units; NaN where there is none. */
  readonly operationsBefore: number;
  readonly bytesBefore: number;
}

/** Windows in a row, `count` of them from number `at` on, each of which is like this; those with nothing in them are left out. */
interface Window {
  readonly at: number;
  readonly count: number;
  readonly from: number;
  readonly operations: number;
  readonly bytes: number;
  readonly depth: number;
}

/** Which windows count: those with so many requests inside on average, where each takes so long, ms. */
export interface Queue {
  readonly depth: number;
  readonly slowMs: number;
}

/** A queue proper, which makes requests take so long, ms. */
export function queueOf(slowMs: number): Queue {
  return { depth: CEILING.queuedRequests, slowMs };
}

/** From requests: `counts` tells whose count for the queue, all count for the output. */
export function ceilingOf(
  load: DiskLoad,
  requests: Requests,
  counts: (row: number) => boolean,
  from: number,
  to: number,
  queue: Queue,
): Ceiling | undefined {
  const { windowMs, leastWindows } = CEILING;
  const bins = Math.floor((to - from) / windowMs);
  if (bins < leastWindows) return undefined;
  const output = new Map<number, { operations: number; bytes: number }>();
  const inside = new IntervalList();
  for (const row of load.rows) {
    const completed = (requests.completed[row] ?? 0) - from;
    const weight = requests.weight[row] ?? 1;
    const bin = Math.floor(completed / windowMs);
    if (bin >= 0 && bin < bins) {
      const sum = output.get(bin) ?? { operations: 0, bytes: 0 };
      sum.operations += weight;
      sum.bytes += weight * (requests.bytes[row] ?? 0);
      output.set(bin, sum);
    }
    if (counts(row))
      for (let one = 0; one < weight; one += 1) inside.push(requests.dispatched[row] ?? 0, completed + from);
  }
  const depths = splitAt(heights(inside, windowMs, bins, from), [...output.keys()]);
  const windows = depths.map(({ at, count, height }): Window => {
    const { operations, bytes } = output.get(at) ?? { operations: 0, bytes: 0 };
    return {
      at,
      count,
      from: from + at * windowMs,
      operations: (operations * 1000) / windowMs,
      bytes: (bytes * 1000) / windowMs,
      depth: height,
    };
  });
  return judge(windows, bins, queue);
}

/**
 * From /proc/diskstats, where the queue is time_in_queue over time (Documentation/admin-guide/iostats.rst, field 11). Each window is as long as it takes
 * for `fewest` requests.
 */
export function ceilingOfCounters(disk: Series, { from, to }: Interval, queue: Queue, fewest = 0): Ceiling | undefined {
  const windows: Window[] = [];
  let at = -1;
  let first = disk.t.findIndex((t) => t >= from);
  for (let index = first + 1; first >= 0 && index < disk.t.length; index += 1) {
    const start = disk.t[first] ?? 0;
    const end = disk.t[index] ?? 0;
    const ms = end - start;
    if (ms < CEILING.windowMs - 1 || start > to) continue;
    const { requests, bytes, queueMs } = diskWork(disk, { from: start, to: end });
    if (requests < fewest) continue;
    first = index;
    at += 1;
    // One flush is sent at a time, and what needs one waits for it above the device (block/blk-flush.c): no queue inside that.
    if (growthWithin(disk, 'fl_ticks', start, end) > CEILING.mostFlushing * ms) continue;
    windows.push({
      at,
      count: 1,
      from: start,
      operations: (requests * 1000) / ms,
      bytes: (bytes * 1000) / ms,
      depth: queueMs / ms,
    });
  }
  return judge(windows, at + 1, queue);
}

/** The beginning of the first queue that stays, passing over single windows without one; without such, of the first queue. */
function firstThatStays(queued: readonly Window[]): Window | undefined {
  let begin: Window | undefined;
  let count = 0;
  let end = -Infinity;
  for (const one of queued) {
    if (one.at - end >= CEILING.longestGap) {
      begin = one;
      count = 0;
    }
    count += one.count;
    end = one.at + one.count;
    if (count >= CEILING.leastWindows) return begin;
  }
  return queued[0];
}

/** The windows between two numbers, both left out. */
function between(windows: readonly Window[], after: number, before: number): Window[] {
  return windows.flatMap((one) => {
    const at = Math.max(one.at, after + 1);
    const count = Math.min(one.at + one.count, before) - at;
    return count > 0 ? [{ ...one, at, count, from: one.from + (at - one.at) * CEILING.windowMs }] : [];
  });
}

function judge(windows: readonly Window[], total: number, queue: Queue): Ceiling | undefined {
  // Little's law: what is inside over what comes out is how long each stays.
  const isQueued = ({ depth, operations }: Window) => depth >= queue.depth && depth * 1000 >= queue.slowMs * operations;
  const all = windows.filter(isQueued);
  const begin = firstThatStays(all);
  if (!begin) return undefined;
  // The first window may hold what came before the queue, the last what was cut off.
  const queued = between(all, begin.at, total - 1);
  const last = queued.at(-1);
  const count = queued.reduce((sum, one) => sum + one.count, 0);
  if (!last || count < CEILING.leastWindows) return undefined;
  const before = windows.filter(({ at }) => at < begin.at);
  const best = (pick: (one: Window) => number) =>
    begin.at > 0 ? before.reduce((most, one) => Math.max(most, pick(one)), 0) : NaN;
  const of = (pick: (one: Window) => number) => spread(queued.map((one) => ({ value: pick(one), count: one.count })));
  const operations = of((one) => one.operations);
  const bytes = of((one) => one.bytes);
  const depths = of((one) => one.depth);
  return {
    windows: count,
    firstMs: begin.from,
    operationsPerSecond: operations.mean,
    bytesPerSecond: bytes.mean,
    depth: depths.mean,
    depthSpread: depths.variation,
    operationsSpread: operations.variation,
    bytesSpread: bytes.variation,
    operationsBefore: best((one) => one.operations),
    bytesBefore: best((one) => one.bytes),
  };
}

/** A value, and in how many windows it was found. */
interface Counted {
  readonly value: number;
  readonly count: number;
}

/** The windows that are furthest off may be a busy machine's hiccups: the spread without them counts for more, and may be smaller. */
function spread(values: readonly Counted[]): { mean: number; variation: number } {
  const total = countOf(values);
  const middle = medianOf(values, total);
  const nearest = values.toSorted((a, b) => Math.abs(a.value - middle) - Math.abs(b.value - middle));
  const variations = [{ dropped: 0, factor: 1 }, CEILING.trimmedLittle, CEILING.trimmedMuch].map(
    ({ dropped, factor }) => factor * variationOf(firstOf(nearest, total - Math.floor(total * dropped))),
  );
  return { mean: meanOf(values), variation: Math.min(...variations) };
}

function medianOf(values: readonly Counted[], total: number): number {
  let seen = 0;
  for (const { value, count } of values.toSorted((a, b) => a.value - b.value)) {
    seen += count;
    if (seen > Math.floor(total / 2)) return value;
  }
  return NaN;
}

/** As many of the values as that. */
function firstOf(values: readonly Counted[], most: number): Counted[] {
  let left = most;
  return values.flatMap(({ value, count }) => {
    const taken = Math.min(count, left);
    left -= taken;
    return taken > 0 ? [{ value, count: taken }] : [];
  });
}

function variationOf(values: readonly Counted[]): number {
  const mean = meanOf(values);
  const squares = values.reduce((sum, { value, count }) => sum + count * (value - mean) ** 2, 0);
  return mean > 0 ? Math.sqrt(squares / Math.max(1, countOf(values) - 1)) / mean : Infinity;
}

function meanOf(values: readonly Counted[]): number {
  return values.reduce((sum, { value, count }) => sum + value * count, 0) / countOf(values);
}

function countOf(values: readonly Counted[]): number {
  return values.reduce((sum, { count }) => sum + count, 0);
}
