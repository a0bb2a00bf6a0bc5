// What one disk served, to whom and how fast: service time as the disk gave it, request after request, so that a disk that serves
// more at once is not called slow for its queue. Service of a request = completion − max(dispatch, the completion before it): the time
// in which the disk had nothing to finish but this request (the busy-period view of a queue; Lazowska et al., Quantitative System
// Performance, 1984, chapter 3). The sum of all services is the time during which the disk had work, so shares of it add up.

import type { DeviceId } from '../model/counters.js';
import { intersect, total, union, type Interval } from './intervals.js';
import { KIND, type Requests } from './requests.js';

/** One disk's requests, as rows of the request table in order of completion. */
export interface DiskLoad {
  readonly disk: DeviceId;
  readonly index: number;
  readonly rows: Int32Array;
  /** Service interval of each row (ms since start): the disk worked on this request and on none that ended before it. */
  readonly serviceFrom: Float64Array;
  readonly serviceTo: Float64Array;
  /** When anything was with the device. */
  readonly busy: readonly Interval[];
}

export function loadOf(requests: Requests, index: number): DiskLoad {
  const rows: number[] = [];
  for (let row = 0; row < requests.length; row += 1) if (requests.disk[row] === index) rows.push(row);
  const serviceFrom = new Float64Array(rows.length);
  const serviceTo = new Float64Array(rows.length);
  const flights: Interval[] = [];
  let last = -Infinity;
  rows.forEach((row, at) => {
    const dispatched = requests.dispatched[row] ?? 0;
    const completed = requests.completed[row] ?? 0;
    serviceFrom[at] = Math.min(Math.max(dispatched, last), completed);
    serviceTo[at] = completed;
    last = Math.max(last, completed);
    flights.push({ from: dispatched, to: completed });
  });
  return {
    disk: requests.disks[index] ?? '',
    index,
    rows: Int32Array.from(rows),
    serviceFrom,
    serviceTo,
    busy: union(flights),
  };
}

/** What an ordinary disk would need for a request, ms: a generous fixed part and a generous transfer rate, by kind of disk. */
export interface ServiceNorm {
  readonly fixedMs: number;
  readonly flushMs: number;
  readonly bytesPerMs: number;
}

/**
 * The slowest that still passes for healthy. Solid-state and network volumes answer in 0.1–2 ms and give tens of MB/s at least;
 * a spinning disk needs a seek and half a turn (about 13 ms at 7200/min). A flush may have to empty a write cache.
 */
export const NORMS: Readonly<Record<'solid' | 'spinning', ServiceNorm>> = {
  solid: { fixedMs: 5, flushMs: 25, bytesPerMs: 20_000 },
  spinning: { fixedMs: 20, flushMs: 60, bytesPerMs: 20_000 },
};

export function expectedMs(norm: ServiceNorm, kind: number, bytes: number): number {
  if (kind === KIND.flush) return norm.flushMs;
  return norm.fixedMs + (kind === KIND.discard ? 0 : bytes / norm.bytesPerMs);
}

/** How much longer than the norm the disk took, over the requests that completed in a span. */
export interface Slowness {
  readonly requests: number;
  readonly serviceMs: number;
  /** Service time divided by what the norm allows for the same requests; above 1 is slow. */
  readonly factor: number;
  readonly bytes: number;
}

export function slowness(load: DiskLoad, requests: Requests, norm: ServiceNorm, within: Interval): Slowness {
  let count = 0;
  let served = 0;
  let expected = 0;
  let bytes = 0;
  load.rows.forEach((row, at) => {
    const to = load.serviceTo[at] ?? 0;
    if (to < within.from || to >= within.to) return;
    count += 1;
    served += to - (load.serviceFrom[at] ?? 0);
    bytes += requests.bytes[row] ?? 0;
    expected += expectedMs(norm, requests.kind[row] ?? 0, requests.bytes[row] ?? 0);
  });
  return { requests: count, serviceMs: served, factor: expected > 0 ? served / expected : NaN, bytes };
}

/** The share of a set of times during which the device had something to do. */
export function busyShare(load: DiskLoad, times: readonly Interval[]): number {
  const length = total(times);
  return length > 0 ? total(intersect(times, load.busy)) / length : NaN;
}
