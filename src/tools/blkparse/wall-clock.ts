// The time of day that `%z` shows, as blkparse 1.2.0 keeps it: what the latest time stamp that was read says, counted from time 0 as if
// it had been made there. In pipe mode that is corrected once, by the time between the stamp and the first record; in file mode never.

import type { RecordBatch } from '../../model/blktrace.js';
import { timeOfDay } from '../../decode/blktrace/meaning.js';

const BILLION = 1_000_000_000;

export class WallClock {
  /** At the trace's time 0; the nanoseconds may be more than a second. */
  private seconds = 0;
  private nanoseconds = 0;
  /** When the stamp was made, in the trace's clock; 0 as long as there was none. */
  private stampedAt = 0n;

  /** Takes the time stamp in row `row`. */
  stamp(batch: RecordBatch, row: number): void {
    const time = timeOfDay(batch, row);
    if (!time) return;
    ({ seconds: this.seconds, nanoseconds: this.nanoseconds } = time);
    this.stampedAt = (BigInt(batch.timeHigh[row] ?? 0) << 32n) | BigInt(batch.timeLow[row] ?? 0);
  }

  /** The first record came at `genesis`. One before the stamp makes an unsigned, huge difference. */
  correct(genesis: bigint): void {
    if (this.stampedAt === 0n || this.stampedAt === genesis) return;
    const difference = BigInt.asUintN(64, genesis - this.stampedAt);
    this.seconds += Number(difference / 1_000_000_000n);
    this.nanoseconds += Number(difference % 1_000_000_000n);
    if (this.nanoseconds <= BILLION) return;
    this.nanoseconds -= BILLION;
    this.seconds += 1;
  }

  /** The local time of day at the time of row `row`: 'HH:MM:SS.uuuuuu'. */
  textAt(batch: RecordBatch, row: number): string {
    const time = (BigInt(batch.timeHigh[row] ?? 0) << 32n) | BigInt(batch.timeLow[row] ?? 0);
    let seconds = this.seconds + Number(time / 1_000_000_000n);
    let nanoseconds = this.nanoseconds + Number(time % 1_000_000_000n);
    if (nanoseconds >= BILLION) {
      nanoseconds -= BILLION;
      seconds += 1;
    }
    const date = new Date(seconds * 1000);
    const two = (value: number) => String(value).padStart(2, '0');
    const micros = String(Math.floor(nanoseconds / 1000)).padStart(6, '0');
    return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${micros}`;
  }
}
