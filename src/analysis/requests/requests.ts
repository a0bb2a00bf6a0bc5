// The life of each request on each disk: queued (Q), dispatched to the device (D), completed (C), who queued it, and the tags of its bios.
// Stage names are blktrace's: Q2D is the time before the device had it, D2C the time the device had it (btt(1)).

import type { Interval, Intervals } from '../../base/intervals.js';
import { KINDS } from '../../model/block-stats.js';
import type { DeviceId } from '../../model/counters.js';
import type { Strings } from '../../model/events.js';

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

/** What requests are made of: those of row r stand from `first[r]` to before `first[r + 1]`. */
export interface Parts {
  readonly first: Int32Array;
  /** As whoever looked along tagged the bios; NONE where none was seen, or nobody looked along. */
  readonly tag: Int32Array;
  /** Of the request: a row's sum to 1. A flush has no size and is shared alike by those who asked for it. */
  readonly share: Float64Array;
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
  /** Where it begins on the disk, in units of 512 bytes; 0 for a flush. */
  readonly sector: Float64Array;
  readonly bytes: Float64Array;
  /** How many requests of the disk a row stands for, 1 where all were recorded: what counts or adds up weighs by it. */
  readonly weight: Uint8Array;
  /** When its first bio was queued; NaN where that was not seen. */
  readonly queued: Float64Array;
  readonly dispatched: Float64Array;
  readonly completed: Float64Array;
  /** 1 where it is a bio of a device without requests, which passes it on to others (device-mapper, md): with the device from its queueing on. */
  readonly passedOn: Uint8Array;
  /** The CPU that completed it, to link it to the sleeper that it woke. */
  readonly cpu: Uint16Array;
  /** The thread that queued it (the flusher for flushed pages); 0 where that was not seen. */
  readonly pid: Int32Array;
  readonly parts: Parts;
  readonly errors: number;
  readonly requeues: number;
  /** Rows from here on were not answered. */
  readonly answered: number;
  /** When only a sample was recorded. */
  readonly sampled: Intervals;
  /** By index into `disks`: when requests were with a disk that it had been sent before they were traced; these make no rows. */
  readonly fromBefore: ReadonlyMap<number, Interval>;
}

/** When a request began: when its first bio was queued or, where that was not seen, when it was dispatched. */
export function beganAt({ queued, dispatched }: Requests, row: number): number {
  const arrival = queued[row] ?? NaN;
  return Number.isNaN(arrival) ? (dispatched[row] ?? NaN) : arrival;
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

/** errno(3): what the device does not do at all. */
const EOPNOTSUPP = 95;

/**
 * Whether a completion's error, a negative errno, is a failure: data or a flush is lost. A device that can't discard or write zeroes says
 * so once, and the kernel writes plain zeroes or leaves it (block/blk-lib.c): nobody's call fails.
 */
export function isFailure(error: number, kind: number): boolean {
  const matters = kind === KIND.read || kind === KIND.write || kind === KIND.flush;
  return error !== 0 && error !== -EOPNOTSUPP && matters;
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
