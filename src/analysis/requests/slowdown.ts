// How slow a disk was against its own past: it may have become several times slower than its users are used to, and still be within the
// norm. Undefined is the answer where its past is too short, or where it was slower only for moments.

import { type Interval, type Intervals, union } from '../../base/intervals.js';
import { medianOf } from '../../base/median.js';
import { Ranks } from '../../base/ranks.js';
import { DISK_LOAD } from '../../model/thresholds/requests.js';
import type { DiskLoad } from './disk-load.js';
import type { RequestClass, ServiceNorm } from './norm.js';
import type { Requests } from './requests.js';
import { speaks, windowsOf } from './slowness.js';

/** A disk that has become slower than it was, although perhaps not slow as such. */
export interface Slowdown {
  readonly class: RequestClass;
  /** Mean service time before and since, ms: medians over the windows. */
  readonly usualMs: number;
  readonly nowMs: number;
  readonly times: Intervals;
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
          usualMs: medianOf(paces.slice(0, at).map(({ ms }) => ms)),
          nowMs: medianOf(grown.map(({ ms }) => ms)),
          windows: grown.map(({ window }) => window),
        };
      }
    }
    before.add(pace);
  }
  return undefined;
}
