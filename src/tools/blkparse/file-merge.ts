// blkparse's file mode: a file a CPU, merged by time. Nothing is sorted inside a file, and among equal times the order is that of
// blkparse's list of streams, so both are done the same way here. Each file is read 512 records ahead of what is shown.

import { RecordBatch } from '../../model/blktrace.js';
import type { ByteWindow } from '../../decode/blktrace/source.js';
import type { CpuState, DeviceState } from './devices.js';
import { isOtherNotification, type Events } from './events.js';
import { isTrackSized } from './track-memory.js';
import { RecordFeed, type Fault, type Run } from './record-feed.js';

/** What blkparse reads ahead by itself. Where it is told to read more, the memory of records is mixed with that of requests in ways not followed here. */
const USUAL_AHEAD = 512;

/** `-w`, in nanoseconds; in file mode the end belongs to it. */
export interface Window {
  readonly start: bigint;
  readonly end: bigint;
}

/** The records of one CPU's file that were read ahead. */
class Stream {
  next: Stream | undefined;
  readonly batch: RecordBatch;
  row = 0;
  readonly device: DeviceState;
  readonly cpu: CpuState;
  private readonly feed: RecordFeed;
  private readonly limit: number;
  private closed = false;
  private foreign = 0;

  constructor(window: ByteWindow, run: Run, limit: number, device: DeviceState, cpu: number) {
    this.feed = new RecordFeed(window, run);
    this.limit = limit;
    this.batch = new RecordBatch(limit);
    this.device = device;
    this.cpu = device.cpuState(cpu);
  }

  /** Reads ahead; false where nothing is left. */
  async prime(run: Run, events: Events): Promise<boolean> {
    const { batch, feed, limit } = this;
    feed.begin(batch);
    this.row = 0;
    for (let counted = 0; !this.closed && !run.stopped && counted < limit;) {
      const taken = feed.takeNow(batch) ?? (await feed.take(batch, true));
      if (taken === 'none-now') break;
      if (taken !== 'record') {
        this.close(taken, run);
        // What blkparse took for a record that is none it gives back as well, in whatever size that had.
        if (taken === 'end')
          events.memory.giveCutRecord(feed.window.view, feed.window.at, feed.window.end, run.littleEndian ?? true);
        else events.memory.lose();
        break;
      }
      const row = batch.length - 1;
      if (isTrackSized(batch, row)) events.memory.read();
      if (batch.cpu[row] !== this.cpu.cpu) {
        run.complain(`cpu ${this.cpu.cpu} trace info has error cpu ${(batch.cpu[row] ?? 0) | 0}`);
        this.foreign += 1;
        batch.length = row;
        counted += 1;
      } else if (isOtherNotification(batch, row)) {
        events.notify(batch, row);
        // In pipe mode blkparse keeps it for good.
        events.memory.giveRecord(batch, row);
        batch.length = row;
      } else counted += 1;
    }
    // For blkparse a file ends where a whole batch is of other CPUs.
    if (batch.length === 0 && !this.closed && !run.stopped) {
      this.closed = true;
      feed.reportRest('blktrace-unreadable', `${limit} records of other CPUs in a row`);
      this.reportForeign(run);
    }
    return batch.length > 0;
  }

  /** A fault ends the file for blkparse; what follows in it is reported. */
  private close(fault: Fault, run: Run): void {
    const { feed } = this;
    feed.complainAbout(fault);
    this.closed = true;
    feed.reportEnd(fault);
    this.reportForeign(run);
  }

  private reportForeign(run: Run): void {
    if (this.foreign === 0) return;
    run.loss({ code: 'blktrace-wrong-cpu', where: this.feed.window.source.name, count: this.foreign });
  }
}

function isEarlier(a: Stream, b: Stream): boolean {
  const high = (a.batch.timeHigh[a.row] ?? 0) - (b.batch.timeHigh[b.row] ?? 0);
  return high !== 0 ? high < 0 : (a.batch.timeLow[a.row] ?? 0) < (b.batch.timeLow[b.row] ?? 0);
}

