// What company does to the victim's requests: those for which the disk served others for a good part of their life beside those that it had to
// itself, kind by kind. Company by a share of the life, because a long request meets somebody in any case, and that alone would make company
// look slow. What happened while the disk hung says nothing of company: it was slow for everybody.

import { coveredMs, IntervalList, type Intervals, union } from '../../base/intervals.js';
import { medianOf } from '../../base/median.js';
import { entry } from '../../base/maps.js';
import { FractionList } from '../../base/number-list.js';
import { SLOW } from '../../model/thresholds/device.js';
import { NORMS } from '../../model/thresholds/requests.js';
import { NEIGHBOURS } from '../../model/thresholds/stalls.js';
import type { DiskLoad } from '../requests/disk-load.js';
import { classOf, expectedMs, sizeOf, type RequestClass } from '../requests/norm.js';
import { beganAt, type Requests } from '../requests/requests.js';

export interface Slowdown {
  /** How much longer the victim's own requests take while others are served: mean over mean, by kind; NaN where it can't be compared. */
  readonly slowdown: number;
  readonly quietMeanMs: number;
  readonly contendedMeanMs: number;
}

/** When the disk hung: it took far longer for one request than for the rest of its class, for what they moved. */
export function hungTimes(load: DiskLoad, requests: Requests): Intervals {
  const { leastMs, times } = SLOW.hangs;
  const { rows, serviceFrom, serviceTo, moved } = load;
  const serviceMs = (at: number) => (serviceTo[at] ?? 0) - (serviceFrom[at] ?? 0);
  const classAt = (at: number) => classOf(requests.kind[rows[at] ?? 0] ?? 0, moved[at] ?? 0);
  /** How many times as long as a solid-state disk may take. */
  const paceAt = (at: number) => {
    const row = rows[at] ?? 0;
    const expected = expectedMs(NORMS.solid, requests.kind[row] ?? 0, moved[at] ?? 0);
    return serviceMs(at) / (expected * (requests.weight[row] ?? 1));
  };
  const paces = new Map<RequestClass, FractionList>();
  for (let at = 0; at < rows.length; at += 1) entry(paces, classAt(at), () => new FractionList()).push(paceAt(at));
  const usual = new Map([...paces].map(([name, list]) => [name, medianOf(list.take())]));
  const hung = new IntervalList();
  for (let at = 0; at < rows.length; at += 1)
    if (serviceMs(at) >= leastMs && paceAt(at) >= times * Math.max(1, usual.get(classAt(at)) ?? NaN))
      hung.push(serviceFrom[at] ?? 0, serviceTo[at] ?? 0);
  return union(hung);
}

/** When larger requests of others were with the disk. */
function largerOfOthers(load: DiskLoad, { kind, bytes, dispatched, completed }: Requests, own: Uint8Array): Intervals {
  const flights = new IntervalList();
  for (const row of load.rows)
    if (own[row] === 0 && sizeOf(kind[row] ?? 0, bytes[row] ?? 0) === 'large')
      flights.push(dispatched[row] ?? 0, completed[row] ?? 0);
  return union(flights);
}

/** The victim's requests in company and alone, weighted by how many had company. */
export function compareCompany(
  load: DiskLoad,
  requests: Requests,
  own: Uint8Array,
  { foreign, hung }: { readonly foreign: Intervals; readonly hung: Intervals },
): Slowdown {
  const heavy = largerOfOthers(load, requests, own);
  const quiet = new Map<number, number[]>();
  const contended = new Map<number, number[]>();
  for (const row of load.rows) {
    if (own[row] === 0) continue;
    const from = beganAt(requests, row);
    const to = requests.completed[row] ?? 0;
    const shareOf = (times: Intervals) => coveredMs(times, from, to) / (to - from);
    const covered = shareOf(foreign);
    if (covered > NEIGHBOURS.alone && covered < NEIGHBOURS.company) continue;
    if (shareOf(hung) > NEIGHBOURS.alone) continue;
    const into = covered >= NEIGHBOURS.company ? contended : quiet;
    // A disk that works on several at once answers a small request amid a larger one: it was not alone, though nobody else was answered.
    const isSmall = sizeOf(requests.kind[row] ?? 0, requests.bytes[row] ?? 0) === 'small';
    if (into === quiet && isSmall && shareOf(heavy) > NEIGHBOURS.alone) continue;
    entry(into, requests.kind[row] ?? 0, (): number[] => []).push(to - from);
  }
  let comparedMs = 0;
  let weight = 0;
  let logRatio = 0;
  let quietSum = 0;
  let contendedSum = 0;
  for (const [kind, slow] of contended) {
    const fast = quiet.get(kind);
    if (!fast || !areTold(slow, fast)) continue;
    comparedMs += sumOf(slow);
    weight += slow.length;
    logRatio += slow.length * Math.log(meanOf(slow) / meanOf(fast));
    quietSum += slow.length * meanOf(fast);
    contendedSum += slow.length * meanOf(slow);
  }
  const all = (lists: Iterable<number[]>) => [...lists].flat();
  // Requests that are hardly ever in company don't show what company does to them.
  if (weight === 0 && all(contended.values()).length < Math.min(NEIGHBOURS.enoughRequests, all(quiet.values()).length))
    contended.clear();
  // A kind that has no quiet time to compare with says nothing, and where that is what it waited for, the others say nothing of it.
  const tells = comparedMs >= NEIGHBOURS.compared * sumOf(all(contended.values()));
  return weight > 0 && tells
    ? { slowdown: Math.exp(logRatio / weight), quietMeanMs: quietSum / weight, contendedMeanMs: contendedSum / weight }
    : { slowdown: NaN, quietMeanMs: meanOf(all(quiet.values())), contendedMeanMs: meanOf(all(contended.values())) };
}

/**
 * True where the two can be compared: both are many, or the few in company all took so long that by chance they hardly would (each as long as
 * the shortest of them, as often as those alone did), or far longer than any alone. One that waits for each answer has one request in a burst,
 * however long that is.
 */
function areTold(inCompany: readonly number[], alone: readonly number[]): boolean {
  if (alone.length < NEIGHBOURS.enoughRequests) return false;
  if (inCompany.length >= NEIGHBOURS.enoughRequests) return true;
  const shortest = Math.min(...inCompany);
  if (shortest >= NEIGHBOURS.farLonger * alone.reduce((most, ms) => Math.max(most, ms), 0)) return true;
  const asLong = alone.reduce((count, ms) => count + Number(ms >= shortest), 1);
  return (asLong / (alone.length + 1)) ** inCompany.length <= NEIGHBOURS.byChance;
}

function sumOf(list: readonly number[]): number {
  return list.reduce((a, b) => a + b, 0);
}

/** NaN of none. */
function meanOf(list: readonly number[]): number {
  return list.length === 0 ? NaN : sumOf(list) / list.length;
}
