// What blkparse finds in the memory of a request that it has just begun to track. It takes the memory from malloc(3) and sets none of its
// times (find_track() in blkparse.c), so a time that is used before it is set is what the block's last owner left there. glibc hands out last
// what was given back last (malloc/malloc.c, tcache), so this is the same in every run: the times of a request that is over, or the name of a
// process, whose notification has a block of the same size. Where more decides than what is kept here, nobody knows.
//
//   request, 72 bytes:       rb_node 24, process 8, sector 8, allocated at 40, queued at 48, dispatched at 56
//   notification, 48 + 16:   … CPU (u32) at 40, error (u16), length of the payload (u16), the payload from 48 on

import type { RecordBatch } from '../../model/blktrace.js';
import { LEAST_HEADER } from '../../decode/blktrace/frame.js';

/** Nanoseconds, or whatever 64 bits lay there, as a bigint where a double does not hold them; NaN where nobody knows. */
export type Time = number | bigint;

export interface Times {
  allocated: Time;
  queued: Time;
  dispatched: Time;
}

/** Payloads that make a block of a request's size: 57 to 72 bytes with the header of 48. */
const SHORTEST = 9;
const LONGEST = 24;
/** With a longer payload a record has a block beyond those that the cache keeps, 1032 bytes (MAX_TCACHE_SIZE). */
const MOST_KEPT = 1032 - 48;
/** tcache_count: blocks beyond go to a list of their own, a fastbin. */
const MOST_CACHED = 7;

const UNKNOWN: Times = { allocated: NaN, queued: NaN, dispatched: NaN };

export class TrackMemory {
  /** What was given back last is taken first. */
  private readonly cached: Times[] = [];
  private readonly fast: Times[] = [];
  /** Blocks that came out of the fastbin when something large was asked for: a smallbin, the first of which is taken first. */
  private readonly sorted: Times[] = [];
  private shown = false;
  /** From here on nobody knows which block comes next. */
  private lost = false;

  /** The memory of a new request. */
  take(): Times {
    const block = this.cached.pop() ?? this.fetch(() => this.fast.pop()) ?? this.fetch(() => this.sorted.shift());
    return { ...(block ?? UNKNOWN) };
  }

  /** The first block of a bin; others go to the cache meanwhile, as many as it takes (_int_malloc()). */
  private fetch(next: () => Times | undefined): Times | undefined {
    const block = next();
    if (!block) return undefined;
    while (this.cached.length < MOST_CACHED) {
      const other = next();
      if (!other) break;
      this.cached.push(other);
    }
    return block;
  }

  /** A request is over. */
  give({ allocated, queued, dispatched }: Times): void {
    if (this.lost) return;
    (this.cached.length < MOST_CACHED ? this.cached : this.fast).push({ allocated, queued, dispatched });
  }

  /** Another CPU's state is made, for which much memory is asked for: the fastbin is emptied (malloc_consolidate()). */
  sortFree(): void {
    while (this.fast.length > 0) this.sorted.push(...this.fast.splice(-1));
  }

  /** A record of a request's size is read. Once records are used again its memory grows into a block of a bin, if there is one. */
  read(): void {
    if (this.shown && this.fast.length + this.sorted.length > 0) this.lose();
  }

  /** Records are shown from now on. */
  show(): void {
    this.shown = true;
  }

  /** blkparse has no more use for a record. */
  giveRecord(batch: RecordBatch, row: number): void {
    const length = batch.payloadLength[row] ?? 0;
    // A block that is too large for the cache is split for whatever is asked for next.
    if (length > MOST_KEPT) this.lose();
    if (this.lost || length < SHORTEST || length > LONGEST) return;
    const allocated = BigInt(batch.cpu[row] ?? 0) | (BigInt(batch.error[row] ?? 0) << 32n) | (BigInt(length) << 48n);
    this.give({ allocated, queued: this.payload(batch, row, 0), dispatched: this.payload(batch, row, 8) });
  }

  /** The file ends within a record's payload: blkparse has made room for the whole and gives it back, its header as it was read. */
  giveCutRecord(view: DataView, at: number, end: number, littleEndian: boolean): void {
    if (this.lost || end - at < LEAST_HEADER) return;
    const length = view.getUint16(at + LEAST_HEADER - 2, littleEndian);
    if (length < SHORTEST || length > LONGEST) return;
    this.read();
    this.give({ allocated: narrowed(view.getBigInt64(at + 40, true)), queued: NaN, dispatched: NaN });
  }

  /** Which block is free from now on depends on more than is kept here. */
  lose(): void {
    this.lost = true;
    for (const bin of [this.cached, this.fast, this.sorted]) bin.length = 0;
  }

  /** Eight bytes of a payload, as a little-endian machine has them; NaN where they are not all of it. */
  private payload(batch: RecordBatch, row: number, from: number): Time {
    const at = batch.payloadAt[row] ?? 0;
    if (from + 8 > (batch.payloadLength[row] ?? 0)) return NaN;
    return narrowed(batch.view.getBigInt64(at + from, true));
  }
}

export function isTrackSized(batch: RecordBatch, row: number): boolean {
  const length = batch.payloadLength[row] ?? 0;
  return length >= SHORTEST && length <= LONGEST;
}

function narrowed(value: bigint): Time {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The time from one moment to another, as 64 bits count it; NaN where one of them is not known. */
export function elapsedBetween(from: Time, to: Time): Time {
  if (typeof from === 'number' && typeof to === 'number') return to - from;
  if (Number.isNaN(from) || Number.isNaN(to)) return NaN;
  return narrowed(BigInt.asIntN(64, BigInt(to) - BigInt(from)));
}
