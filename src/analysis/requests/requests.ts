// The life of each request on each disk: queued (Q), dispatched to the device (D), completed (C), and who queued it.
// Flushes carry no sector that means anything: they stand at sector 0.
// Stage names are blktrace's: Q2D is the time before the device had it, D2C the time the device had it (btt(1)).

import { KINDS } from '../../model/block-stats.js';
import type { DeviceId } from '../../model/counters.js';
import { TableBuilder } from '../../model/columns.js';
import type { Events, Strings } from '../../model/events.js';
import { deviceId, type Topology } from '../machine/topology.js';
import { column, walkByTime } from '../machine/time-walk.js';
import { RequestFollower } from './follower.js';
import { NONE } from '../../base/slot-index.js';

/** Numbers of the kinds of requests. */
export const KIND = {
  read: KINDS.indexOf('read'),
  write: KINDS.indexOf('write'),
  flush: KINDS.indexOf('flush'),
  discard: KINDS.indexOf('discard'),
  other: KINDS.indexOf('other'),
} as const;

/** Requests of one disk and one kind are matched among themselves. */
export function laneOf(disk: number, kind: number): number {
  return disk * 8 + kind;
}

export function diskOfLane(lane: number): number {
  return lane >> 3;
}

export function kindOfLane(lane: number): number {
  return lane & 7;
}

/**
 * A column set, one row a request, in order of completion. Times in ms since the start. The last rows are what the device had not answered
 * when the recording ended: they count as completed then, because until then they were waited for.
 */
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
  /** Inode that the queuing thread was writing back, as an index into `inodes`; -1 for none. */
  readonly inode: Int32Array;
  /** 'BDI INODE' texts. */
  readonly inodes: readonly string[];
  readonly errors: number;
  readonly requeues: number;
  /** Rows from here on were not answered. */
  readonly answered: number;
}

/**
 * rwbs as blk_fill_rwbs writes it: an optional F (preflush), then R, W, ZA (an append to a zone), D, F (flush), another command to a zone or N,
 * then flags (kernel/trace/blktrace.c).
 */
export function kindOf(rwbs: string, sectors: number): number {
  const letters = rwbs.replace(/^F(?=[RWDNZ])/, '');
  if (sectors === 0 && rwbs.startsWith('F')) return KIND.flush;
  const letter = letters[0];
  if (letter === 'R') return KIND.read;
  if (letter === 'W' || letters.startsWith('ZA')) return KIND.write;
  if (letter === 'D') return KIND.discard;
  return letter === 'F' ? KIND.flush : KIND.other;
}

/** The kind of each row of an event by its rwbs and its sectors; every text is looked at once, because a table has millions of rows. */
export function kindsOf(strings: Strings): (rwbs: number, sectors: number) => number {
  const kinds = new Map<number, number>();
  return (rwbs, sectors) => {
    const key = rwbs * 2 + (sectors === 0 ? 1 : 0);
    let kind = kinds.get(key);
    if (kind === undefined) {
      kind = kindOf(strings.get(rwbs), sectors);
      kinds.set(key, kind);
    }
    return kind;
  };
}

/** A write of a file's contents: an M would make it metadata of the filesystem. */
export const DATA_WRITE = /^F?(W|ZA)[^M]*$/;

/** Requests by disk, kind and time, as they end. */
class RequestBuilder {
  readonly disks: DeviceId[] = [];
  readonly inodes: string[] = [];
  /** Requests, the unanswered last: disk, kind, bytes, queued, dispatched, inode; the row's own time, CPU and thread are the completion's, its CPU and the queuer. */
  readonly rows = new TableBuilder(6);
  readonly follower = new RequestFollower();
  errors = 0;
  requeues = 0;
  /** The latest dispatch that was answered, by lane. */
  private readonly answered: number[] = [];
  private readonly diskByDev = new Map<number, number>();
  private readonly inodeIndex = new Map<string, number>();
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

