// Takes records from a window one by one, as strictly as blkparse does: where it gives up, this gives up and says so.
// Both engines read through it; what they do about a fault differs.

import type { RecordBatch } from '../../model/blktrace.js';
import type { Loss, LossCode } from '../../model/losses.js';
import {
  byteOrderAt,
  isMagic,
  LEAST_HEADER,
  NEED_MORE,
  recordLength,
  UNKNOWN_VERSION,
} from '../../decode/blktrace/frame.js';
import { appendRecord } from '../../decode/blktrace/record.js';
import type { ByteWindow } from '../../decode/blktrace/source.js';

/** What all inputs of one run share. */
export interface Run {
  /** Set by the first record of all: blkparse reads every file in that byte order. */
  littleEndian: boolean | undefined;
  /** Set by a signal: reading ends, the rest is still printed. */
  stopped: boolean;
  readonly complain: (message: string) => void;
  readonly loss: (loss: Loss) => void;
}

/** No record is at the window's place: the source ended there, or what lies there is none. */
export type Fault = 'end' | 'no-magic' | 'no-order' | 'unknown-version';
/** A record was appended, or none for now: a live source has nothing yet, or the batch keeps too many bytes alive. */
export type Taken = 'record' | 'none-now' | Fault;

/** Payloads of 512 records are rarely a thousandth of that. */
const MOST_KEPT = 32 * 1024 * 1024;

export class RecordFeed {
  readonly window: ByteWindow;
  private readonly run: Run;
  private keptFrom = 0;

  constructor(window: ByteWindow, run: Run) {
    this.window = window;
    this.run = run;
  }

  /** Empties `batch`: the bytes of its records are needed no more. */
  begin(batch: RecordBatch): void {
    const { window } = this;
    batch.length = 0;
    batch.bytes = window.bytes;
    batch.view = window.view;
    this.keptFrom = window.at;
  }

  /** Appends the next record if the window holds it whole; undefined where more bytes are needed. */
  takeNow(batch: RecordBatch): Taken | undefined {
    const { window, run } = this;
    const { view, at, end } = window;
    if (end - at < LEAST_HEADER) return undefined;
    if (run.littleEndian === undefined) {
      const order = byteOrderAt(view, at);
      if (order === undefined) return 'no-order';
      run.littleEndian = order === 'little';
    }
    const length = recordLength(view, at, end, run.littleEndian);
    if (length > UNKNOWN_VERSION) {
      batch.littleEndian = run.littleEndian;
      appendRecord(batch, view, at);
      window.at = at + length;
      return 'record';
    }
    if (length === NEED_MORE) return undefined;
    if (length !== UNKNOWN_VERSION) return 'no-magic';
    // blkparse takes the payload's length from where version 7 has it, before it looks at the version.
    const whole = at + LEAST_HEADER + view.getUint16(at + 46, run.littleEndian) <= end;
    return whole ? 'unknown-version' : undefined;
  }

  /** Appends the next record, reading on where needed. Without `wait` it waits only for the rest of a record that has begun. */
  async take(batch: RecordBatch, wait: boolean): Promise<Taken> {
    const { window, run } = this;
    for (;;) {
      const taken = this.takeNow(batch);
      if (taken !== undefined) return taken;
      if (run.stopped) return 'none-now';
      const keepFrom = batch.length === 0 ? window.at : this.keptFrom;
      if (window.end - keepFrom > MOST_KEPT) return 'none-now';
      const read = await window.fill(keepFrom, wait || window.end > window.at);
      this.keptFrom = 0;
      moveRows(batch, keepFrom, window);
      if (read === 'end') return 'end';
      if (read === 'nothing yet') return 'none-now';
    }
  }

  /** The magic at the window's place. */
  magic(): number {
    return this.window.view.getUint32(this.window.at, this.run.littleEndian);
  }

  /** Says what blkparse says about a fault. */
  complainAbout(fault: Fault): void {
    if (fault === 'no-magic') this.run.complain(`Bad magic ${this.magic().toString(16)}`);
    if (fault === 'unknown-version')
      this.run.complain(`unsupported trace version ${(this.magic() & 0xff).toString(16)}`);
  }

  /** Passes over the record of an unknown version at the window's place. */
  passUnknown(): void {
    const { window, run } = this;
    window.at += LEAST_HEADER + window.view.getUint16(window.at + 46, run.littleEndian);
  }

  /** Reports that this source is read no further, unless this is its true end. */
  reportEnd(fault: Fault): void {
    const { window, run } = this;
    const { refusal } = window.source;
    if (refusal !== undefined) this.reportRest('blktrace-unreadable', refusal);
    else if (fault === 'unknown-version') this.reportRest('blktrace-version');
    else if (fault !== 'end') this.reportRest('blktrace-damaged');
    else if (this.left > 0) {
      const begun = window.end - window.at >= 4 && isMagic(window.view, window.at, run.littleEndian ?? true);
      this.reportRest(begun ? 'blktrace-truncated' : 'blktrace-damaged');
    }
  }

  /** Reports that this source is read no further, and how much of it there is. */
  reportRest(code: LossCode, why?: string): void {
    const { left } = this;
    const where = `${this.window.source.name}, offset ${this.window.offset}${why === undefined ? '' : `: ${why}`}`;
    this.run.loss({ code, where, ...(left > 0 && { count: left }) });
  }

  /** Bytes that were not read; of a source whose size nobody knows, those that are in memory. */
  private get left(): number {
    const { window } = this;
    const { size } = window.source;
    return size === undefined ? window.end - window.at : size - window.offset;
  }
}

/** After the window has moved its bytes by so many to the front, the batch follows. */
function moveRows(batch: RecordBatch, by: number, window: ByteWindow): void {
  batch.bytes = window.bytes;
  batch.view = window.view;
  if (by === 0) return;
  for (let row = 0; row < batch.length; row += 1) batch.payloadAt[row] = (batch.payloadAt[row] ?? 0) - by;
}
