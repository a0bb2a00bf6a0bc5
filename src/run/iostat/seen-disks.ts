// What the kernel's events tell of each disk at each step of time, with the best that it has done since the run began.

import { disksWithin, type Pace, type SeenOfDisk } from '../../analysis/requests/disk-intervals.js';
import type { DiskInterval } from '../../model/disk-interval.js';
import type { LiveEvents } from '../live-events.js';

export class SeenDisks {
  private readonly events: LiveEvents;
  private readonly best = new Map<string, Pace>();

  constructor(events: LiveEvents) {
    this.events = events;
  }

  /** By the kernel's name, between two times of CLOCK_MONOTONIC; disks without a request are not among them. */
  within(from: bigint, to: bigint): Map<string, DiskInterval> {
    const { requests, stretch, nameOf } = this.events.requestsOf(from, to);
    const disks = requests ? disksWithin(requests, stretch) : [];
    return new Map(disks.map((seen) => [nameOf(seen.disk), this.against(nameOf(seen.disk), seen)]));
  }

  private against(name: string, { pace, best: now, read, write, flush, busy }: SeenOfDisk): DiskInterval {
    const before = this.best.get(name) ?? { requests: 0, bytes: 0 };
    const best = { requests: Math.max(before.requests, now.requests), bytes: Math.max(before.bytes, now.bytes) };
    this.best.set(name, best);
    const share = (of: keyof Pace): number => (best[of] > 0 ? pace[of] / best[of] : 0);
    return { read, write, flush, busy, ofBest: Math.min(1, Math.max(share('requests'), share('bytes'))) };
  }
}