  complete(lane: number, sector: number, sectors: number, t: number, cpu: number): void {
    const flight = this.follower.complete(lane, sector, sectors);
    if (flight === NONE) return;
    this.answered[lane] = Math.max(this.answered[lane] ?? -Infinity, this.follower.dispatched[flight] ?? NaN);
    this.add(flight, lane, t, cpu);
    this.follower.release(flight);
  }

  /** Takes what is still with a device for answered at the end. One older than the last of its kind that was has lost its completion. */
  end(endMs: number): void {
    const { follower, rows } = this;
    const last = Math.max(endMs, rows.t[rows.length - 1] ?? endMs);
    for (const { flight, lane } of follower.flying())
      if ((follower.dispatched[flight] ?? NaN) >= (this.answered[lane] ?? -Infinity)) this.add(flight, lane, last, 0);
  }

  private add(flight: number, lane: number, t: number, cpu: number): void {
    const { follower, rows } = this;
    const bio = follower.earliest(flight);
    const row = rows.add(t, cpu, follower.pid[bio] ?? 0);
    const values = [
      diskOfLane(lane),
      kindOfLane(lane),
      (follower.sectors[flight] ?? 0) * 512,
      follower.queued[bio] ?? NaN,
      follower.dispatched[flight] ?? NaN,
      follower.tag[bio] ?? NONE,
    ];
    for (let index = 0; index < values.length; index += 1) {
      const target = rows.columns[index];
      if (target) target[row] = values[index] ?? NaN;
    }
  }
}

/**
 * Follows every request through the block events; what is unanswered at the end of their tracing was waited for until then, and is left
 * out where no end is given. `inodeBeingWritten` tells 'BDI INODE' of what a thread writes back at a time; it is asked in order of time.
 */
export function followRequests(
  events: Events,
  topology: Topology,
  endMs: number | undefined,
  inodeBeingWritten: (t: number, pid: number) => string | undefined = () => undefined,
): Requests {
  const table = (name: string) => events.tables.get(name);
  const tables = [
    table('block_bio_queue'),
    table('block_rq_requeue'),
    table('block_rq_issue'),
    table('block_rq_complete'),
  ];
  const build = new RequestBuilder(topology);
  const { follower } = build;
  const fields = tables.map((one) => ({
    dev: column(one, 'dev'),
    sector: column(one, 'sector'),
    sectors: column(one, 'nr_sector'),
    rwbs: column(one, 'rwbs'),
    error: column(one, 'error'),
  }));
  const kindAt = kindsOf(events.strings);
  walkByTime(tables, (index, row) => {
    const source = tables[index];
    const field = fields[index];
    if (!source || !field) return;
    const t = source.t[row] ?? 0;
    const pid = source.pid[row] ?? 0;
    const disk = build.diskOf(field.dev[row] ?? 0);
    const sectors = field.sectors[row] ?? 0;
    const kind = kindAt(field.rwbs[row] ?? 0, sectors);
    const lane = laneOf(disk, kind);
    const sector = kind === KIND.flush ? 0 : (field.sector[row] ?? 0);
    if (index === 0) {
      const inode = kind === KIND.write ? inodeBeingWritten(t, pid) : undefined;
      follower.queue(lane, sector, sectors, t, pid, inode === undefined ? NONE : build.inodeOf(inode));
    } else if (index === 1) {
      build.requeues += 1;
      follower.requeue(lane, sector);
    } else if (index === 2) follower.dispatch(lane, sector, sectors, t);
    else {
      if ((field.error[row] ?? 0) !== 0) build.errors += 1;
      build.complete(lane, sector, sectors, t, source.cpu[row] ?? 0);
    }
  });
  const answered = build.rows.length;
  if (endMs !== undefined) build.end(endMs);
  return columnsOf(build, answered);
}

function columnsOf(build: RequestBuilder, answered: number): Requests {
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
    answered,
  };
}
