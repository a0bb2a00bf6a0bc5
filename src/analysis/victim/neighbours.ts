// What the victim's waiting was spent on: while it waited for its disk, whose requests did the disk serve? And did they hurt: are the
// victim's own requests slower while others are served? Both are needed, because a fast device serves many at once without harm. A request
// that holds bytes of several is served to each for its share of them; where the victim is among them it is the victim's own request, and
// what it carries of others is no company.

import type { DiskLoad } from '../requests/disk-load.js';
import { intersect, total, union, without, type Interval } from '../../base/intervals.js';
import type { Owner, Owners } from '../attribution/owners.js';
import { findBursts, type Bursts } from '../requests/bursts.js';
import { KIND, type Requests } from '../requests/requests.js';
import { compareCompany, hungTimes, type Slowdown } from './company.js';
import { OWN, type Users } from './users.js';
import { NEIGHBOURS } from '../../model/thresholds/stalls.js';

/** A filesystem's journal and devices above serve the victim as well as others: they are nobody's guilt. */
export function isGuilty(origin: Owner | undefined): boolean {
  return origin?.via === 'direct' || isWrittenBack(origin) || isLazyInit(origin);
}

/** The thread that zeroes the inode tables of ext4 filesystems that were made without that (fs/ext4/super.c, ext4_lazyinit_thread). */
export function isLazyInit(origin: Owner | undefined): boolean {
  return origin?.via === 'unattributed' && origin.name === 'ext4lazyinit';
}

/** True for pages that it made dirty and that somebody else writes, before the recording began as well as since. */
export function isWrittenBack(origin: Owner | undefined): boolean {
  return origin?.via === 'flushed' || origin?.via === 'holder';
}

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
  readonly company: readonly Interval[];
  /** ms of the victim's waiting during which the disk served its own requests. */
  readonly ownMs: number;
}

interface Program {
  readonly services: Interval[];
  /** Those of them that were discards. */
  readonly discards: Interval[];
  bytes: number;
  discarded: number;
  /** By index of its owners, one a process. */
  readonly bytesOf: Map<number, number>;
  /** Bytes by bin of time. */
  readonly series: Map<number, number>;
}

/** An interval in parts one behind the other, as long as each one's bytes or share. */
function inParts({ from, to }: Interval, bytes: ReadonlyMap<number, number>): (Interval & { readonly of: number })[] {
  if (bytes.size === 1) return [...bytes.keys()].map((of) => ({ from, to, of }));
  const sum = [...bytes.values()].reduce((a, b) => a + b, 0);
  let at = from;
  return [...bytes].map(([of, part]) => {
    const begin = at;
    at += ((to - from) * part) / sum;
    return { from: begin, to: at, of };
  });
}

/** What neighbours are looked for in. */
export interface Neighbourhood {
  /** The disk that served the victim and others. */
  readonly load: DiskLoad;
  readonly requests: Requests;
  readonly owners: Owners;
  readonly users: Users;
  /** By request: whether it is the victim's. */
  readonly own: Uint8Array;
  /** The disk that the victim itself sends its requests to, where that is not the one that served them. */
  readonly top?: { readonly load: DiskLoad; readonly own: Uint8Array };
  /** When the victim waited. */
  readonly waits: readonly Interval[];
  readonly durationMs: number;
  readonly pagesDirtied: (pids: ReadonlySet<number>, binMs: number) => ReadonlyMap<number, number> | undefined;
}

