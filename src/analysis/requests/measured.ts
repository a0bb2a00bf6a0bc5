// What a load generator measured, judged as a disk's requests are: which of its operations hung, by the same limits.

import type { Interval } from '../../base/intervals.js';
import { medianOf } from '../../base/median.js';
import type { EachMeasured, MeasuredIo } from '../../model/measured.js';
import { SLOW } from '../../model/thresholds/device.js';

/** One that hung, from its beginning to its end; of logged windows the window, and the latency that it tells. */
export interface Hang extends Interval {
  readonly ms: number;
}

/** The latency of each logged window. */
export function latencyWindows({ windows }: MeasuredIo): Hang[] {
  const { t, columns } = windows?.latency ?? {};
  const sums = columns?.get('longest') ?? columns?.get('sum');
  if (!t || !sums) return [];
  return Array.from(sums.subarray(1), (sum, row) => {
    const [from, to] = [t[row] ?? 0, t[row + 1] ?? 0];
    const ms = ((sum - (sums[row] ?? 0)) * 1000) / (to - from);
    // What ended in it may have begun before it.
    return { from: Math.max(0, Math.min(from, to - ms)), to, ms };
  }).filter(({ ms }) => !Number.isNaN(ms));
}

/** From which latency on one hangs where half of all take so long, ms. */
function limitOf(latencies: Iterable<number>): number {
  return Math.max(SLOW.hangs.leastMs, SLOW.hangs.times * medianOf(latencies));
}

function hangsOfEach({ t }: EachMeasured, latencies: Float64Array): Hang[] {
  const limit = limitOf(latencies);
  const found: Hang[] = [];
  for (const [row, ms] of latencies.entries()) {
    const to = t[row] ?? NaN;
    if (ms >= limit) found.push({ from: Math.max(0, to - ms), to, ms });
  }
  return found;
}

/** In order of time, by their ends; empty where there are too few to tell what is usual, or nothing tells of single ones. */
export function hangsOf(one: MeasuredIo): Hang[] {
  const latencies = one.each?.latencyMs;
  const { leastOf } = SLOW.hangs;
  if (one.each && latencies) return latencies.length < leastOf ? [] : hangsOfEach(one.each, latencies);
  const windows = latencyWindows(one);
  const limit = limitOf(windows.map(({ ms }) => ms));
  return windows.length < leastOf ? [] : windows.filter(({ ms }) => ms >= limit);
}

/** The longest time of a job's logged windows in which nothing ended; undefined where something did in each. */
export function longestPause({ windows }: MeasuredIo): Interval | undefined {
  const series = windows?.operations ?? windows?.bytes;
  const sums = series?.columns.get('sum');
  let longest: Interval | undefined;
  for (let row = 1; row < (series?.t.length ?? 0); row += 1) {
    const [from, to] = [series?.t[row - 1] ?? 0, series?.t[row] ?? 0];
    const nothingEnded = sums?.[row] === sums?.[row - 1];
    if (nothingEnded && to - from > (longest ? longest.to - longest.from : 0)) longest = { from, to };
  }
  return longest;
}
