// What the victim's waiting was spent on: while it waited for its disk, whose requests did the disk serve (served.ts)? And did they hurt: are
// the victim's own requests slower while others are served (company.ts)? Both are needed, because a fast device serves many at once without
// harm. Here the two become one list of neighbours, with what each cost the victim.

import type { DiskLoad } from '../requests/disk-load.js';
import { intersect, type Intervals, type IntervalSource, total, union, without } from '../../base/intervals.js';
import { isWrittenBack, type Owner } from '../attribution/owners.js';
import { findBursts, type Bursts } from '../requests/bursts.js';
import { compareCompany, hungTimes, type Slowdown } from './company.js';
import { whoWasServed, type Axis, type Program, type Service } from './served.js';
import { NEIGHBOURS } from '../../model/thresholds/stalls.js';

/** A program, with all its processes: a job that starts one after the other is one neighbour. */
export interface Neighbour {
  /** The process of it that moved most. */
  readonly origin: Owner;
  readonly processes: number;
  /** ms of the victim's waiting during which the disk served this one. */
  readonly waitMs: number;
  readonly bytes: number;
  /** Share of the disk's bytes. */
  readonly share: number;
  readonly bursts: Bursts & { readonly binMs: number };
  /** What it told the disk to forget, which moves nothing, and how much of `waitMs` that took; absent where it discarded nothing. */
  readonly discards?: { readonly bytes: number; readonly waitMs: number };
}

/** True for one who keeps the disk busy by discards, more than by what it moves. */
export function isDiscarding({ discards, waitMs }: Neighbour): boolean {
  return discards !== undefined && discards.waitMs > waitMs / 2;
}

export interface NeighbourMeasures extends Slowdown {
  /** Others by the waiting they cost, most first. */
  readonly others: readonly Neighbour[];
  /** When others' requests were with the device, journals and devices above not counted. */
  readonly company: Intervals;
  /** ms of the victim's waiting during which the disk served its own requests. */
  readonly ownMs: number;
}

/** What neighbours are looked for in. */
export interface Neighbourhood extends Service {
  /** The disk that the victim itself sends its requests to, where that is not the one that served them. */
  readonly top?: { readonly load: DiskLoad; readonly own: Uint8Array };
  /** When the victim waited. */
  readonly waits: Intervals;
  readonly durationMs: number;
  readonly pagesDirtied: (pids: ReadonlySet<number>, binMs: number) => ReadonlyMap<number, number> | undefined;
}

export function findNeighbours(where: Neighbourhood): NeighbourMeasures {
  const { load, requests, top, waits, own, durationMs } = where;
  const binMs = Math.max(NEIGHBOURS.binMs, Math.ceil(durationMs / NEIGHBOURS.mostBins));
  const axis = { binMs, bins: Math.max(1, Math.ceil(durationMs / binMs)) };
  const served = whoWasServed(where, axis);
  // A disk that hangs serves nobody, whosever request it hangs in.
  const hung = hungTimes(load, requests);
  const timesOf = (services: IntervalSource) => without(union(services), hung);
  const company = timesOf(served.company);
  return {
    others: served.programs
      .flatMap((program) => neighbourOf(program, where, axis, served.bytes, timesOf))
      .sort((a, b) => b.waitMs - a.waitMs),
    company,
    ownMs: total(intersect(waits, timesOf(served.own))),
    // What a device beneath does for a journal or a flusher may be for the victim: only what is somebody else's is company there.
    ...(top
      ? compareCompany(top.load, requests, top.own, { foreign: company, hung })
      : compareCompany(load, requests, own, { foreign: timesOf(served.foreign), hung })),
  };
}

/** `timesOf` takes out of services when the disk, which moved `diskBytes` in all, served nobody. Nobody where only flushes were for it. */
function neighbourOf(
  { services, discards, discarded, bytes, bytesOf, series }: Program,
  { owners, waits, pagesDirtied }: Neighbourhood,
  { binMs, bins }: Axis,
  diskBytes: number,
  timesOf: (services: IntervalSource) => Intervals,
): Neighbour[] {
  const [most] = [...bytesOf].sort((a, b) => b[1] - a[1]);
  const origin = most && owners.list[most[0]];
  if (!origin) return [];
  const pids = new Set([...bytesOf.keys()].flatMap((index) => owners.list[index]?.pid ?? []));
  const dirtied = isWrittenBack(origin) && pids.size > 0 ? pagesDirtied(pids, binMs) : undefined;
  return [
    {
      origin,
      processes: Math.max(1, pids.size),
      waitMs: total(intersect(waits, timesOf(services))),
      bytes,
      share: diskBytes > 0 ? bytes / diskBytes : 0,
      bursts: { ...findBursts(dirtied ?? series, bins), binMs },
      ...(discards.length > 0 && {
        discards: { bytes: discarded, waitMs: total(intersect(waits, timesOf(discards))) },
      }),
    },
  ];
}
