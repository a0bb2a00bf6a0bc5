// Gaps in the numbers that a trace's records carry: records that were lost between the kernel and the file.

import { CATEGORY, type RecordBatch } from '../../model/blktrace.js';

/**
 * A CPU numbers the records of a device from 1 on without a gap; the kernel's tracer in tracefs leaves the number 0. Notifications
 * are not numbered by blktrace, whose buffer then shows whatever lay there; where they are numbered, they count.
 */
export class SequenceWatch {
  private readonly last = new Map<number, number>();
  gaps = 0;

  see(batch: RecordBatch, row: number): void {
    const sequence = batch.sequence[row] ?? 0;
    if (sequence === 0) return;
    const key = (batch.device[row] ?? 0) * 65_536 + (batch.cpu[row] ?? 0);
    const last = this.last.get(key);
    if (((batch.category[row] ?? 0) & CATEGORY.notify) !== 0) {
      if (sequence === (last ?? 0) + 1) this.last.set(key, sequence);
      return;
    }
    if (last !== undefined && sequence > last + 1) this.gaps += 1;
    this.last.set(key, sequence);
  }
}
