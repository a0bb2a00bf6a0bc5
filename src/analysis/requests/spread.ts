// How the service times of one class of requests are spread: a disk that is slow is slow for most of them, one that hangs is quick for most and
// takes long for a few, which make up the time.

import type { Interval } from '../../base/intervals.js';
import type { DiskLoad } from './disk-load.js';
import { classOf, type RequestClass } from './norm.js';
import type { Requests } from './requests.js';

export interface Spread {
  readonly count: number;
  /** Half of them took no longer, ms. */
  readonly medianMs: number;
  readonly longestMs: number;
  /**
   * The longest of them that make up half of all their time together: how many, how long the shortest of those took (ms), and how many of
   * the class were served from the first to the last of them.
   */
  readonly heavy: { readonly count: number; readonly leastMs: number; readonly among: number };
}

/** When the disk worked on a row, and how many requests that stands for. */
interface Served extends Interval {
  readonly weight: number;
}

/** The spread of one class of the requests that the disk served within a stretch of time; undefined where it served none. */
export function spreadOf(
  load: DiskLoad,
  requests: Requests,
  which: RequestClass,
  within: Interval,
): Spread | undefined {
  const services: Served[] = [];
  load.rows.forEach((row, at) => {
    const from = load.serviceFrom[at] ?? 0;
    const to = load.serviceTo[at] ?? 0;
    if (to < within.from || from > within.to) return;
    const moved = load.moved[at] ?? 0;
    // A flush with nothing to write out tells nothing of those that have something.
    if (which === 'flushes' && moved === 0) return;
    if (classOf(requests.kind[row] ?? 0, moved) === which)
      services.push({ from, to, weight: requests.weight[row] ?? 1 });
  });
  // A row of a sample stands for requests that follow each other in its time.
  const length = ({ from, to, weight }: Served) => (to - from) / weight;
  const countOf = (list: readonly Served[]) => list.reduce((sum, { weight }) => sum + weight, 0);
  const sorted = services.toSorted((a, b) => length(b) - length(a));
  const [longest] = sorted;
  if (!longest) return undefined;
  const half = sorted.reduce((sum, { from, to }) => sum + to - from, 0) / 2;
  let sum = 0;
  let rows = 0;
  while (sum < half && rows < sorted.length) {
    sum += (sorted[rows]?.to ?? 0) - (sorted[rows]?.from ?? 0);
    rows += 1;
  }
  const heavy = sorted.slice(0, rows);
  const first = heavy.reduce((least, { from }) => Math.min(least, from), Infinity);
  const last = heavy.reduce((most, { to }) => Math.max(most, to), -Infinity);
  return {
    count: countOf(services),
    medianMs: length(sorted[Math.floor(sorted.length / 2)] ?? longest),
    longestMs: length(longest),
    heavy: {
      count: countOf(heavy),
      leastMs: length(heavy.at(-1) ?? longest),
      among: countOf(services.filter(({ from, to }) => from >= first && to <= last)),
    },
  };
}
