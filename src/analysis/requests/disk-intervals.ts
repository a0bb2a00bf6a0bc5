// Requests → what each disk's took within an interval, when it had any, and what it moved in its best tenth of a second. Pure; the run remembers the
// best of all intervals.

import { IntervalList, total, union, type Interval } from '../../base/intervals.js';
import { quantilesOf } from '../../base/median.js';
import type { DeviceId } from '../../model/counters.js';
import type { DiskInterval, Waits } from '../../model/disk-interval.js';
import { KIND, type Requests } from './requests.js';

/** What a disk moved, by second. */
export interface Pace {
  readonly requests: number;
  readonly bytes: number;
}

export interface SeenOfDisk extends Omit<DiskInterval, 'ofBest'> {
  readonly disk: DeviceId;
  readonly pace: Pace;
  /** In its best window. */
  readonly best: Pace;
}

/** Long enough for some requests of a slow disk, short enough to be filled by a burst, ms. */
const WINDOW_MS = 100;

class Disk {
  private readonly took: readonly number[][] = Object.values(KIND).map(() => []);
  private readonly flights = new IntervalList();
  private readonly windows = new Map<number, { requests: number; bytes: number }>();

  /** One that has ended within the interval. */
  end(kind: number, fromMs: number, endMs: number, bytes: number, weight: number): void {
    const took = this.took[kind];
    for (let one = 0; one < weight; one += 1) took?.push(endMs - fromMs);
    const at = Math.floor(endMs / WINDOW_MS);
    const window = this.windows.get(at) ?? { requests: 0, bytes: 0 };
    this.windows.set(at, { requests: window.requests + weight, bytes: window.bytes + weight * bytes });
  }

  fly(fromMs: number, toMs: number): void {
    this.flights.push(fromMs, toMs);
  }

  seen(disk: DeviceId, lengthMs: number): SeenOfDisk {
    const waits = (kind: number): Waits => {
      const [p99 = NaN, max = NaN] = quantilesOf(this.took[kind] ?? [], 0.99, 1);
      return { p99, max };
    };
    const all = [...this.windows.values()];
    const paceOf = (requests: number, bytes: number, ms: number): Pace => ({
      requests: (requests * 1000) / ms,
      bytes: (bytes * 1000) / ms,
    });
    const sum = (of: keyof Pace): number => all.reduce((moved, window) => moved + window[of], 0);
    const most = (of: keyof Pace): number => all.reduce((moved, window) => Math.max(moved, window[of]), 0);
    return {
      disk,
      read: waits(KIND.read),
      write: waits(KIND.write),
      flush: waits(KIND.flush),
      busy: total(union(this.flights)) / lengthMs,
      pace: paceOf(sum('requests'), sum('bytes'), lengthMs),
      best: paceOf(most('requests'), most('bytes'), Math.min(WINDOW_MS, lengthMs)),
    };
  }
}

/** The disks that had any request in the interval. What was not answered is with its device still. */
export function disksWithin(requests: Requests, { from, to }: Interval): SeenOfDisk[] {
  const disks = new Map<number, Disk>();
  for (let row = 0; row < requests.length; row += 1) {
    const completed = row < requests.answered ? (requests.completed[row] ?? NaN) : Infinity;
    const dispatched = requests.dispatched[row] ?? NaN;
    if (completed <= from || dispatched >= to) continue;
    const index = requests.disk[row] ?? 0;
    let disk = disks.get(index);
    if (!disk) disks.set(index, (disk = new Disk()));
    disk.fly(Math.max(from, dispatched), Math.min(to, completed));
    if (completed > to) continue;
    const queued = requests.queued[row] ?? NaN;
    const begun = Number.isNaN(queued) ? dispatched : queued;
    disk.end(requests.kind[row] ?? -1, begun, completed, requests.bytes[row] ?? 0, requests.weight[row] ?? 1);
  }
  return [...disks].map(([index, disk]) => disk.seen(requests.disks[index] ?? '', to - from));
}
