// How the service times of one class of requests are spread: a disk that is slow is slow for most of them, one that hangs is quick for most and
// takes long for a few, which make up the time that an ordinary disk would not have taken. What it takes rightly for the many says nothing of that.

import { type Interval, type Intervals, union } from '../../base/intervals.js';
import { SLOW } from '../../model/thresholds/device.js';
import { allowedAt, type DiskLoad } from './disk-load.js';
import { classOf, type RequestClass, type ServiceNorm } from './norm.js';
import type { Requests } from './requests.js';

export interface Spread {
  readonly count: number;
  /** Half of them took no longer, ms. */
  readonly medianMs: number;
  readonly longestMs: number;
  /**
   * Those that make up half of what all took together beyond what an ordinary disk may take, the longest first: how many, how long the shortest of
   * those took (ms), how many of the class were served from the first to the last of them, and when they were.
   */
  readonly heavy: {
    readonly count: number;
    readonly leastMs: number;
    readonly among: number;
    readonly times: Intervals;
  };
  /**
   * Those that took as long as a hang: how many, how long the shortest of them took (ms), how many of the class were served from the first to the last of
   * them, and which part of what all took beyond what an ordinary disk may take is theirs; NaN where none took too long.
   */
  readonly hung: {
    readonly count: number;
    readonly leastMs: number;
    readonly among: number;
    readonly part: number;
  };
}

/** When the disk worked on a row, and how many requests that stands for. */
interface Served extends Interval {
  readonly weight: number;
  /** What that took beyond what an ordinary disk may take, ms. */
  readonly beyondMs: number;
}

/** The spread of one class of the requests that the disk served within a stretch of time; undefined where it served none. */
export function spreadOf(
  load: DiskLoad,
  requests: Requests,
  norm: ServiceNorm,
  which: RequestClass,
  within: Interval,
): Spread | undefined {
  const services: Served[] = [];
  load.rows.forEach((row, at) => {
    const from = load.serviceFrom[at] ?? 0;
    const to = load.serviceTo[at] ?? 0;
    if (to < within.from || from > within.to) return;
    const moved = load.moved[at] ?? 0;
    const beyondMs = Math.max(0, to - from - allowedAt(load, requests, norm, at));
    // A flush with nothing to write out tells nothing of those that have something, but where it takes too long itself.
    if (which === 'flushes' && moved === 0 && beyondMs === 0) return;
    if (classOf(requests.kind[row] ?? 0, moved) === which)
      services.push({ from, to, weight: requests.weight[row] ?? 1, beyondMs });
  });
  // A row of a sample stands for requests that follow each other in its time.
  const length = ({ from, to, weight }: Served) => (to - from) / weight;
  const countOf = (list: readonly Served[]) => list.reduce((sum, { weight }) => sum + weight, 0);
  const sorted = services.toSorted((a, b) => length(b) - length(a));
  const [longest] = sorted;
  if (!longest) return undefined;
  const heavy = makeUpHalf(services);
  const among = (some: readonly Served[]) => {
    const first = some.reduce((least, { from }) => Math.min(least, from), Infinity);
    const last = some.reduce((most, { to }) => Math.max(most, to), -Infinity);
    return countOf(services.filter(({ from, to }) => from >= first && to <= last));
  };
  const beyond = (some: readonly Served[]) => some.reduce((sum, { beyondMs }) => sum + beyondMs, 0);
  const medianMs = length(sorted[Math.floor(sorted.length / 2)] ?? longest);
  const hungMs = Math.max(SLOW.hangs.leastMs, SLOW.hangs.times * medianMs);
  const hung = sorted.filter((one) => length(one) >= hungMs);
  return {
    count: countOf(services),
    medianMs,
    longestMs: length(longest),
    hung: {
      count: countOf(hung),
      leastMs: length(hung.at(-1) ?? longest),
      among: among(hung),
      part: beyond(hung) / beyond(services),
    },
    heavy: {
      count: countOf(heavy),
      leastMs: heavy.reduce((least, one) => Math.min(least, length(one)), length(longest)),
      among: among(heavy),
      times: union(heavy),
    },
  };
}

/** The fewest that make up half of what all took beyond what they may; one at least. */
function makeUpHalf(services: readonly Served[]): Served[] {
  const sorted = services.toSorted((a, b) => b.beyondMs - a.beyondMs || b.to - b.from - (a.to - a.from));
  const half = sorted.reduce((sum, { beyondMs }) => sum + beyondMs, 0) / 2;
  let sum = sorted[0]?.beyondMs ?? 0;
  let rows = 1;
  while (sum < half && rows < sorted.length) {
    sum += sorted[rows]?.beyondMs ?? 0;
    rows += 1;
  }
  return sorted.slice(0, rows);
}
