// Whose each request is: the shares of those who are behind its bios, of its bytes and, for a flush, of those who asked for it. One walk over
// the events makes the requests, their shares and the bytes of every device, so whatever is said of a request adds up to the table of writers.

import type { Interval } from '../../base/intervals.js';
import { FractionList, NumberList } from '../../base/number-list.js';
import type { Case } from '../../model/case.js';
import type { DeviceId } from '../../model/counters.js';
import type { Writer } from '../../model/diagnosis.js';
import type { Topology } from '../machine/topology.js';
import { Sampling } from '../requests/sampling.js';
import { beforeTracing } from '../requests/before.js';
import { followRequests } from '../requests/follow.js';
import type { Requests } from '../requests/requests.js';
import { BioOwners } from './bios.js';
import { Sums, type Portions } from './portions.js';
import type { Source, Sources } from './sources.js';
import { Naming } from './who.js';
import type { Units } from './writeback.js';

/** A process, a journal, a filesystem, devices above, or nobody that can be named. */
export interface Owner {
  /** The process or, for threads that events alone show, the thread; null for all but processes. */
  readonly pid: number | null;
  readonly name: string;
  /** 'metadata' for what a filesystem's own threads write; what a process queues of it itself is the process's, 'direct'. */
  readonly via: Writer['via'];
  /** The devices above that it is done for, where a thread of the kernel does it: the one whose file it is, or all that it may be. */
  readonly above?: readonly DeviceId[];
}

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

export interface Owners {
  readonly list: readonly Owner[];
  readonly sources: readonly Source[];
  /** Index into `list` by source. */
  readonly ownerOf: Int32Array;
  /** The shares of row r stand from `first[r]` to before `first[r + 1]`, each source once; they sum to 1. */
  readonly first: Int32Array;
  /** Index into `sources`. */
  readonly source: Int32Array;
  readonly share: Float64Array;
}

export interface Attribution {
  /** Absent without completions of requests. */
  readonly requests?: Requests;
  readonly owners?: Owners;
  /** Absent without bios. */
  readonly portions?: Portions;
}

const DIRECT_EVENT = 'iomap/iomap_dio_rw_begin';

/**
 * Follows all requests and bios of a case; `endMs` is when their tracing ended, undefined where that is not known. Portions are of what was
 * complete in `counted`, after its beginning and up to its end, and of everything unless told.
 */
export function attribute(input: Case, topology: Topology, endMs: number | undefined, counted?: Interval): Attribution {
  const { events } = input;
  const hasRequests = events?.tables.has('block_rq_complete') === true;
  const hasBios = events?.tables.has('block_bio_queue') === true;
  if (!events || (!hasRequests && !hasBios)) return {};
  const { units, blockBytes } = scaleOf(input, topology);
  const sampling = new Sampling(input);
  const sums = new Sums();
  const isCounted = (t: number): boolean => counted === undefined || (t > counted.from && t <= counted.to);
  const bios = new BioOwners(topology, units, blockBytes, (t) => (isCounted(t) ? sums : undefined));
  bios.follow(events);
  const before = beforeTracing(input);
  const requests = followRequests(events, topology, { endMs, sampling, ...(before && { before }) }, bios);
  const portions = bios.portionsOf(sums);
  return {
    ...(hasRequests && { requests, owners: ownersOf(input, topology, requests, bios.sources, portions) }),
    ...(hasBios && { portions }),
  };
}

/** What the walk over bios has to know of a case: its units, and the block size of the filesystem on a disk. */
export function scaleOf(input: Case, topology: Topology): { units: Units; blockBytes: (disk: DeviceId) => number } {
  const blocks = blockSizes(input, topology);
  return { units: unitsOf(input), blockBytes: (disk) => blocks.get(disk) ?? input.pageBytes };
}

/** The units of a recording's events, as it says them; a recording is made with one filter from its beginning to its end. */
function unitsOf({ pageBytes, trace }: Case): Units {
  const filters = trace.map((state) => state.filters[DIRECT_EVENT]);
  return { pageBytes, directFilter: filters.find((filter) => filter !== undefined) };
}

function blockSizes(input: Case, topology: Topology): Map<DeviceId, number> {
  const blocks = new Map<DeviceId, number>();
  for (const { mountPoint, blockBytes } of input.space) {
    const disk = topology.diskOfPath(mountPoint);
    if (disk !== undefined && blockBytes > 0) blocks.set(disk, blockBytes);
  }
  return blocks;
}

function ownersOf(input: Case, topology: Topology, requests: Requests, sources: Sources, portions: Portions): Owners {
  const naming = new Naming(input, topology, portions);
  const list: Owner[] = [];
  const index = new Map<string, number>();
  const ownerOf = Int32Array.from(sources.list, (source) => {
    const { who, above } = naming.whoIs(source, topology.disk(source.device));
    const { process: name, pid, via } = who;
    const owner: Owner = {
      pid,
      name,
      via: via === 'metadata' && pid !== null ? 'direct' : via,
      ...(above && { above }),
    };
    const key = `${pid ?? ''}/${name}/${owner.via}`;
    let known = index.get(key);
    if (known === undefined) index.set(key, (known = list.push(owner) - 1));
    return known;
  });
  return { list, sources: sources.list, ownerOf, ...sharesOf(requests, sources) };
}

/** From parts by tag to shares by source. */
function sharesOf({ length, parts }: Requests, sources: Sources): Pick<Owners, 'first' | 'source' | 'share'> {
  const first = new NumberList();
  const source = new NumberList();
  const share = new FractionList();
  for (let row = 0; row < length; row += 1) {
    const begin = source.length;
    first.push(begin);
    const end = parts.first[row + 1] ?? 0;
    for (let part = parts.first[row] ?? 0; part < end; part += 1) {
      const whole = parts.share[part] ?? 0;
      for (const one of sources.behind(parts.tag[part] ?? -1)) {
        let at = begin;
        while (at < source.length && source.at(at) !== one.source) at += 1;
        if (at < source.length) share.set(at, share.at(at) + whole * one.share);
        else {
          source.push(one.source);
          share.push(whole * one.share);
        }
      }
    }
  }
  first.push(source.length);
  return { first: first.take(), source: source.take(), share: share.take() };
}

/** 1 for each source that is one of these threads': they queued the bio, or it is the bytes of their process. */
export function sourcesOf({ list, sources, ownerOf }: Owners, threads: ReadonlySet<number>): Uint8Array {
  return Uint8Array.from(sources, ({ queuer }, source) =>
    threads.has(queuer) || threads.has(list[ownerOf[source] ?? 0]?.pid ?? -1) ? 1 : 0,
  );
}
