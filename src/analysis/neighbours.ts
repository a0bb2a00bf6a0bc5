// What the victim's waiting was spent on: while it waited for its disk, whose requests did the disk serve? And did they hurt: are the
// victim's own requests slower while others are served? Both are needed, because a fast device serves many at once without harm.

import type { DiskLoad } from './disk-load.js';
import { firstEndingAfter, intersect, total, union, type Interval } from './intervals.js';
import type { Origin, Origins } from './origins.js';
import { findBursts, type Bursts } from './period.js';
import type { Requests } from './requests.js';

/** Bursts are looked for in bins of 50 ms, wider in recordings of more than a quarter of an hour. */
const BIN_MS = 50;
const MOST_BINS = 20_000;
/** Fewer own requests than this in either condition make no comparison. */
const ENOUGH = 8;

/** A filesystem's journal and devices above serve the victim as well as others: they are nobody's guilt. */
export function isGuilty(origin: Origin | undefined): boolean {
  return origin?.via === 'direct' || origin?.via === 'flushed';
}

export interface Neighbour {
  readonly origin: Origin;
  /** ms of the victim's waiting during which the disk served this one. */
  readonly waitMs: number;
  readonly bytes: number;
  /** Share of the disk's bytes. */
  readonly share: number;
  readonly bursts: Bursts & { readonly binMs: number };
}

export interface NeighbourMeasures {
  /** Others by the waiting they cost, most first. */
  readonly others: readonly Neighbour[];
  /** When others' requests were with the device, journals and devices above not counted. */
  readonly company: readonly Interval[];
  /** ms of the victim's waiting during which the disk served its own requests. */
  readonly ownMs: number;
  /** How much longer the victim's own requests take while others are served: mean over mean, by kind; NaN where it can't be compared. */
  readonly slowdown: number;
  readonly quietMeanMs: number;
  readonly contendedMeanMs: number;
}

export function findNeighbours(
  load: DiskLoad,
  requests: Requests,
  origins: Origins,
  own: Uint8Array,
  waits: readonly Interval[],
  durationMs: number,
  pagesDirtied: (pid: number, binMs: number) => Float64Array | undefined,
): NeighbourMeasures {
  const byOrigin = new Map<number, { services: Interval[]; bytes: number; series: Float64Array }>();
  const ownServices: Interval[] = [];
  const company: Interval[] = [];
  let diskBytes = 0;
  const binMs = Math.max(BIN_MS, Math.ceil(durationMs / MOST_BINS));
  const bins = Math.max(1, Math.ceil(durationMs / binMs));
  load.rows.forEach((row, at) => {
    const service = { from: load.serviceFrom[at] ?? 0, to: load.serviceTo[at] ?? 0 };
    const bytes = requests.bytes[row] ?? 0;
    diskBytes += bytes;
    if (own[row] !== 0) {
      ownServices.push(service);
      return;
    }
    const index = origins.of[row] ?? 0;
    let entry = byOrigin.get(index);
    if (!entry) byOrigin.set(index, (entry = { services: [], bytes: 0, series: new Float64Array(bins) }));
    entry.services.push(service);
    if (isGuilty(origins.list[index]))
      company.push({ from: requests.dispatched[row] ?? 0, to: requests.completed[row] ?? 0 });
    entry.bytes += bytes;
    const bin = Math.floor(service.to / binMs);
    if (bin >= 0 && bin < bins) entry.series[bin] = (entry.series[bin] ?? 0) + bytes;
  });
  const others: Neighbour[] = [];
  for (const [index, entry] of byOrigin) {
    const origin = origins.list[index];
    if (!origin) continue;
    const dirtied = origin.via === 'flushed' && origin.pid !== null ? pagesDirtied(origin.pid, binMs) : undefined;
    others.push({
      origin,
      waitMs: total(intersect(waits, union(entry.services))),
      bytes: entry.bytes,
      share: diskBytes > 0 ? entry.bytes / diskBytes : 0,
      bursts: { ...findBursts(dirtied ?? entry.series), binMs },
    });
  }
  others.sort((a, b) => b.waitMs - a.waitMs);
  const foreign = union([...byOrigin.values()].flatMap((entry) => entry.services));
  return {
    others,
    company: union(company),
    ownMs: total(intersect(waits, union(ownServices))),
    ...compare(load, requests, own, foreign),
  };
}

/** The victim's requests with and without company, kind by kind, weighted by how many had company. */
function compare(load: DiskLoad, requests: Requests, own: Uint8Array, foreign: readonly Interval[]) {
  const quiet = new Map<number, number[]>();
  const contended = new Map<number, number[]>();
  for (const row of load.rows) {
    if (own[row] === 0) continue;
    const queued = requests.queued[row] ?? NaN;
    const from = Number.isNaN(queued) ? (requests.dispatched[row] ?? 0) : queued;
    const to = requests.completed[row] ?? 0;
    const company = (foreign[firstEndingAfter(foreign, from)]?.from ?? Infinity) < to;
    const into = company ? contended : quiet;
    const kind = requests.kind[row] ?? 0;
    const list = into.get(kind);
    if (list) list.push(to - from);
    else into.set(kind, [to - from]);
  }
  let weight = 0;
  let logRatio = 0;
  let quietSum = 0;
  let contendedSum = 0;
  for (const [kind, slow] of contended) {
    const fast = quiet.get(kind);
    if (!fast || fast.length < ENOUGH || slow.length < ENOUGH) continue;
    const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
    weight += slow.length;
    logRatio += slow.length * Math.log(mean(slow) / mean(fast));
    quietSum += slow.length * mean(fast);
    contendedSum += slow.length * mean(slow);
  }
  const all = (lists: Iterable<number[]>) => [...lists].flat();
  const meanOf = (list: number[]) => (list.length === 0 ? NaN : list.reduce((a, b) => a + b, 0) / list.length);
  return weight > 0
    ? { slowdown: Math.exp(logRatio / weight), quietMeanMs: quietSum / weight, contendedMeanMs: contendedSum / weight }
    : { slowdown: NaN, quietMeanMs: meanOf(all(quiet.values())), contendedMeanMs: meanOf(all(contended.values())) };
}