export function findNeighbours({
  load,
  requests,
  owners,
  users: { wholly, sharesOf },
  own,
  top,
  waits,
  durationMs,
  pagesDirtied,
}: Neighbourhood): NeighbourMeasures {
  const byProgram = new Map<string, Program>();
  const ownServices: Interval[] = [];
  const company: Interval[] = [];
  /** When the disk served others, a flush as a whole: what the victim's own requests may have waited behind. */
  const foreign: Interval[] = [];
  /** Bytes written since the last flush, by owner: a flush serves those whose bytes it has to write out. */
  const cached = new Map<number, number>();
  let diskBytes = 0;
  const binMs = Math.max(NEIGHBOURS.binMs, Math.ceil(durationMs / NEIGHBOURS.mostBins));
  const bins = Math.max(1, Math.ceil(durationMs / binMs));
  // What the same program had made dirty before the recording began goes with what it made dirty since.
  const programs = owners.list.map((owner) => `${isWrittenBack(owner) ? 'flushed' : owner.via} ${owner.name}`);
  const programOf = (index: number) => {
    const key = programs[index] ?? '';
    let program = byProgram.get(key);
    if (!program) {
      program = { services: [], discards: [], bytes: 0, discarded: 0, bytesOf: new Map(), series: new Map() };
      byProgram.set(key, program);
    }
    return program;
  };
  /** The disk worked on a request, or on its share of one, for somebody. */
  const serve = (row: number, of: number, service: Interval, bytes: number) => {
    if (requests.kind[row] === KIND.write) cached.set(of, (cached.get(of) ?? 0) + bytes);
    if (of === OWN) {
      ownServices.push(service);
      return;
    }
    const program = programOf(of);
    program.services.push(service);
    if (requests.kind[row] === KIND.discard) {
      program.discards.push(service);
      program.discarded += bytes;
    } else program.bytes += bytes;
    program.bytesOf.set(of, (program.bytesOf.get(of) ?? 0) + bytes);
    const bin = Math.floor(service.to / binMs);
    if (bin >= 0 && bin < bins) program.series.set(bin, (program.series.get(bin) ?? 0) + bytes);
    if (own[row] === 0 && isGuilty(owners.list[of]))
      company.push({ from: requests.dispatched[row] ?? 0, to: requests.completed[row] ?? 0 });
  };
  load.rows.forEach((row, at) => {
    const service = { from: load.serviceFrom[at] ?? 0, to: load.serviceTo[at] ?? 0 };
    const bytes = requests.bytes[row] ?? 0;
    if (requests.kind[row] !== KIND.discard) diskBytes += bytes;
    if (own[row] === 0) foreign.push(service);
    if (requests.kind[row] === KIND.flush && cached.size > 0) {
      const parts = inParts(service, cached);
      cached.clear();
      for (const part of parts) {
        if (part.of === OWN) ownServices.push(part);
        else programOf(part.of).services.push(part);
        if (isGuilty(owners.list[part.of])) company.push(part);
      }
      return;
    }
    const one = wholly(row);
    if (one !== undefined) serve(row, one, service, bytes);
    else {
      const shares = sharesOf(row);
      for (const part of inParts(service, shares)) serve(row, part.of, part, bytes * (shares.get(part.of) ?? 0));
    }
  });
  // A disk that hangs serves nobody, whosever request it hangs in.
  const hung = hungTimes(load, requests);
  const served = (times: readonly Interval[]) => without(union(times), hung);
  const others = [...byProgram.values()].flatMap(
    ({ services, discards, discarded, bytes, bytesOf, series }): Neighbour[] => {
      const [most] = [...bytesOf].sort((a, b) => b[1] - a[1]);
      const origin = most && owners.list[most[0]];
      if (!origin) return [];
      const pids = new Set([...bytesOf.keys()].flatMap((index) => owners.list[index]?.pid ?? []));
      const dirtied = isWrittenBack(origin) && pids.size > 0 ? pagesDirtied(pids, binMs) : undefined;
      return [
        {
          origin,
          processes: Math.max(1, pids.size),
          waitMs: total(intersect(waits, served(services))),
          bytes,
          share: diskBytes > 0 ? bytes / diskBytes : 0,
          bursts: { ...findBursts(dirtied ?? series, bins), binMs },
          ...(discards.length > 0 && {
            discards: { bytes: discarded, waitMs: total(intersect(waits, served(discards))) },
          }),
        },
      ];
    },
  );
  others.sort((a, b) => b.waitMs - a.waitMs);
  return {
    others,
    company: served(company),
    ownMs: total(intersect(waits, served(ownServices))),
    // What a device beneath does for a journal or a flusher may be for the victim: only what is somebody else's is company there.
    ...(top
      ? compareCompany(top.load, requests, top.own, { foreign: served(company), hung })
      : compareCompany(load, requests, own, { foreign: served(foreign), hung })),
  };
}
