// What one disk served, to whom and how fast: service time as the disk gave it, request after request, so that a disk that serves
// more at once is not called slow for its queue. Service of a request = completion − max(dispatch, the completion before it): the time
// in which the disk had nothing to finish but this request (the busy-period view of a queue; Lazowska et al., Quantitative System
// Performance, 1984, chapter 3). The sum of all services is the time during which the disk had work, so shares of it add up.

import type { DeviceId, Series } from '../../model/counters.js';
import { diskWork, type DiskWork } from '../machine/counted-work.js';
import {
  addToBins,
  coveredMs,
  firstEndingAfter,
  intersect,
  total,
  union,
  type Interval,
} from '../../base/intervals.js';
import { Ranks } from '../../base/ranks.js';
import { KIND, type Requests } from './requests.js';
import { DISK_LOAD, NORMS } from '../../model/thresholds/requests.js';

/** One disk's requests, as rows of the request table in order of completion. */
export interface DiskLoad {
  readonly disk: DeviceId;
  readonly index: number;
  readonly rows: Int32Array;
  /** Service interval of each row (ms since start): the disk worked on this request and on none that ended before it. */
  readonly serviceFrom: Float64Array;
  readonly serviceTo: Float64Array;
  /** Bytes that the disk moved for each row; for a flush, what had been written into its cache since the flush before and can't have left it. */
  readonly moved: Float64Array;
  /** When anything was with the device. */
  readonly busy: readonly Interval[];
}

export function loadOf(requests: Requests, index: number): DiskLoad {
  const rows: number[] = [];
  for (let row = 0; row < requests.length; row += 1) if (requests.disk[row] === index) rows.push(row);
  const serviceFrom = new Float64Array(rows.length);
  const serviceTo = new Float64Array(rows.length);
  const moved = new Float64Array(rows.length);
  const flights: Interval[] = [];
  let last = -Infinity;
  let cached = 0;
  rows.forEach((row, at) => {
    const dispatched = requests.dispatched[row] ?? 0;
    const completed = requests.completed[row] ?? 0;
    serviceFrom[at] = Math.min(Math.max(dispatched, last), completed);
    serviceTo[at] = completed;
    // A cache empties itself meanwhile, at the rate that is asked of any disk.
    cached = Math.max(0, cached - Math.max(0, completed - Math.max(last, 0)) * NORMS.solid.bytesPerMs);
    const isFlush = requests.kind[row] === KIND.flush;
    const bytes = isFlush ? cached : (requests.bytes[row] ?? 0);
    moved[at] = bytes;
    if (isFlush) cached = 0;
    else if (requests.kind[row] === KIND.write) cached += bytes;
    last = Math.max(last, completed);
    flights.push({ from: dispatched, to: completed });
  });
  return {
    disk: requests.disks[index] ?? '',
    index,
    rows: Int32Array.from(rows),
    serviceFrom,
    serviceTo,
    moved,
    busy: union(flights),
  };
}

/** What an ordinary disk would need for a request, ms: a generous fixed part and a generous transfer rate, by kind of disk. */
export interface ServiceNorm {
  readonly fixedMs: number;
  readonly flushMs: number;
  readonly bytesPerMs: number;
}

/** `bytes`: what the disk has to move for it, for a flush what it has to empty its cache of. */
export function expectedMs(norm: ServiceNorm, kind: number, bytes: number): number {
  const fixedMs = kind === KIND.flush ? norm.flushMs : norm.fixedMs;
  return fixedMs + (kind === KIND.discard ? 0 : bytes / norm.bytesPerMs);
}

/** Kinds of requests that are judged apart: a disk may be fast for one and slow for another. */
export type RequestClass = 'small reads' | 'large reads' | 'small writes' | 'large writes' | 'flushes' | 'discards';

export function classOf(kind: number, bytes: number): RequestClass {
  if (kind === KIND.flush) return 'flushes';
  if (kind === KIND.discard) return 'discards';
  const size = bytes <= DISK_LOAD.smallBytes ? 'small' : 'large';
  return kind === KIND.read ? `${size} reads` : `${size} writes`;
}

/** How much longer than the norm the disk took for one class of requests. */
export interface Slowness {
  readonly class: RequestClass;
  readonly requests: number;
  readonly bytes: number;
  readonly serviceMs: number;
  /** Service time divided by what the norm allows for the same requests; above 1 is slow. */
  readonly factor: number;
  /** ms of the given waits during which the disk served this class. */
  readonly waitedMs: number;
}

