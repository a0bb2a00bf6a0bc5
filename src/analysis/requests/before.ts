// Requests that a disk had before they were traced: their completions alone are seen, and until the last of them it was not idle. Of what completes without
// having been sent only as many are these as were under way when it began: others are commands that are not told of when they are sent.

import type { Interval } from '../../base/intervals.js';
import type { Case } from '../../model/case.js';
import type { DeviceId } from '../../model/counters.js';
import { tracesRequests } from './traced-until.js';

/** What was with the disks when their requests began to be traced. */
export interface Before {
  /** When that was, ms. */
  readonly startMs: number;
  /** How many requests a disk had about then. */
  readonly underWay: (disk: DeviceId) => number;
}

export class FromBefore {
  /** By index of the disk. */
  readonly times = new Map<number, Interval>();
  private readonly before: Before;
  private readonly left = new Map<number, number>();

  constructor(before: Before) {
    this.before = before;
  }

  /** A request of a disk was answered at `t`, ms, which was not sent to it since tracing began. */
  complete(index: number, disk: DeviceId, t: number): void {
    const left = this.left.get(index) ?? this.before.underWay(disk);
    this.left.set(index, left - 1);
    if (left > 0) this.times.set(index, { from: this.before.startMs, to: t });
  }
}

/** Undefined where a case does not tell when tracing began, or its ring was written over since. */
export function beforeTracing({ source, trace, counters }: Case): Before | undefined {
  if (source !== 'recording' || trace.some(({ wholeFromNs }) => wholeFromNs !== undefined)) return undefined;
  const startMs = trace.find((state) => state.instance === 'machine' && tracesRequests(state))?.atMs;
  if (startMs === undefined) return undefined;
  const underWay = (disk: DeviceId): number => {
    const series = counters.disks.get(disk);
    const first = series?.t.findIndex((t) => t >= startMs) ?? -1;
    return first < 0 ? 0 : (series?.columns.get('in_flight')?.[first] ?? 0);
  };
  return { startMs, underWay };
}
