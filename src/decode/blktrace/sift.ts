// Passes over records whose time is damaged: those that break the order of time of their CPU while those around them keep it. A CPU writes
// the records of a device one after the other, with interrupts off while it takes the time (__blk_add_trace() in kernel/trace/blktrace.c),
// so the time of its file only grows. One flipped bit would otherwise put a record, and a request's latency with it, years away.
// Where time goes back and stays there, two traces lie one behind the other: that is no damage, and whoever merges them reports it.
// The first and the last record of a CPU have nothing on one side that would judge them; company.ts judges those.

import { addToList } from '../../base/maps.js';
import { CATEGORY, nsBetween, RecordBatch, type Moment } from '../../model/blktrace.js';
import type { Loss } from '../../model/losses.js';
import { append, rowsBetween } from './batches.js';
import { TraceReader, type BatchReader } from './read.js';
import type { ByteSource } from './source.js';

/** Steps back up to this are not looked at: they change no figure that anybody would read. ns. */
const TOLERATED = 1e6;
/** A leap by more than this at the end of a batch waits for the next batch to be judged. ns. */
const LEAP = 1e9;
/** So many of the following records of the same CPU and device are asked, of so many of all that follow. */
const ASKED = 8;
const AHEAD = 64;

/** The last time of an order within a batch, and whether it lies far behind the one before. */
interface Latest {
  high: number;
  low: number;
  leapt: boolean;
}

function momentOf(batch: RecordBatch, row: number): Moment {
  return { high: batch.timeHigh[row] ?? 0, low: batch.timeLow[row] ?? 0 };
}

/** A CPU's records of one device; undefined for a notification, which is not in their order. */
function orderOf(batch: RecordBatch, row: number): number | undefined {
  if (((batch.category[row] ?? 0) & CATEGORY.notify) !== 0) return undefined;
  return (batch.device[row] ?? 0) * 65_536 + (batch.cpu[row] ?? 0);
}

/** Gives the records of a reader without those whose time can't be theirs. */
export class Sifted implements BatchReader {
  /** What `next` has found: valid until it is called again. */
  batch: RecordBatch;
  private readonly reader: BatchReader;
  private readonly report: (loss: Loss) => void;
  private readonly name: string;
  /** The last believed time of each order. */
  private readonly last = new Map<number, Moment>();
  /** Records that wait for those behind them, in the place of the reader's batch. */
  private held: RecordBatch | undefined;
  private ended = false;
  private strays = 0;

  constructor(reader: BatchReader, name: string, report: (loss: Loss) => void) {
    this.reader = reader;
    this.batch = reader.batch;
    this.name = name;
    this.report = report;
  }

  /** Gives the next batch; false at the end. */
  async next(): Promise<boolean> {
    do {
      if (!this.held && !(await this.readOn())) return this.finish();
      const now = this.held ?? this.reader.batch;
      if (this.isInOrder(now)) {
        this.held = undefined;
        this.batch = now;
      } else await this.judge(now);
    } while (this.batch.length === 0);
    return true;
  }

  private async readOn(): Promise<boolean> {
    if (!this.ended && !(await this.reader.next())) this.ended = true;
    return !this.ended;
  }

  private finish(): false {
    if (this.strays > 0) this.report({ code: 'blktrace-stray', where: this.name, count: this.strays });
    this.strays = 0;
    return false;
  }

  /** Whether nothing in a batch has to be judged; then its times are believed. */
  private isInOrder(batch: RecordBatch): boolean {
    const seen = new Map<number, Latest>();
    let order: number | undefined;
    let latest: Latest | undefined;
    for (let row = 0; row < batch.length; row += 1) {
      const own = orderOf(batch, row);
      if (own === undefined) continue;
      if (own !== order || !latest) {
        order = own;
        latest = seen.get(own) ?? { ...(this.last.get(own) ?? momentOf(batch, row)), leapt: !this.last.has(own) };
        seen.set(own, latest);
      }
      const high = batch.timeHigh[row] ?? 0;
      const low = batch.timeLow[row] ?? 0;
      const step = (high - latest.high) * 0x1_0000_0000 + (low - latest.low);
      if (step < -TOLERATED) return false;
      // The first record of an order has nothing before it: it leaps until it is followed.
      if (step !== 0) latest.leapt = step > LEAP;
      latest.high = high;
      latest.low = low;
    }
    if (!this.ended) for (const { leapt } of seen.values()) if (leapt) return false;
    for (const [key, { high, low }] of seen) this.last.set(key, { high, low });
    return true;
  }

  /** Judges the records of a batch by the records behind them, which are held until they are judged themselves. */
  private async judge(now: RecordBatch): Promise<void> {
    const judged = now.length;
    const all = new RecordBatch(judged + AHEAD + this.reader.batch.capacity);
    append(all, now, rowsBetween(0, judged));
    while (all.length < judged + AHEAD && (await this.readOn()))
      append(all, this.reader.batch, rowsBetween(0, this.reader.batch.length));
    const kept = this.believed(all, judged);
    this.strays += judged - kept.length;
    const batch = new RecordBatch(kept.length);
    append(batch, all, kept);
    this.batch = batch;
    this.held = undefined;
    if (all.length > judged) {
      this.held = new RecordBatch(all.length - judged);
      append(this.held, all, rowsBetween(judged, all.length));
    }
  }

  private believed(all: RecordBatch, judged: number): Uint32Array {
    const behind = new Map<number, number[]>();
    for (let row = all.length - 1; row >= 0; row -= 1) {
      const order = orderOf(all, row);
      if (order !== undefined) addToList(behind, order, row);
    }
    return rowsBetween(0, judged).filter((row) => {
      const order = orderOf(all, row);
      if (order === undefined) return true;
      const rows = behind.get(order) ?? [];
      rows.pop();
      const next = rows.slice(-ASKED).map((one) => momentOf(all, one));
      const moment = momentOf(all, row);
      if (isStray(moment, this.last.get(order), next)) return false;
      this.last.set(order, moment);
      return true;
    });
  }
}

/** Whether a time lies outside of an order that those before and behind it keep. */
function isStray(moment: Moment, before: Moment | undefined, next: readonly Moment[]): boolean {
  const most = (holds: (one: Moment) => boolean) => 2 * next.filter(holds).length > next.length;
  if (!before) return next.length > 1 && most((one) => nsBetween(one, moment) > TOLERATED);
  const isAfter = most((one) => nsBetween(before, one) >= -TOLERATED);
  const isAhead = most((one) => nsBetween(one, moment) > TOLERATED);
  return isAfter && (nsBetween(moment, before) > TOLERATED || isAhead);
}

/** The records of one source but those whose time can't be theirs; the same batch may be given again. Never throws on any bytes. */
export async function* siftedRecords(source: ByteSource, report: (loss: Loss) => void): AsyncGenerator<RecordBatch> {
  const reader = new TraceReader(source, report);
  const sifted = new Sifted(reader, source.name, report);
  try {
    while (await sifted.next()) yield sifted.batch;
  } finally {
    await reader.close();
  }
}
