// How slow a disk was against the norm where only counters were recorded: no request is seen, so it can be told for a disk that has one at a
// time and is understated for one that has several.

import type { Interval } from '../../base/intervals.js';
import type { Series } from '../../model/counters.js';
import { DISK_LOAD } from '../../model/thresholds/requests.js';
import { diskWork } from '../machine/counted-work.js';
import { allowedFor, type ServiceNorm } from './norm.js';

/** A stretch of /proc/diskstats in which the disk took longer for each request than the norm allows. */
export interface SlowStretch extends Interval {
  readonly requests: number;
  readonly bytes: number;
  readonly serviceMs: number;
  readonly allowedMs: number;
  /** The times of all its requests together, queueing included, ms. */
  readonly queueMs: number;
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
