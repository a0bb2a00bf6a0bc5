// What one disk served, to whom and how fast: service time as the disk gave it, request after request, so that a disk that serves
// more at once is not called slow for its queue. Service of a request = completion − max(dispatch, the completion before it): the time
// in which the disk had nothing to finish but this request (the busy-period view of a queue; Lazowska et al., Quantitative System
// Performance, 1984, chapter 3). Where one overtakes others, what the disk had to do before it came was for the oldest of those. The sum of all services is
// the time during which the disk had work, so shares of it add up.

import type { DeviceId } from '../../model/counters.js';
import { NumberList } from '../../base/number-list.js';
import { coveredMs, intersect, IntervalList, type Intervals, total, union } from '../../base/intervals.js';
import { expectedMs, sizeOf, type ServiceNorm } from './norm.js';
import { KIND, type Requests } from './requests.js';
import { NORMS } from '../../model/thresholds/requests.js';

/** One disk's requests, as rows of the request table in order of completion. */
export interface DiskLoad {
  readonly disk: DeviceId;
  readonly rows: Int32Array;
  /**
   * Service interval of each row (ms since start): the disk worked on this request and on none that ended before it. Of one that was overtaken it
   * is as long as that time was in all, and ends with it.
   */
  readonly serviceFrom: Float64Array;
  readonly serviceTo: Float64Array;
  /** Bytes that the disk moved for each row; for a flush, what had been written into its cache since the flush before and can't have left it. */
  readonly moved: Float64Array;
  /** Bytes of larger requests that were with the disk beside a small one when that was answered: it may have worked on those first. 0 for others. */
  readonly beside: Float64Array;
  /** When anything was with the device. */
  readonly busy: Intervals;
}

export function loadOf(requests: Requests, index: number): DiskLoad {
  const list = new NumberList();
  for (let row = 0; row < requests.length; row += 1) if (requests.disk[row] === index) list.push(row);
  const rows = list.take();
  const serviceFrom = new Float64Array(rows.length);
  const serviceTo = new Float64Array(rows.length);
  const moved = new Float64Array(rows.length);
  const flights = new IntervalList();
  const overtaken = overtakenFor(requests, rows);
  let last = -Infinity;
  let cached = 0;
  rows.forEach((row, at) => {
    const dispatched = requests.dispatched[row] ?? 0;
    const completed = requests.completed[row] ?? 0;
    // A row of a sample stands for requests that took as long as it did, one behind the other.
    const since = dispatched - ((requests.weight[row] ?? 1) - 1) * (completed - dispatched);
    serviceFrom[at] = Math.min(Math.max(since, last), completed) - (overtaken[at] ?? 0);
    serviceTo[at] = completed;
    // A cache empties itself meanwhile, at the rate that is asked of any disk.
    cached = Math.max(0, cached - Math.max(0, completed - Math.max(last, 0)) * NORMS.solid.bytesPerMs);
    const isFlush = requests.kind[row] === KIND.flush;
    const bytes = isFlush ? cached : (requests.bytes[row] ?? 0);
    moved[at] = bytes;
    if (isFlush) cached = 0;
    else if (requests.kind[row] === KIND.write) cached += bytes * (requests.weight[row] ?? 1);
    last = Math.max(last, completed);
    flights.push(dispatched, completed);
  });
  const fromBefore = requests.fromBefore.get(index);
  if (fromBefore) flights.push(fromBefore.from, fromBefore.to);
  return {
    disk: requests.disks[index] ?? '',
    rows,
    serviceFrom,
    serviceTo,
    moved,
    beside: largerBeside(requests, rows),
    busy: union(flights),
  };
}

/**
 * For how long the disk had each request for the oldest that it worked on while nothing was answered, and one that came later was answered
 * next, ms: a device that holds everything back lets it all go at once and in any order. `rows` by completion.
 */
function overtakenFor({ dispatched, completed, weight }: Requests, rows: Int32Array): Float64Array {
  const since = (at: number) => dispatched[rows[at] ?? 0] ?? 0;
  // What a sample left out may have been answered in between.
  const isOne = (at: number) => (weight[rows[at] ?? 0] ?? 1) === 1;
  // Of those that are answered from a place on, which was sent first.
  const oldest = Int32Array.from(rows.keys());
  for (let at = rows.length - 2; at >= 0; at -= 1) {
    const later = oldest[at + 1] ?? at;
    if (since(later) < since(at)) oldest[at] = later;
  }
  const ms = new Float64Array(rows.length);
  let last = -Infinity;
  for (let at = 0; at < rows.length; at += 1) {
    const first = oldest[at] ?? at;
    if (first !== at && isOne(first) && isOne(at))
      ms[first] = (ms[first] ?? 0) + Math.max(0, since(at) - Math.max(since(first), last));
    last = Math.max(last, completed[rows[at] ?? 0] ?? 0);
  }
  return ms;
}

/** For each small request what larger ones had been sent to the disk by its completion and were not answered, bytes. `rows` by completion. */
function largerBeside(requests: Requests, rows: Int32Array): Float64Array {
  const { kind, bytes, dispatched, completed } = requests;
  const size = (row: number) => sizeOf(kind[row] ?? 0, bytes[row] ?? 0);
  const sent = rows.filter((row) => size(row) === 'large').sort((a, b) => (dispatched[a] ?? 0) - (dispatched[b] ?? 0));
  const beside = new Float64Array(rows.length);
  let [next, inside] = [0, 0];
  rows.forEach((row, at) => {
    for (; next < sent.length && (dispatched[sent[next] ?? 0] ?? 0) <= (completed[row] ?? 0); next += 1)
      inside += bytes[sent[next] ?? 0] ?? 0;
    if (size(row) === 'large') inside -= bytes[row] ?? 0;
    else if (size(row) === 'small') beside[at] = Math.max(0, inside);
  });
  return beside;
}

/** How long an ordinary disk may take for the request at this place of a load, with what it may have worked on first, ms. */
export function allowedAt(load: DiskLoad, requests: Requests, norm: ServiceNorm, at: number): number {
  const row = load.rows[at] ?? 0;
  const kind = requests.kind[row] ?? 0;
  const beside = load.beside[at] ?? 0;
  const own = expectedMs(norm, kind, load.moved[at] ?? 0);
  return (beside > 0 ? own + expectedMs(norm, kind, beside) : own) * (requests.weight[row] ?? 1);
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

/** How many writes were with the device at once, on average over a set of times. */
export function writesAtOnce(load: DiskLoad, requests: Requests, times: Intervals): number {
  let ms = 0;
  for (const row of load.rows) {
    if (requests.kind[row] !== KIND.write) continue;
    ms += (requests.weight[row] ?? 1) * coveredMs(times, requests.dispatched[row] ?? 0, requests.completed[row] ?? 0);
  }
  const length = total(times);
  return length > 0 ? ms / length : NaN;
}

/** The share of a set of times during which the device had something to do. */
export function busyShare(load: DiskLoad, times: Intervals): number {
  const length = total(times);
  return length > 0 ? total(intersect(times, load.busy)) / length : NaN;
}
