// How slow a disk was against the norm where only counters were recorded: no request is seen, so it can be told for a disk that has one at a
// time and is understated for one that has several. A disk that answers nothing at all for long is told however quick what comes after that is.

import type { Interval } from '../../base/intervals.js';
import type { Series } from '../../model/counters.js';
import { DEVICE_JUDGING } from '../../model/thresholds/judging.js';
import { DISK_LOAD } from '../../model/thresholds/requests.js';
import { diskWork } from '../machine/counted-work.js';
import { valueAt } from '../machine/series.js';
import { allowedFor, type ServiceNorm } from './norm.js';

/** A stretch of /proc/diskstats in which the disk took longer for each request than the norm allows. */
export interface SlowStretch extends Interval {
  readonly requests: number;
  readonly bytes: number;
  readonly serviceMs: number;
  readonly allowedMs: number;
  /** The times of all its requests together, queueing included, ms. */
  readonly queueMs: number;
  /** True where it answered nothing all the while: `requests` are those that waited in it then. */
  readonly isHang: boolean;
}

const ANSWERED = ['rd_ios', 'wr_ios', 'dc_ios', 'fl_ios'] as const;

/** The readings from `first` on in which the disk had requests and answered none; the last of them. */
function endOfSilence(disk: Series, first: number): number {
  const columns = ANSWERED.flatMap((name) => disk.columns.get(name) ?? []);
  const inFlight = disk.columns.get('in_flight');
  let last = first;
  while (
    last + 1 < disk.t.length &&
    valueAt(inFlight, last) > 0 &&
    valueAt(inFlight, last + 1) > 0 &&
    columns.every((column) => column[last + 1] === column[first])
  )
    last += 1;
  return last;
}

/**
 * When the disk answered nothing for longer than any in order does. What it may take for that is a flush's time, with all that was written since
 * the last flush to be moved.
 */
function hangsOf(disk: Series, norm: ServiceNorm, within: Interval): SlowStretch[] {
  const found: SlowStretch[] = [];
  const flushes = disk.columns.get('fl_ios');
  let flushed = 0;
  for (let first = 0; first < disk.t.length; first += 1) {
    if (valueAt(flushes, first) > valueAt(flushes, first - 1)) flushed = first - 1;
    const last = endOfSilence(disk, first);
    const [from, to] = [valueAt(disk.t, first), valueAt(disk.t, last)];
    const isWithin = to > within.from && from < within.to;
    if (isWithin && to - from >= DEVICE_JUDGING.hiccupMs) {
      const { busyMs } = diskWork(disk, { from, to });
      const { bytes } = diskWork(disk, { from: valueAt(disk.t, Math.max(0, flushed)), to });
      const allowedMs = norm.flushMs + bytes / norm.bytesPerMs;
      const requests = valueAt(disk.columns.get('in_flight'), last);
      if (busyMs - allowedMs >= DEVICE_JUDGING.hiccupMs)
        found.push({
          from,
          to,
          requests,
          bytes: 0,
          serviceMs: busyMs,
          allowedMs,
          queueMs: requests * busyMs,
          isHang: true,
        });
    }
    first = last;
  }
  return found;
}

/**
 * The same judgement from counters: io_ticks is the time with anything in flight, so over the requests completed it is the service time
 * of a disk that has one at a time, and less than it for one that has several (Documentation/admin-guide/iostats.rst, field 10).
 */
export function slowStretches(disk: Series, norm: ServiceNorm, within: Interval): SlowStretch[] {
  const hangs = hangsOf(disk, norm, within);
  const found: SlowStretch[] = [...hangs];
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
    // What a hang lies in is told by that.
    const isTold = hangs.some((hang) => hang.from < to && hang.to > from);
    if (work.busyMs > allowedMs && !isTold)
      found.push({ from, to, ...work, serviceMs: work.busyMs, allowedMs, isHang: false });
    first = index;
  }
  return found;
}
