// How slow a disk was against the norm, request by request: by class of requests over any times, and in windows of time, so that what was
// slow for a while is not lost in what was not.

import {
  addToBins,
  firstEndingAfter,
  intersect,
  type Interval,
  IntervalList,
  type Intervals,
  total,
  union,
} from '../../base/intervals.js';
import { entry } from '../../base/maps.js';
import { DISK_LOAD } from '../../model/thresholds/requests.js';
import { allowedAt, type DiskLoad } from './disk-load.js';
import { classOf, type RequestClass, type ServiceNorm } from './norm.js';
import type { Requests } from './requests.js';

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

/**
 * The classes of the requests that the disk served within these times, with how much of `waits` each took; the one that took most first. All of
 * them, or those alone that took so much longer than they may.
 */
export function slowness(
  load: DiskLoad,
  requests: Requests,
  norm: ServiceNorm,
  times: Intervals,
  waits: Intervals,
  leastBeyondMs = -Infinity,
): Slowness[] {
  const classes = new Map<
    RequestClass,
    { requests: number; bytes: number; serviceMs: number; allowedMs: number; services: IntervalList }
  >();
  load.rows.forEach((row, at) => {
    const from = load.serviceFrom[at] ?? 0;
    const to = load.serviceTo[at] ?? 0;
    if ((times.from[firstEndingAfter(times, from)] ?? Infinity) > to) return;
    const allowedMs = allowedAt(load, requests, norm, at);
    if (to - from - allowedMs < leastBeyondMs) return;
    const kind = requests.kind[row] ?? 0;
    const bytes = load.moved[at] ?? 0;
    const name = classOf(kind, bytes);
    const sum = entry(classes, name, () => ({
      requests: 0,
      bytes: 0,
      serviceMs: 0,
      allowedMs: 0,
      services: new IntervalList(),
    }));
    const weight = requests.weight[row] ?? 1;
    sum.requests += weight;
    sum.bytes += bytes * weight;
    sum.serviceMs += to - from;
    sum.allowedMs += allowedMs;
    sum.services.push(from, to);
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
export interface ClassWindows {
  readonly class: RequestClass;
  /** Service time, and what the norm allows for the same requests, ms. */
  readonly served: Float64Array;
  readonly allowed: Float64Array;
  readonly requests: Float64Array;
}

export interface Windows {
  readonly count: number;
  /** Service time of all classes together, ms. */
  readonly served: Float64Array;
  readonly classes: readonly ClassWindows[];
  interval(window: number): Interval;
}

export function windowsOf(load: DiskLoad, requests: Requests, norm: ServiceNorm, within: Interval): Windows {
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
    const weight = requests.weight[row] ?? 1;
    const name = classOf(kind, bytes);
    const sums = entry(classes, name, () => ({ class: name, served: bins(), allowed: bins(), requests: bins() }));
    addToBins(served, windowMs, from, to);
    addToBins(sums.served, windowMs, from, to);
    addToBins(sums.allowed, windowMs, from, to, allowedAt(load, requests, norm, at) / (to - from));
    const window = Math.min(count - 1, Math.floor(to / windowMs));
    sums.requests[window] = (sums.requests[window] ?? 0) + weight;
  });
  return {
    count,
    served,
    classes: [...classes.values()],
    interval: (window) => ({ from: within.from + window * windowMs, to: within.from + (window + 1) * windowMs }),
  };
}

/** Whether a class of requests speaks for a window. */
export function speaks(windows: Windows, one: ClassWindows, window: number): boolean {
  return (one.served[window] ?? 0) >= DISK_LOAD.tellingShare * (windows.served[window] ?? 0);
}

/** The windows in which the disk took longer than the norm allows for what it served. */
export function slowTimes(load: DiskLoad, requests: Requests, norm: ServiceNorm, within: Interval): Intervals {
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
