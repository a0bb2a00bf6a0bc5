// A stream of several CPUs (`trace -o -`, `blktrace -o -`) lies in pieces, a CPU behind the other, so it goes back in time at every piece.
// This puts it in order within a window that is larger than such pieces are, in the memory of two windows.

import { RecordBatch } from '../../model/blktrace.js';
import { append, empty, rowsBetween } from './batches.js';
import type { BatchReader } from './read.js';

/** A buffer of a CPU's trace, as the kernel's tracer and blktrace hand them out, holds some thousand records. */
const WINDOW = 1 << 16;

/** Gives the records of a reader in order of time, as far as the window reaches. */
export class Reordered {
  /** What `next` has filled: valid until it is called again. */
  readonly batch = new RecordBatch(WINDOW);
  private held = new RecordBatch(2 * WINDOW);
  private spare = new RecordBatch(2 * WINDOW);
  private readonly reader: BatchReader;
  private ended = false;

  constructor(reader: BatchReader) {
    this.reader = reader;
  }

  /** Refills the batch; false at the end. */
  async next(): Promise<boolean> {
    const { reader, batch } = this;
    while (!this.ended && this.held.length + reader.batch.capacity <= this.held.capacity) {
      if (await reader.next()) append(this.held, reader.batch, rowsBetween(0, reader.batch.length));
      else this.ended = true;
    }
    const { held, spare } = this;
    const order = rowsBetween(0, held.length);
    if (!isSorted(held)) order.sort((a, b) => compareTimes(held, a, b) || a - b);
    const count = this.ended ? Math.min(order.length, WINDOW) : Math.max(0, order.length - WINDOW);
    empty(batch);
    append(batch, held, order.subarray(0, count));
    empty(spare);
    append(spare, held, order.subarray(count));
    this.held = spare;
    this.spare = held;
    return batch.length > 0;
  }
}

function compareTimes(batch: RecordBatch, a: number, b: number): number {
  return (batch.timeHigh[a] ?? 0) - (batch.timeHigh[b] ?? 0) || (batch.timeLow[a] ?? 0) - (batch.timeLow[b] ?? 0);
}

function isSorted(batch: RecordBatch): boolean {
  for (let row = 1; row < batch.length; row += 1) if (compareTimes(batch, row - 1, row) > 0) return false;
  return true;
}
