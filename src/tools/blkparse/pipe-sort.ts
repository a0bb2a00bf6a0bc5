// blkparse's pipe mode: one stream of all CPUs, read in batches of 512 records. Each batch is sorted into what still waits, by time,
// device, sequence; then records are shown until one comes whose CPU has a gap before it. That one waits for the missing record, and so
// does everything behind it, until the stream ends: then all are shown, and the gaps become skips.

import { RecordBatch } from '../../model/blktrace.js';
import type { ByteWindow } from '../../decode/blktrace/source.js';
import type { CpuState, DeviceState, DeviceTable } from './devices.js';
import { isMessageRow, isOtherNotification, type Events } from './events.js';
import { RecordFeed, type Fault, type Run } from './record-feed.js';
import { Waiting } from './waiting.js';
import type { Window } from './file-merge.js';

const LAST_NS = 0xffff_ffff_ffff_ffffn;

export interface PipeOptions {
  readonly run: Run;
  readonly events: Events;
  readonly devices: DeviceTable;
  readonly readAhead: number;
  readonly mask: number;
  /** In pipe mode the end does not belong to it. */
  readonly window: Window;
  /** Called once the trace's beginning is known: its time in the trace's clock. */
  readonly begun: (genesis: bigint) => void;
  /** Called when everything that could be shown has been shown, before more is waited for. */
  readonly idle: () => void;
}

const timeOf = (batch: RecordBatch, row: number): bigint =>
  (BigInt(batch.timeHigh[row] ?? 0) << 32n) | BigInt(batch.timeLow[row] ?? 0);

export class PipeSort {
  private readonly options: PipeOptions;
  private readonly feed: RecordFeed;
  private readonly batch: RecordBatch;
  private readonly waiting = new Waiting();
  private genesis = 0n;
  private unknownVersions = 0;

  constructor(source: ByteWindow, options: PipeOptions) {
    this.options = options;
    this.feed = new RecordFeed(source, options.run);
    this.batch = new RecordBatch(options.readAhead);
  }

  async showAll(): Promise<void> {
    for (;;) {
      await this.readBatch();
      if (this.batch.length === 0) break;
      const youngest = this.sortIn();
      if (youngest > this.options.window.end) break;
      this.show(false);
      this.options.idle();
    }
    if (this.waiting.size > 0) this.show(true);
    const { window } = this.feed;
    if (this.unknownVersions > 0) {
      this.options.run.loss({ code: 'blktrace-version', where: window.source.name, count: this.unknownVersions });
    }
  }

  /** Reads until the batch is full, or nothing more is there for now. Bad magic ends the batch, not the stream. */
  private async readBatch(): Promise<void> {
    const { batch, feed, options } = this;
    const { run, events } = options;
    feed.begin(batch);
    while (!run.stopped && batch.length < options.readAhead) {
      const taken = feed.takeNow(batch) ?? (await feed.take(batch, batch.length === 0));
      if (taken === 'none-now') return;
      if (taken === 'record') {
        const row = batch.length - 1;
        if (!isOtherNotification(batch, row)) continue;
        events.notify(batch, row);
        batch.length = row;
        continue;
      }
      feed.complainAbout(taken);
      // What blkparse took for a record that is none it gives back as well, in whatever size that had.
      if (taken !== 'end') events.memory.lose();
      if (taken !== 'unknown-version') {
        this.endBatch(taken);
        return;
      }
      this.unknownVersions += 1;
      feed.passUnknown();
    }
  }

  /** blkparse has read 48 bytes by the time it finds no magic in them. It goes on behind them, unless the batch is empty. */
  private endBatch(fault: Fault): void {
    const { batch, feed, options } = this;
    const { window } = feed;
    if (fault !== 'no-magic' || batch.length === 0) {
      feed.reportEnd(fault);
      return;
    }
    options.run.loss({ code: 'blktrace-damaged', where: `${window.source.name}, offset ${window.offset}`, count: 48 });
    window.at += 48;
  }

  /** Makes the batch's times relative and puts what lies in the window among the waiting; returns the smallest time. */
  private sortIn(): bigint {
    const { batch, options, waiting } = this;
    const { devices, window } = options;
    if (this.genesis === 0n) {
      this.genesis = LAST_NS;
      for (let row = 0; row < batch.length; row += 1) {
        const time = timeOf(batch, row);
        if (time < this.genesis) this.genesis = time;
      }
      options.begun(this.genesis);
    }
    const genesisHigh = Number(this.genesis >> 32n);
    const genesisLow = Number(this.genesis & 0xffff_ffffn);
    let youngest = 0n;
    let device: DeviceState | undefined;
    for (let row = 0; row < batch.length; row += 1) devices.byNumber(batch.device[row] ?? 0);
    // blkparse's list of a batch has its last record first.
    for (let row = batch.length - 1; row >= 0; row -= 1) {
      const borrow = (batch.timeLow[row] ?? 0) < genesisLow ? 1 : 0;
      batch.timeLow[row] = (batch.timeLow[row] ?? 0) - genesisLow;
      batch.timeHigh[row] = (batch.timeHigh[row] ?? 0) - genesisHigh - borrow;
      const time = timeOf(batch, row);
      if (time < youngest || youngest === 0n) youngest = time;
      const number = batch.device[row] ?? 0;
      if (device?.number !== number) device = devices.byNumber(number);
      device.cpuState(batch.cpu[row] ?? 0);
      if (time < window.end && time >= window.start) waiting.add(batch, row);
    }
    return youngest;
  }

  private show(atEnd: boolean): void {
    const { events, devices, mask } = this.options;
    const { waiting } = this;
    let device: DeviceState | undefined;
    for (let batch = waiting.first(); batch !== undefined; batch = waiting.first()) {
      const number = batch.device[0] ?? 0;
      if (device?.number !== number) device = devices.byNumber(number);
      const cpu = device.cpuState(batch.cpu[0] ?? 0);
      const isMessage = isMessageRow(batch, 0);
      if (!isMessage && !mayFollow(cpu, batch.sequence[0] ?? 0, atEnd)) return;
      device.lastTimeHigh = batch.timeHigh[0] ?? 0;
      device.lastTimeLow = batch.timeLow[0] ?? 0;
      if (!isMessage) cpu.lastSequence = batch.sequence[0] ?? 0;
      cpu.seen += 1;
      if (((batch.category[0] ?? 0) & mask) !== 0) events.show(batch, 0, cpu, device);
      events.memory.giveRecord(batch, 0);
      waiting.removeFirst();
    }
  }
}

/** Whether a record may be shown now: it follows the last of its CPU, or is the first, or none are to come any more. */
function mayFollow(cpu: CpuState, sequence: number, atEnd: boolean): boolean {
  const expected = cpu.lastSequence + 1;
  if (expected === 0 || sequence === expected) return true;
  if (!atEnd) return false;
  if (!cpu.skips.find(sequence) && expected < sequence) cpu.skips.add(expected, sequence - 1);
  return true;
}