/** The classes of the requests that the disk served within these times, with how much of `waits` each took; the one that took most first. */
export function slowness(
  load: DiskLoad,
  requests: Requests,
  norm: ServiceNorm,
  times: readonly Interval[],
  waits: readonly Interval[],
): Slowness[] {
  const classes = new Map<
    RequestClass,
    { requests: number; bytes: number; serviceMs: number; allowedMs: number; services: Interval[] }
  >();
  load.rows.forEach((row, at) => {
    const from = load.serviceFrom[at] ?? 0;
    const to = load.serviceTo[at] ?? 0;
    if ((times[firstEndingAfter(times, from)]?.from ?? Infinity) > to) return;
    const kind = requests.kind[row] ?? 0;
    const bytes = load.moved[at] ?? 0;
    const name = classOf(kind, bytes);
    let sum = classes.get(name);
    if (!sum) classes.set(name, (sum = { requests: 0, bytes: 0, serviceMs: 0, allowedMs: 0, services: [] }));
    sum.requests += 1;
    sum.bytes += bytes;
    sum.serviceMs += to - from;
    sum.allowedMs += expectedMs(norm, kind, bytes);
    sum.services.push({ from, to });
  });
  return [...classes]
    .map(([name, sum]) => ({
      class: name,
      requests: sum.requests,
      bytes: sum.bytes,
      serviceMs: sum.serviceMs,
      factor: sum.serviceMs / sum.allowedMs,
      waitedMs: total(intersect(waits, union(sum.services))),
    }))
    .sort((a, b) => b.waitedMs - a.waitedMs);
}

/** One class of requests, window by window. */
interface ClassWindows {
  readonly class: RequestClass;
  /** Service time, and what the norm allows for the same requests, ms. */
  readonly served: Float64Array;
  readonly allowed: Float64Array;
  readonly requests: Float64Array;
}

interface Windows {
  readonly count: number;
  /** Service time of all classes together, ms. */
  readonly served: Float64Array;
  readonly classes: readonly ClassWindows[];
  interval(window: number): Interval;
}

function windowsOf(load: DiskLoad, requests: Requests, norm: ServiceNorm, within: Interval): Windows {
  const windowMs = Math.max(DISK_LOAD.windowMs, (within.to - within.from) / DISK_LOAD.mostWindows);
  const count = Math.max(1, Math.ceil((within.to - within.from) / windowMs));
  const bins = () => new Float64Array(count);
  const classes = new Map<RequestClass, ClassWindows>();
  const served = bins();
  load.rows.forEach((row, at) => {
    const from = (load.serviceFrom[at] ?? 0) - within.from;
    const to = (load.serviceTo[at] ?? 0) - within.from;
    if (!(to > from) || to < 0) return;
    const kind = requests.kind[row] ?? 0;
    const bytes = load.moved[at] ?? 0;
    const name = classOf(kind, bytes);
    let sums = classes.get(name);
    if (!sums) classes.set(name, (sums = { class: name, served: bins(), allowed: bins(), requests: bins() }));
    addToBins(served, windowMs, from, to);
    addToBins(sums.served, windowMs, from, to);
    addToBins(sums.allowed, windowMs, from, to, expectedMs(norm, kind, bytes) / (to - from));
    const window = Math.min(count - 1, Math.floor(to / windowMs));
    sums.requests[window] = (sums.requests[window] ?? 0) + 1;
  });
  return {
    count,
    served,
    classes: [...classes.values()],
    interval: (window) => ({ from: within.from + window * windowMs, to: within.from + (window + 1) * windowMs }),
  };
}

/** Whether a class of requests speaks for a window. */
function speaks(windows: Windows, one: ClassWindows, window: number): boolean {
  return (one.served[window] ?? 0) >= DISK_LOAD.tellingShare * (windows.served[window] ?? 0);
}

/** The windows in which the disk took longer than the norm allows for what it served. */
export function slowTimes(load: DiskLoad, requests: Requests, norm: ServiceNorm, within: Interval): Interval[] {
  const windows = windowsOf(load, requests, norm, within);
  const slow: Interval[] = [];
  for (let window = 0; window < windows.count; window += 1) {
    const isSlow = windows.classes.some(
      (one) => speaks(windows, one, window) && (one.served[window] ?? 0) > (one.allowed[window] ?? 0),
    );
    if (isSlow) slow.push(windows.interval(window));
  }
  return union(slow);
}

/** A disk that has become slower than it was, although perhaps not slow as such. */
export interface Slowdown {
  readonly class: RequestClass;
  /** Mean service time before and since, ms: medians over the windows. */
  readonly usualMs: number;
  readonly nowMs: number;
  readonly times: readonly Interval[];
}

