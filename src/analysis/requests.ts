// The life of each request on each disk: queued (Q), dispatched to the device (D), completed (C), and who queued it.
// Bios are matched to requests by disk, direction and sector, as blktrace's btt does; flushes carry no sector. Of several that could be
// meant the latest is: one whose end was lost would otherwise pass its age on to all that follow.
// Stage names are blktrace's: Q2D is the time before the device had it, D2C the time the device had it (btt(1)).

import type { DeviceId } from '../model/counters.js';
import { TableBuilder } from '../decode/ftrace/table.js';
import type { Events } from '../model/events.js';
import { deviceId, type Topology } from './devices.js';
import { column, walkByTime } from './merge.js';

export const KIND = { read: 0, write: 1, flush: 2, discard: 3, other: 4 } as const;

/** A column set, one row a completed request, in order of completion. Times in ms since the start. */
export interface Requests {
  readonly length: number;
  /** Index into `disks`. */
  readonly disk: Uint16Array;
  readonly disks: readonly DeviceId[];
  readonly kind: Uint8Array;
  readonly bytes: Float64Array;
  /** When its first bio was queued; NaN where that was not seen. */
  readonly queued: Float64Array;
  readonly dispatched: Float64Array;
  readonly completed: Float64Array;
  /** The CPU that completed it, to link it to the sleeper that it woke. */
  readonly cpu: Uint16Array;
  /** The thread that queued it (the flusher for flushed pages); 0 where that was not seen. */
  readonly pid: Int32Array;
  /** Inode that the queuing flusher was writing, as an index into `inodes`; -1 for none. */
  readonly inode: Int32Array;
  /** 'BDI INODE' texts. */
  readonly inodes: readonly string[];
  readonly errors: number;
  readonly requeues: number;
  /** Dispatched, never seen completed. */
  readonly unfinished: number;
}

interface Bio {
  t: number;
  pid: number;
  inode: number;
  sector: number;
  sectors: number;
}

interface Flight {
  bio: Bio | undefined;
  dispatched: number;
  bytes: number;
  sectors: number;
}

/** rwbs as block_fill_rwbs writes it: an optional F (preflush), then R, W, D, F (flush) or N, then flags (kernel/trace/blktrace.c). */
export function kindOf(rwbs: string, sectors: number): number {
  const letters = rwbs.replace(/^F(?=[RWDN])/, '');
  if (sectors === 0 && rwbs.startsWith('F')) return KIND.flush;
  const letter = letters[0];
  if (letter === 'R') return KIND.read;
  if (letter === 'W') return KIND.write;
  if (letter === 'D') return KIND.discard;
  return letter === 'F' ? KIND.flush : KIND.other;
}

/** Bios that wait for dispatch, found by the sector they start at. */
class Waiting {
  private readonly bySector = new Map<number, Bio[]>();

  add(bio: Bio): void {
    const there = this.bySector.get(bio.sector);
    if (there) there.push(bio);
    else this.bySector.set(bio.sector, [bio]);
  }

  private take(sector: number): Bio | undefined {
    const there = this.bySector.get(sector);
    const bio = there?.pop();
    if (there?.length === 0) this.bySector.delete(sector);
    return bio;
  }

  /** Takes the bios that make up a request; a bio that was split leaves its rest. The earliest is returned. */
  takeRange(sector: number, sectors: number): Bio | undefined {
    let first: Bio | undefined;
    let at = sector;
    const end = sector + sectors;
    do {
      const bio = this.take(at);
      if (!bio) break;
      if (!first || bio.t < first.t) first = bio;
      const stop = at + bio.sectors;
      if (sectors > 0 && stop > end) this.add({ ...bio, sector: end, sectors: stop - end });
      at = stop;
    } while (at < end);
    return first;
  }
}

class RequestBuilder {
  readonly disks: DeviceId[] = [];
  readonly inodes: string[] = [];
  /** Completed requests: disk, kind, bytes, queued, dispatched, inode; the row's own time, CPU and thread are the completion's, its CPU and the queuer. */
  readonly rows = new TableBuilder(6);
  errors = 0;
  requeues = 0;
  private readonly diskByDev = new Map<number, number>();
  private readonly inodeIndex = new Map<string, number>();
  private readonly waiting = new Map<number, Waiting>();
  private readonly flights = new Map<number, Map<number, Flight[]>>();

  private readonly topology: Topology;

  constructor(topology: Topology) {
    this.topology = topology;
  }

  diskOf(dev: number): number {
    let index = this.diskByDev.get(dev);
    if (index === undefined) {
      const id = this.topology.disk(deviceId(dev));
      index = this.disks.indexOf(id);
      if (index < 0) index = this.disks.push(id) - 1;
      this.diskByDev.set(dev, index);
    }
    return index;
  }

  inodeOf(text: string): number {
    let index = this.inodeIndex.get(text);
    if (index === undefined) {
      index = this.inodes.push(text) - 1;
      this.inodeIndex.set(text, index);
    }
    return index;
  }

  private lane<T>(lanes: Map<number, T>, disk: number, kind: number, make: () => T): T {
    const key = disk * 8 + kind;
    let lane = lanes.get(key);
    if (lane === undefined) {
      lane = make();
      lanes.set(key, lane);
    }
    return lane;
  }

  queue(disk: number, kind: number, bio: Bio): void {
    this.lane(this.waiting, disk, kind, () => new Waiting()).add(kind === KIND.flush ? { ...bio, sector: 0 } : bio);
  }

