// Whom a disk served when, request after request: the victim and every program beside it. A request that holds bytes of several is served
// to each for its share of them; where the victim is among them it is the victim's own request, and what it carries of others is no company.

import { type Interval, IntervalList } from '../../base/intervals.js';
import { addTo, entry } from '../../base/maps.js';
import { isGuilty, isWrittenBack, type Owners } from '../attribution/owners.js';
import type { DiskLoad } from '../requests/disk-load.js';
import { KIND, type Requests } from '../requests/requests.js';
import { OWN, type Users } from './users.js';

/** What a disk served, and whose it was. */
export interface Service {
  /** The disk that served the victim and others. */
  readonly load: DiskLoad;
  readonly requests: Requests;
  readonly owners: Owners;
  readonly users: Users;
  /** By request: whether it is the victim's. */
  readonly own: Uint8Array;
}

/** Bins of time over the recording. */
export interface Axis {
  readonly binMs: number;
  readonly bins: number;
}

/** A program, with all its processes. */
export interface Program {
  /** When the disk served it. */
  readonly services: IntervalList;
  /** Those of them that were discards. */
  readonly discards: IntervalList;
  bytes: number;
  discarded: number;
  /** By index of its owners, one a process. */
  readonly bytesOf: Map<number, number>;
  /** Bytes by bin of time. */
  readonly series: Map<number, number>;
}

export interface Served {
  readonly programs: readonly Program[];
  /** When the disk served the victim. */
  readonly own: IntervalList;
  /** When others' requests were with the device, journals and devices above not counted. */
  readonly company: IntervalList;
  /** When the disk served others, a flush as a whole: what the victim's own requests may have waited behind. */
  readonly foreign: IntervalList;
  /** What the disk moved in all. */
  readonly bytes: number;
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

/** The programs among the owners, each made when it is first asked for. */
function programsAmong({ list }: Owners) {
  const programs = new Map<string, Program>();
  // What the same program had made dirty before the recording began goes with what it made dirty since.
  const names = list.map((owner) => `${isWrittenBack(owner) ? 'flushed' : owner.via} ${owner.name}`);
  const programOf = (index: number): Program =>
    entry(programs, names[index] ?? '', () => ({
      services: new IntervalList(),
      discards: new IntervalList(),
      bytes: 0,
      discarded: 0,
      bytesOf: new Map(),
      series: new Map(),
    }));
  return { programs, programOf };
}

/** Follows the disk from one request to the next. */
export function whoWasServed({ load, requests, owners, users, own }: Service, { binMs, bins }: Axis): Served {
  const { programs, programOf } = programsAmong(owners);
  const ofVictim = new IntervalList();
  const company = new IntervalList();
  const foreign = new IntervalList();
  /** Bytes written since the last flush, by owner: a flush serves those whose bytes it has to write out. */
  const cached = new Map<number, number>();
  let diskBytes = 0;
  const servesAt = (of: number, time: Interval) =>
    (of === OWN ? ofVictim : programOf(of).services).push(time.from, time.to);
  /** The disk worked on a request, or on its share of one, for somebody. */
  const serve = (row: number, of: number, service: Interval, bytes: number) => {
    if (requests.kind[row] === KIND.write) addTo(cached, of, bytes);
    servesAt(of, service);
    if (of === OWN) return;
    const program = programOf(of);
    if (requests.kind[row] === KIND.discard) {
      program.discards.push(service.from, service.to);
      program.discarded += bytes;
    } else program.bytes += bytes;
    addTo(program.bytesOf, of, bytes);
    const bin = Math.floor(service.to / binMs);
    if (bin >= 0 && bin < bins) addTo(program.series, bin, bytes);
    if (own[row] === 0 && isGuilty(owners.list[of]))
      company.push(requests.dispatched[row] ?? 0, requests.completed[row] ?? 0);
  };
  const flush = (service: Interval) => {
    for (const part of inParts(service, cached)) {
      servesAt(part.of, part);
      if (isGuilty(owners.list[part.of])) company.push(part.from, part.to);
    }
    cached.clear();
  };
  load.rows.forEach((row, at) => {
    const service = { from: load.serviceFrom[at] ?? 0, to: load.serviceTo[at] ?? 0 };
    const bytes = (requests.bytes[row] ?? 0) * (requests.weight[row] ?? 1);
    if (requests.kind[row] !== KIND.discard) diskBytes += bytes;
    if (own[row] === 0) foreign.push(service.from, service.to);
    const one = users.wholly(row);
    if (requests.kind[row] === KIND.flush && cached.size > 0) flush(service);
    else if (one !== undefined) serve(row, one, service, bytes);
    else {
      const shares = users.sharesOf(row);
      for (const part of inParts(service, shares)) serve(row, part.of, part, bytes * (shares.get(part.of) ?? 0));
    }
  });
  return { programs: [...programs.values()], own: ofVictim, company, foreign, bytes: diskBytes };
}
