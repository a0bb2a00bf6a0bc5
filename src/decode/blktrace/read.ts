// A trace's bytes → batches of records, and a loss for everything that was passed over. Damage costs the records that it hits and no
// others: after a bad place reading goes on at the next magic number. What blkparse does at such places is in analysis/blkparse.

import { RecordBatch } from '../../model/blktrace.js';
import { LossCounter, type Loss, type LossCode } from '../../model/losses.js';
import {
  byteOrderAt,
  findMagic,
  isMagic,
  LEAST_HEADER,
  LONGEST_RECORD,
  NEED_MORE,
  recordLength,
  UNKNOWN_VERSION,
} from './frame.js';
import { appendRecord } from './record.js';
import { ByteWindow, type ByteSource } from './source.js';

const ROWS = 4096;
/** A file in which so many bytes on end make no record is read no further: it is a disk's image, or zeros. */
const MOST_DAMAGE = 64 * 1024 * 1024;

/**
 * Appends records without payloads, which nearly all are, and returns where the first other place lies. By itself, because V8 otherwise
 * throws its optimised loop away at the end of every batch.
 */
function takePlain(batch: RecordBatch, view: DataView, from: number, end: number): number {
  let at = from;
  while (batch.length < ROWS && recordLength(view, at, end, batch.littleEndian) === LEAST_HEADER) {
    appendRecord(batch, view, at);
    at += LEAST_HEADER;
  }
  return at;
}

/** Gives records batch by batch: `batch` is what `next` has filled, and valid until it is called again; false at the end. */
export interface BatchReader {
  readonly batch: RecordBatch;
  next(): Promise<boolean>;
}

/** Reads the records of one source in its own order, batch by batch. */
export class TraceReader implements BatchReader {
  private readonly window: ByteWindow;
  private readonly losses: LossCounter;
  private readonly name: string;
  private orderKnown = false;
  readonly batch = new RecordBatch(ROWS);

  constructor(source: ByteSource, report: (loss: Loss) => void) {
    this.window = new ByteWindow(source);
    this.losses = new LossCounter(source.name, report);
    this.name = source.name;
  }

  /** Refills the batch; false at the end. Never throws on any bytes; every byte belongs to a record or to a reported loss. */
  async next(): Promise<boolean> {
    const { batch, window } = this;
    batch.length = 0;
    for (;;) {
      if (!this.orderKnown) await this.findByteOrder();
      this.takeWhole();
      if (batch.length > 0) return true;
      if (window.at === window.end && window.ended) break;
      // Neither the end of the known bytes nor the longest record can be why no whole record begins here.
      if (window.ended || window.end - window.at >= LONGEST_RECORD + 4) await this.passDamage();
      else await window.fill();
    }
    if (window.refusal !== undefined) this.lose('blktrace-unreadable', `offset ${window.offset}: ${window.refusal}`, 0);
    this.losses.finish();
    return false;
  }

  async close(): Promise<void> {
    await this.window.source.close();
  }

  private lose(code: LossCode, where: string, count: number): void {
    this.losses.add({ code, where: `${this.name}, ${where}`, count });
  }

  /** Appends records for as long as whole ones follow each other and the batch has room. */
  private takeWhole(): void {
    const { batch, window } = this;
    batch.bytes = window.bytes;
    batch.view = window.view;
    for (;;) {
      window.at = takePlain(batch, window.view, window.at, window.end);
      if (batch.length === ROWS) return;
      const { view, at, end, ended } = window;
      const length = recordLength(view, at, end, batch.littleEndian);
      if (length <= UNKNOWN_VERSION) return;
      // A payload that does not end where a record begins may be a damaged length that covers records: see passDamage.
      const next = at + length;
      const follows = next + 4 <= end ? isMagic(view, next, batch.littleEndian) : ended && next === end;
      if (!follows && !this.payloadIsTrue(at, next)) return;
      appendRecord(batch, view, at);
      window.at = next;
    }
  }

  /** Whether no record begins inside the payload of the record at `at`, as far as it is known. */
  private payloadIsTrue(at: number, next: number): boolean {
    const { window, batch } = this;
    if (next + 4 > window.end && !window.ended) return false;
    return findMagic(window.view, at + LEAST_HEADER, Math.min(next, window.end), batch.littleEndian) < 0;
  }

  private async findByteOrder(): Promise<void> {
    const { window } = this;
    while (window.end - window.at < 4 && (await window.fill()) !== 'end');
    let at = window.at;
    while (at + 4 <= window.end) {
      const order = byteOrderAt(window.view, at);
      if (order !== undefined) {
        this.batch.littleEndian = order === 'little';
        this.orderKnown = true;
        return;
      }
      at += 1;
    }
  }

  /** Goes from a place where no whole record lies to the next magic, or to the end, and reports what it passed. */
  private async passDamage(): Promise<void> {
    const { window, batch } = this;
    const from = window.offset;
    const kind = recordLength(window.view, window.at, window.end, batch.littleEndian);
    let search = window.at + 1;
    for (;;) {
      const found = findMagic(window.view, search, window.end, batch.littleEndian);
      window.at = found >= 0 ? found : Math.max(search, window.end - 3);
      if (found >= 0) break;
      if (window.offset - from > MOST_DAMAGE)
        window.giveUp(`no record in ${MOST_DAMAGE / 2 ** 20} MiB, so the rest was not read`);
      if ((await window.fill()) === 'end') {
        window.at = window.end;
        break;
      }
      search = window.at;
    }
    const count = window.offset - from;
    const cutOff = kind === NEED_MORE && window.at === window.end;
    const code = cutOff ? 'blktrace-truncated' : kind === UNKNOWN_VERSION ? 'blktrace-version' : 'blktrace-damaged';
    this.lose(code, `offset ${from}`, count);
  }
}

/**
 * The records of one source, in the order in which they lie there. The same batch is given again and again: it is valid until the next
 * one is asked for. Never throws on any bytes; every byte belongs to a record or to a reported loss.
 */
export async function* readRecords(source: ByteSource, report: (loss: Loss) => void): AsyncGenerator<RecordBatch> {
  const reader = new TraceReader(source, report);
  try {
    while (await reader.next()) yield reader.batch;
  } finally {
    await reader.close();
  }
}