  dispatch(disk: number, kind: number, sector: number, sectors: number, t: number): void {
    const at = kind === KIND.flush ? 0 : sector;
    const bio = this.lane(this.waiting, disk, kind, () => new Waiting()).takeRange(at, sectors);
    const lane = this.lane(this.flights, disk, kind, () => new Map<number, Flight[]>());
    const flight = { bio, dispatched: t, bytes: sectors * 512, sectors };
    const there = lane.get(at);
    if (there) there.push(flight);
    else lane.set(at, [flight]);
  }

  private land(disk: number, kind: number, sector: number): Flight | undefined {
    const lane = this.lane(this.flights, disk, kind, () => new Map<number, Flight[]>());
    const there = lane.get(sector);
    const flight = there?.pop();
    if (there?.length === 0) lane.delete(sector);
    return flight;
  }

  requeue(disk: number, kind: number, sector: number): void {
    this.requeues += 1;
    const flight = this.land(disk, kind, kind === KIND.flush ? 0 : sector);
    if (flight?.bio) this.queue(disk, kind, { ...flight.bio, sector, sectors: flight.sectors });
  }

  complete(disk: number, kind: number, sector: number, sectors: number, t: number, cpu: number): void {
    const flight = this.land(disk, kind, kind === KIND.flush ? 0 : sector);
    if (!flight) return;
    if (kind !== KIND.flush && sectors > 0 && sectors < flight.sectors) {
      // A partial completion: the device still has the rest.
      const lane = this.lane(this.flights, disk, kind, () => new Map<number, Flight[]>());
      lane.set(sector + sectors, [{ ...flight, sectors: flight.sectors - sectors }]);
      return;
    }
    const { bio, dispatched, bytes } = flight;
    const row = this.rows.add(t, cpu, bio?.pid ?? 0);
    const values = [disk, kind, bytes, bio?.t ?? NaN, dispatched, bio?.inode ?? -1];
    for (let index = 0; index < values.length; index += 1) {
      const target = this.rows.columns[index];
      if (target) target[row] = values[index] ?? NaN;
    }
  }

  unfinished(): number {
    let count = 0;
    for (const lane of this.flights.values()) for (const flights of lane.values()) count += flights.length;
    return count;
  }
}

/** Follows every request through the block events. */
export function followRequests(events: Events, topology: Topology): Requests {
  const table = (name: string) => events.tables.get(name);
  const tables = [
    table('writeback_single_inode_start'),
    table('block_bio_queue'),
    table('block_rq_requeue'),
    table('block_rq_issue'),
    table('block_rq_complete'),
    table('writeback_single_inode'),
  ];
  const build = new RequestBuilder(topology);
  const fields = tables.map((one) => ({
    dev: column(one, 'dev'),
    sector: column(one, 'sector'),
    sectors: column(one, 'nr_sector'),
    rwbs: column(one, 'rwbs'),
    error: column(one, 'error'),
    bdi: column(one, 'name'),
    ino: column(one, 'ino'),
  }));
  const kinds = new Map<number, number>();
  const kindAt = (rwbs: number, sectors: number): number => {
    const key = rwbs * 2 + (sectors === 0 ? 1 : 0);
    let kind = kinds.get(key);
    if (kind === undefined) {
      kind = kindOf(events.strings.get(rwbs), sectors);
      kinds.set(key, kind);
    }
    return kind;
  };
  const writing = new Map<number, number>();
  walkByTime(tables, (index, row) => {
    const source = tables[index];
    const field = fields[index];
    if (!source || !field) return;
    const t = source.t[row] ?? 0;
    const pid = source.pid[row] ?? 0;
    if (index === 0) {
      writing.set(pid, build.inodeOf(`${events.strings.get(field.bdi[row] ?? 0)} ${field.ino[row] ?? 0}`));
      return;
    }
    if (index === 5) {
      writing.delete(pid);
      return;
    }
    const disk = build.diskOf(field.dev[row] ?? 0);
    const sector = field.sector[row] ?? 0;
    const sectors = field.sectors[row] ?? 0;
    const kind = kindAt(field.rwbs[row] ?? 0, sectors);
    if (index === 1) build.queue(disk, kind, { t, pid, inode: writing.get(pid) ?? -1, sector, sectors });
    else if (index === 2) build.requeue(disk, kind, sector);
    else if (index === 3) build.dispatch(disk, kind, sector, sectors, t);
    else {
      if ((field.error[row] ?? 0) !== 0) build.errors += 1;
      build.complete(disk, kind, sector, sectors, t, source.cpu[row] ?? 0);
    }
  });
  return columnsOf(build);
}

function columnsOf(build: RequestBuilder): Requests {
  const { rows } = build;
  const pick = (index: number) => rows.columns[index]?.subarray(0, rows.length) ?? new Float64Array(0);
  return {
    length: rows.length,
    disk: Uint16Array.from(pick(0)),
    disks: build.disks,
    kind: Uint8Array.from(pick(1)),
    bytes: pick(2),
    queued: pick(3),
    dispatched: pick(4),
    completed: rows.t.subarray(0, rows.length),
    cpu: rows.cpu.subarray(0, rows.length),
    pid: rows.pid.subarray(0, rows.length),
    inode: Int32Array.from(pick(5)),
    inodes: build.inodes,
    errors: build.errors,
    requeues: build.requeues,
    unfinished: build.unfinished(),
  };
}
