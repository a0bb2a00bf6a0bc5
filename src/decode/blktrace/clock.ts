// What time of day it was in a trace: its time stamps, each a moment of the trace's clock → the stamp in the time of the I/O records.
//
// The two differ in what `blkparse -d` writes. It writes notifications as it reads them, with the time that the kernel gave them
// (read_events() and ms_prime() in blkparse.c call output_binary() at once), and I/O records when it prints them, when the time of the
// trace's first record has been taken away from theirs (sort_entries() and handle(): `bit->time -= genesis_time`). What was taken away
// stands nowhere in the file, but the kernel names a process right before its first record (__blk_add_trace() in kernel/trace/blktrace.c),
// so the earliest name tells when the first record was.

import { nsBetween, type Moment, type RecordBatch } from '../../model/blktrace.js';
import { notificationOf, timeOfDay } from './meaning.js';

/** An original trace's notifications are no later than the I/O that they belong to; CPUs may differ by less than this. ns. */
const LATEST_AFTER_IO = 1e9;
/** A stamp so far from everything else is a damaged record: the disk may have rested for a night before its first request. ns. */
const FARTHEST = 24 * 3600 * 1e9;

interface Stamp {
  readonly at: Moment;
  /** ms since 1970. */
  readonly wallMs: number;
}

export class TraceClock {
  private readonly stamps: Stamp[] = [];
  private firstName: Moment | undefined;

  /** Takes any notification of the trace. */
  take(batch: RecordBatch, row: number): void {
    const kind = notificationOf(batch, row);
    const at = { high: batch.timeHigh[row] ?? 0, low: batch.timeLow[row] ?? 0 };
    if (kind === 'process') {
      if (!this.firstName || nsBetween(this.firstName, at) < 0) this.firstName = at;
    } else if (kind === 'timestamp') {
      const day = timeOfDay(batch, row);
      if (day) this.stamps.push({ at, wallMs: day.seconds * 1000 + day.nanoseconds / 1e6 });
    }
  }

  /** How long before `first`, the earliest I/O record, it was `wallMs`, ns; undefined where no stamp tells, or none of this trace. */
  before(first: Moment, durationNs: number): { readonly ns: number; readonly wallMs: number } | undefined {
    const { stamps, firstName } = this;
    const [stamp] = stamps;
    if (!stamp) return undefined;
    const notifications = stamps.map(({ at }) => at).concat(firstName ?? []);
    const ioFromZero = notifications.every((at) => nsBetween(first, at) > LATEST_AFTER_IO);
    const begin = ioFromZero ? (firstName ?? stamp.at) : first;
    const passed = ioFromZero ? nsBetween({ high: 0, low: 0 }, first) : 0;
    for (const { at, wallMs } of stamps) {
      const ns = nsBetween(at, begin);
      if (ns < FARTHEST && ns > -FARTHEST - durationNs) return { ns: ns + passed, wallMs };
    }
    return undefined;
  }
}