export class FileMerge {
  private readonly run: Run;
  private readonly events: Events;
  private readonly limit: number;
  private head: Stream | undefined;

  constructor(run: Run, events: Events, readAhead: number) {
    this.run = run;
    this.events = events;
    this.limit = readAhead;
    if (readAhead > USUAL_AHEAD) events.memory.lose();
  }

  /** Adds a CPU's file and reads its beginning: names in it are known from now on. */
  async add(window: ByteWindow, device: DeviceState, cpu: number): Promise<void> {
    if (cpu > 0) this.events.memory.sortFree();
    const stream = new Stream(window, this.run, this.limit, device, cpu);
    if (await stream.prime(this.run, this.events)) this.insert(stream);
  }

  /** The first record's time, from which all others are counted; undefined without records. */
  get genesis(): bigint | undefined {
    const { head } = this;
    if (!head) return undefined;
    return (BigInt(head.batch.timeHigh[head.row] ?? 0) << 32n) | BigInt(head.batch.timeLow[head.row] ?? 0);
  }

  /** Shows everything within `window`; records whose category has none of `mask` are counted as seen only. */
  async showAll(genesis: bigint, mask: number, window: Window): Promise<void> {
    const { events, run } = this;
    const genesisHigh = Number(genesis >> 32n);
    const genesisLow = Number(genesis & 0xffff_ffffn);
    const from = new Bound(window.start);
    const to = new Bound(window.end);
    let keepsSized = false;
    while (!run.stopped && this.head) {
      const stream = this.head;
      const { batch, row, cpu, device } = stream;
      const borrow = (batch.timeLow[row] ?? 0) < genesisLow ? 1 : 0;
      const low = ((batch.timeLow[row] ?? 0) - genesisLow) >>> 0;
      const high = ((batch.timeHigh[row] ?? 0) - genesisHigh - borrow) >>> 0;
      cpu.seen += 1;
      events.memory.show();
      if (isTrackSized(batch, row)) keepsSized = true;
      // blkparse keeps as many records of a CPU as it reads ahead, or more, before it gives the first ones' memory back.
      if (keepsSized && cpu.seen > this.limit) events.memory.lose();
      if (to.isBelow(high, low)) return;
      batch.timeHigh[row] = high;
      batch.timeLow[row] = low;
      device.lastTimeHigh = high;
      device.lastTimeLow = low;
      if (((batch.category[row] ?? 0) & mask) !== 0 && !from.isAbove(high, low)) events.show(batch, row, cpu, device);
      stream.row = row + 1;
      if (stream.row === batch.length && !(await stream.prime(run, events))) {
        this.head = stream.next;
        stream.next = undefined;
      } else this.resort(stream);
    }
  }

  /** The head stays where it is as long as it is not later than the one behind it. */
  private resort(stream: Stream): void {
    if (!stream.next || !isEarlier(stream.next, stream)) return;
    this.head = stream.next;
    stream.next = undefined;
    this.insert(stream);
  }

  /** Among equal times a stream goes behind the head, but before the others. */
  private insert(stream: Stream): void {
    const { head } = this;
    if (!head) this.head = stream;
    else if (isEarlier(stream, head)) {
      stream.next = head;
      this.head = stream;
    } else {
      let before = head;
      while (before.next && isEarlier(before.next, stream)) before = before.next;
      stream.next = before.next;
      before.next = stream;
    }
  }
}

/** One end of the window, to be compared with times in two halves. */
class Bound {
  private readonly high: number;
  private readonly low: number;

  constructor(value: bigint) {
    this.high = Number(value >> 32n);
    this.low = Number(value & 0xffff_ffffn);
  }

  isBelow(high: number, low: number): boolean {
    return high > this.high || (high === this.high && low > this.low);
  }

  isAbove(high: number, low: number): boolean {
    return high < this.high || (high === this.high && low < this.low);
  }
}