/** When the disk had become slower than in all its time before, for the class of requests that shows it most; undefined where it did not. */
export function slowdownOf(
  load: DiskLoad,
  requests: Requests,
  norm: ServiceNorm,
  within: Interval,
): Slowdown | undefined {
  const windows = windowsOf(load, requests, norm, within);
  return windows.classes
    .flatMap((one) => {
      const means = Array.from({ length: windows.count }, (_, window) => ({
        window,
        ms: speaks(windows, one, window) ? (one.served[window] ?? 0) / (one.requests[window] ?? 0) : NaN,
        ofNorm: (one.served[window] ?? 0) / (one.allowed[window] ?? 0),
      })).filter(({ ms }) => ms > 0 && ms < Infinity);
      const grown = grownAfter(means);
      if (!grown) return [];
      return [{ ...grown, class: one.class, times: union(grown.windows.map((window) => windows.interval(window))) }];
    })
    .toSorted((a, b) => b.nowMs / b.usualMs - a.nowMs / a.usualMs)[0];
}

/** How one window of a class went: the mean service time, and the part of what the norm allows. */
interface Pace {
  readonly window: number;
  readonly ms: number;
  readonly ofNorm: number;
}

/** Paces are compared as parts of what the norm allows, because the requests of a class may have become larger. */
function grownAfter(paces: readonly Pace[]): { usualMs: number; nowMs: number; windows: number[] } | undefined {
  const { leastWindows, grownTimes, grownLeast, staysShare } = DISK_LOAD;
  const before = new Ranks(paces.map(({ ofNorm }) => ofNorm));
  for (let at = 0; at + leastWindows <= paces.length; at += 1) {
    const pace = paces[at]?.ofNorm ?? 0;
    const limit = at < leastWindows ? Infinity : Math.max(grownTimes * before.median(), grownLeast);
    if (pace > limit) {
      const above = before.yetAbove(limit);
      if (above >= leastWindows && above >= staysShare * (paces.length - at)) {
        const grown = paces.slice(at).filter(({ ofNorm }) => ofNorm > limit);
        return {
          usualMs: median(paces.slice(0, at).map(({ ms }) => ms)),
          nowMs: median(grown.map(({ ms }) => ms)),
          windows: grown.map(({ window }) => window),
        };
      }
    }
    before.add(pace);
  }
  return undefined;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** When the first of these requests was dispatched that took `slowMs` or more and had not been answered by `from`; NaN where none did. */
export function firstSlowDispatch(
  load: DiskLoad,
  requests: Requests,
  isMeant: (row: number) => boolean,
  slowMs: number,
  from: number,
): number {
  let first = NaN;
  for (const row of load.rows) {
    const completed = requests.completed[row] ?? 0;
    const dispatched = requests.dispatched[row] ?? 0;
    if (completed < from || completed - dispatched < slowMs || !isMeant(row)) continue;
    if (!(first <= dispatched)) first = dispatched;
  }
  return first;
}

/** A stretch of /proc/diskstats in which the disk took longer for each request than the norm allows. */
export interface SlowStretch extends Interval {
  readonly requests: number;
  readonly bytes: number;
  readonly serviceMs: number;
  readonly allowedMs: number;
}

/** What an ordinary disk may take for what was counted, one request after the other, ms. */
export function allowedFor(norm: ServiceNorm, { requests, bytes, flushes }: DiskWork): number {
  return requests * norm.fixedMs + bytes / norm.bytesPerMs + flushes * norm.flushMs;
}

/**
 * The same judgement from counters: io_ticks is the time with anything in flight, so over the requests completed it is the service time
 * of a disk that has one at a time, and less than it for one that has several (Documentation/admin-guide/iostats.rst, field 10).
 */
export function slowStretches(disk: Series, norm: ServiceNorm, within: Interval): SlowStretch[] {
  const found: SlowStretch[] = [];
  let first = Math.max(
    0,
    disk.t.findIndex((t) => t >= within.from),
  );
  for (let index = first + 1; index < disk.t.length && (disk.t[first] ?? Infinity) < within.to; index += 1) {
    const from = disk.t[first] ?? 0;
    const to = disk.t[index] ?? 0;
    const work = diskWork(disk, { from, to });
    // A device so slow that nothing came back yet is looked at for longer.
    if (to - from < DISK_LOAD.stretchMs - 1 || work.requests < DISK_LOAD.stretchRequests) continue;
    const allowedMs = allowedFor(norm, work);
    if (work.busyMs > allowedMs) found.push({ from, to, ...work, serviceMs: work.busyMs, allowedMs });
    first = index;
  }
  return found;
}

/** How many writes were with the device at once, on average over a set of times. */
export function writesAtOnce(load: DiskLoad, requests: Requests, times: readonly Interval[]): number {
  let ms = 0;
  for (const row of load.rows) {
    if (requests.kind[row] !== KIND.write) continue;
    ms += coveredMs(times, requests.dispatched[row] ?? 0, requests.completed[row] ?? 0);
  }
  const length = total(times);
  return length > 0 ? ms / length : NaN;
}

/** The share of a set of times during which the device had something to do. */
export function busyShare(load: DiskLoad, times: readonly Interval[]): number {
  const length = total(times);
  return length > 0 ? total(intersect(times, load.busy)) / length : NaN;
}
