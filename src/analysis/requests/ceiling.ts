// Whether a device gives a fixed rate and no more: windows of time in which requests queued up inside it, and how even its output was in
// them. A device that merely works hard varies with what it is asked; a token bucket lets through the same amount in every window.
// The measure of evenness is the coefficient of variation over the windows.

import { diskWork } from '../machine/counted-work.js';
import type { DiskLoad } from './disk-load.js';
import { addToBins } from '../../base/intervals.js';
import type { Requests } from './requests.js';
import type { Series } from '../../model/counters.js';
import { CEILING } from '../../model/thresholds/requests.js';

export interface Ceiling {
  /** Windows in which the device had a queue. */
  readonly windows: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Mean over those windows. */
  readonly operationsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly depth: number;
  /** Coefficients of variation; without the windows that are furthest off, where that is plainly smaller. */
  readonly operationsSpread: number;
  readonly bytesSpread: number;
  /** The best window before the first one with a queue, in the same units; NaN where there is none. */
  readonly operationsBefore: number;
  readonly bytesBefore: number;
}

interface Window {
  readonly from: number;
  readonly operations: number;
  readonly bytes: number;
  readonly depth: number;
}

/** From requests: `counts` tells whose count for the queue, all count for the output. A queue counts where it makes requests take `slowMs`. */
export function ceilingOf(
  load: DiskLoad,
  requests: Requests,
  counts: (row: number) => boolean,
  from: number,
  to: number,
  slowMs: number,
): Ceiling | undefined {
  const { windowMs, leastWindows } = CEILING;
  const bins = Math.floor((to - from) / windowMs);
  if (bins < leastWindows) return undefined;
  const operations = new Float64Array(bins);
  const bytes = new Float64Array(bins);
  const inFlight = new Float64Array(bins);
  for (const row of load.rows) {
    const completed = requests.completed[row] ?? 0;
    const bin = Math.floor((completed - from) / windowMs);
    if (bin >= 0 && bin < bins) {
      operations[bin] = (operations[bin] ?? 0) + 1;
      bytes[bin] = (bytes[bin] ?? 0) + (requests.bytes[row] ?? 0);
    }
    if (counts(row)) addToBins(inFlight, windowMs, (requests.dispatched[row] ?? 0) - from, completed - from);
  }
  const windows = Array.from(operations, (count, bin) => ({
    from: from + bin * windowMs,
    operations: (count * 1000) / windowMs,
    bytes: ((bytes[bin] ?? 0) * 1000) / windowMs,
    depth: (inFlight[bin] ?? 0) / windowMs,
  }));
  return judge(windows, slowMs);
}

/** From /proc/diskstats, where the queue is time_in_queue over time (Documentation/admin-guide/iostats.rst, field 11). */
export function ceilingOfCounters(disk: Series, from: number, to: number, slowMs: number): Ceiling | undefined {
  const windows: Window[] = [];
  let first = disk.t.findIndex((t) => t >= from);
  for (let index = first + 1; first >= 0 && index < disk.t.length; index += 1) {
    const start = disk.t[first] ?? 0;
    const end = disk.t[index] ?? 0;
    const ms = end - start;
    if (ms < CEILING.windowMs - 1 || start > to) continue;
    const { requests, bytes, queueMs } = diskWork(disk, { from: start, to: end });
    windows.push({
      from: start,
      operations: (requests * 1000) / ms,
      bytes: (bytes * 1000) / ms,
      depth: queueMs / ms,
    });
    first = index;
  }
  return judge(windows, slowMs);
}

/** The beginning of the first queue that stays, passing over single windows without one; without such, of the first queue. -1: none. */
function firstThatStays(queued: readonly boolean[]): number {
  for (let index = queued.indexOf(true); index >= 0; index = queued.indexOf(true, index + 1)) {
    let count = 0;
    let gap = 0;
    for (let at = index; at < queued.length && gap < CEILING.longestGap; at += 1) {
      gap = queued[at] === true ? 0 : gap + 1;
      if (queued[at] === true) count += 1;
    }
    if (count >= CEILING.leastWindows) return index;
  }
  return queued.indexOf(true);
}

function judge(windows: readonly Window[], slowMs: number): Ceiling | undefined {
  // Little's law: what is inside over what comes out is how long each stays.
  const isQueued = ({ depth, operations }: Window) =>
    depth >= CEILING.queuedRequests && (depth * 1000) / operations >= slowMs;
  const begin = firstThatStays(windows.map(isQueued));
  // The first window may hold what came before the queue, the last what was cut off.
  const queued = windows.filter((one, index) => isQueued(one) && index > begin && index < windows.length - 1);
  if (begin < 0 || queued.length < CEILING.leastWindows) return undefined;
  const before = windows.slice(0, begin);
  const best = (pick: (one: Window) => number) => (before.length > 0 ? Math.max(...before.map(pick)) : NaN);
  const operations = spread(queued.map((one) => one.operations));
  const bytes = spread(queued.map((one) => one.bytes));
  return {
    windows: queued.length,
    firstMs: windows[begin]?.from ?? 0,
    lastMs: (queued.at(-1)?.from ?? 0) + CEILING.windowMs,
    operationsPerSecond: operations.mean,
    bytesPerSecond: bytes.mean,
    depth: spread(queued.map((one) => one.depth)).mean,
    operationsSpread: operations.variation,
    bytesSpread: bytes.variation,
    operationsBefore: best((one) => one.operations),
    bytesBefore: best((one) => one.bytes),
  };
}

/** The windows that are furthest off may be a busy machine's hiccups: the spread without them counts for more, and may be smaller. */
function spread(values: readonly number[]): { mean: number; variation: number } {
  const middle = values.toSorted((a, b) => a - b)[values.length >>> 1] ?? NaN;
  const nearest = values.toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
  const variations = [{ dropped: 0, factor: 1 }, CEILING.trimmedLittle, CEILING.trimmedMuch].map(
    ({ dropped, factor }) =>
      factor * variationOf(nearest.slice(0, values.length - Math.floor(values.length * dropped))),
  );
  return { mean: meanOf(values), variation: Math.min(...variations) };
}

function variationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return mean > 0 ? Math.sqrt(variance) / mean : Infinity;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
