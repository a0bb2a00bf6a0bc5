// Gaps in the numbers that a trace's records carry: records that were lost between the kernel and the file.

import { CATEGORY, type RecordBatch } from '../../model/blktrace.js';

/** A wider gap is one, whatever else comes; so many gaps and numbers of messages are kept, however damaged a trace is. */
const WIDEST_KEPT = 64;
const MOST_KEPT = 65_536;

/** What is known of one CPU's numbers of one device. */
interface Numbers {
  last: number;
  /** Numbers of messages that did not come in their turn. */
  readonly messages: Set<number>;
  /** The last number before and the first behind each gap that messages may fill. */
  readonly gaps: (readonly [before: number, behind: number])[];
}

/**
 * A CPU numbers the records of a device from 1 on without a gap; the kernel's tracer in tracefs leaves the number 0. Notifications
 * are not numbered by blktrace, whose buffer then shows whatever lay there; where they are numbered, they count. In what `blkparse -d`
 * writes, messages stand before the records that they came behind.
 */
export class SequenceWatch {
  private readonly numbers = new Map<number, Numbers>();
  private certain = 0;

  see(batch: RecordBatch, row: number): void {
    const sequence = batch.sequence[row] ?? 0;
    if (sequence === 0) return;
    const key = (batch.device[row] ?? 0) * 65_536 + (batch.cpu[row] ?? 0);
    let known = this.numbers.get(key);
    if (!known) this.numbers.set(key, (known = { last: 0, messages: new Set(), gaps: [] }));
    const { last, messages, gaps } = known;
    if (((batch.category[row] ?? 0) & CATEGORY.notify) !== 0) {
      if (sequence === last + 1) known.last = sequence;
      else if (messages.size < MOST_KEPT) messages.add(sequence);
      return;
    }
    // What a trace begins with may be anything: it may be the end of a longer one.
    if (last > 0 && sequence > last + 1) {
      if (sequence - last > WIDEST_KEPT || gaps.length === MOST_KEPT) this.certain += 1;
      else gaps.push([last, sequence]);
    }
    known.last = sequence;
  }

  /** How many gaps there are that no message fills. */
  get gaps(): number {
    let count = this.certain;
    for (const { messages, gaps } of this.numbers.values())
      for (const [before, behind] of gaps) {
        let next = before + 1;
        while (next < behind && messages.has(next)) next += 1;
        if (next < behind) count += 1;
      }
    return count;
  }
}
