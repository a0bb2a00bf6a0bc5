// One record that passed the filter → its line, its figures, its copy for `-d`. Both engines end here.
// The order of the three matters where blkparse's output shows it: a process becomes "unknown" when it is counted, not when printed.

import { ACTION, CATEGORY, NOTIFY, type RecordBatch } from '../../model/blktrace.js';
import { processName, notificationOf } from '../../decode/blktrace/meaning.js';
import type { CpuState, DeviceState } from './devices.js';
import type { Direction } from './io-stats.js';
import type { LongestWaits, ProcessNames, ProcessTable } from './processes.js';
import { NO_ELAPSED, sectorBehind } from './tracks.js';
import type { Time, TrackMemory } from './track-memory.js';
import type { WallClock } from './wall-clock.js';

/** The letters that lines show for actions. */
export type Act =
  'Q' | 'M' | 'F' | 'G' | 'S' | 'R' | 'D' | 'C' | 'P' | 'U' | 'UT' | 'I' | 'X' | 'B' | 'A' | 'ZP' | 'ZU';

/** Actions that are shown and not counted. */
const LINE_ALONE: ReadonlyMap<number, Act> = new Map([
  [ACTION.sleepRequest, 'S'],
  [ACTION.plug, 'P'],
  [ACTION.split, 'X'],
  [ACTION.bounce, 'B'],
  [ACTION.remap, 'A'],
]);

/** Where lines go. Times in the batch are relative to the first record by now. */
export interface Printer {
  /** `elapsed`: ns, NO_ELAPSED, or NaN where nobody knows. `withPayload`: whether %P shows it. May change the row's device (remaps). */
  line(act: Act, cpu: number, batch: RecordBatch, row: number, elapsed: Time, withPayload: boolean): void;
  message(batch: RecordBatch, row: number): void;
}

/** Where records go that `-d` collects. */
export interface Dump {
  record(batch: RecordBatch, row: number): void;
}

export interface EventOptions {
  /** Absent with `-O`: then nothing is counted either. */
  readonly printer?: Printer;
  readonly dump?: Dump;
  /** `-M` leaves messages out of the dump. */
  readonly dumpMessages: boolean;
  readonly track: boolean;
  readonly verbose: boolean;
  readonly names: ProcessNames;
  readonly clock: WallClock;
  /** What requests that are tracked begin with. */
  readonly memory: TrackMemory;
  /** Present with `-s`. */
  readonly processes?: ProcessTable;
  readonly complain: (message: string) => void;
}

export class Events {
  /** Whether driver data was seen, which only a dump can hold. */
  sawDriverData = false;
  private readonly options: EventOptions;

  readonly memory: TrackMemory;

  constructor(options: EventOptions) {
    this.options = options;
    this.memory = options.memory;
  }

  /** A notification other than a message is used when it is read, not when its time comes. */
  notify(batch: RecordBatch, row: number): void {
    const kind = notificationOf(batch, row);
    if (kind === 'process') this.options.names.add(batch.pid[row] ?? 0, nameOf(batch, row));
    else if (kind === 'timestamp') this.options.clock.stamp(batch, row);
    this.options.dump?.record(batch, row);
  }

  /** A record that is shown: a message or I/O. */
  show(batch: RecordBatch, row: number, cpu: CpuState, device: DeviceState): void {
    const { printer, dump, dumpMessages } = this.options;
    const isMessage = isMessageRow(batch, row);
    if (printer) {
      if (isMessage) printer.message(batch, row);
      else if (((batch.category[row] ?? 0) & CATEGORY.pc) !== 0) this.showCommand(printer, batch, row, cpu, device);
      else this.showRequest(printer, batch, row, cpu, device);
    }
    if (device.events === 0) {
      device.firstTime = (BigInt(batch.timeHigh[row] ?? 0) << 32n) | BigInt(batch.timeLow[row] ?? 0);
    }
    device.events += 1;
    if (dump && (dumpMessages || !isMessage)) dump.record(batch, row);
  }

  /** Requests of file systems. */
  private showRequest(printer: Printer, batch: RecordBatch, row: number, cpu: CpuState, device: DeviceState): void {
    const { track, processes } = this.options;
    const action = batch.action[row] ?? 0;
    const size = batch.size[row] ?? 0;
    const rw: Direction = ((batch.category[row] ?? 0) & CATEGORY.write) !== 0 ? 1 : 0;
    const line = (act: Act, elapsed: Time = NO_ELAPSED) => printer.line(act, cpu.cpu, batch, row, elapsed, false);
    const ofProcess = () => processes?.statsOf(batch.pid[row] ?? 0);
    switch (action) {
      case ACTION.queue:
        if (track && isRemapper(device)) device.tracks.startRemapped(batch, row);
        cpu.stats.queue(rw, size);
        ofProcess()?.queue(rw, size);
        return line('Q');
      case ACTION.insert:
        return line('I', this.insertElapsed(batch, row, device, rw));
      case ACTION.backMerge:
      case ACTION.frontMerge:
        cpu.stats.merge(rw, size);
        ofProcess()?.merge(rw, size);
        if (action === ACTION.backMerge) return line('M');
        if (track && !device.tracks.frontMerge(batch, row, device.numberText))
          this.notFound('merge', batch, row, device, size >>> 9);
        return line('F');
      case ACTION.getRequest:
        if (track) device.tracks.allocate(batch, row);
        return line('G');
      case ACTION.requeue:
        fallDepth(device, rw);
        cpu.stats.requeue(rw, size);
        ofProcess()?.requeue(rw, size);
        return line('R');
      case ACTION.issue:
        cpu.stats.issue(rw, size);
        ofProcess()?.issue(rw, size);
        raiseDepth(device, rw);
        return line('D', this.issueElapsed(batch, row, device, rw));
      case ACTION.complete:
        fallDepth(device, rw);
        cpu.stats.complete(rw, size);
        ofProcess()?.complete(rw, size);
        return line('C', this.completeElapsed(batch, row, device, rw));
      case ACTION.unplug:
      case ACTION.unplugTimer: {
        const byTimer = action === ACTION.unplugTimer ? 1 : 0;
        cpu.stats.unplug(byTimer);
        ofProcess()?.unplug(byTimer);
        return line(byTimer ? 'UT' : 'U');
      }
      default:
        this.showOther(line, batch, row, cpu);
    }
  }

  /** What is no step in the life of a request, and what no version of blkparse knows. */
  private showOther(line: (act: Act) => void, batch: RecordBatch, row: number, cpu: CpuState): void {
    const action = batch.action[row] ?? 0;
    const act = LINE_ALONE.get(action);
    const mayBeZoned = batch.version[row] === 8;
    if (act) line(act);
    else if (action === ACTION.driverData) this.sawDriverData = true;
    else if (mayBeZoned && action === ACTION.zonePlug) line('ZP');
    else if (mayBeZoned && action === ACTION.zoneUnplug) {
      cpu.stats.unplug(0);
      this.options.processes?.statsOf(batch.pid[row] ?? 0)?.unplug(0);
      line('ZU');
    } else {
      const full = (((batch.category[row] ?? 0) << 16) | action) >>> 0;
      this.options.complain(`Bad fs action ${full.toString(16)}`);
    }
  }

  /** Commands of a driver or of user space (SCSI pass-through); their payload is the command block. */
  private showCommand(printer: Printer, batch: RecordBatch, row: number, cpu: CpuState, device: DeviceState): void {
    const { processes } = this.options;
    const action = batch.action[row] ?? 0;
    const size = batch.size[row] ?? 0;
    const rw: Direction = ((batch.category[row] ?? 0) & CATEGORY.write) !== 0 ? 1 : 0;
    const line = (act: Act, withPayload: boolean) => printer.line(act, cpu.cpu, batch, row, NO_ELAPSED, withPayload);
    const ofProcess = () => processes?.statsOf(batch.pid[row] ?? 0);
    switch (action) {
      case ACTION.queue:
        line('Q', false);
        cpu.stats.pcQueue(rw, size);
        ofProcess()?.pcQueue(rw, size);
        return;
      case ACTION.getRequest:
        return line('G', false);
      case ACTION.sleepRequest:
        return line('S', false);
      case ACTION.requeue:
        fallDepth(device, rw);
        cpu.stats.pcRequeue(rw, size);
        ofProcess()?.pcRequeue(rw, size);
        return line('R', false);
      case ACTION.issue:
        cpu.stats.pcIssue(rw, size);
        ofProcess()?.pcIssue(rw, size);
        raiseDepth(device, rw);
        return line('D', true);
      case ACTION.complete:
        fallDepth(device, rw);
        line('C', true);
        cpu.stats.pcComplete(rw);
        ofProcess()?.pcComplete(rw);
        return;
      case ACTION.insert:
        return line('I', true);
      default:
        this.options.complain(`Bad pc action ${action.toString(16)}`);
    }
  }

  private insertElapsed(batch: RecordBatch, row: number, device: DeviceState, rw: Direction): Time {
    if (!this.options.track) return NO_ELAPSED;
    const found = device.tracks.insert(batch, row);
    if (!found) return NO_ELAPSED;
    const { elapsed, process } = found;
    // blkparse looks for the process only where the unknown time is not zero.
    const { processes } = this.options;
    const figures = Number.isNaN(elapsed) ? processes?.peek(process.pid) : processes?.find(process.pid);
    return keepLongest(figures?.allocation, rw, elapsed);
  }

  private issueElapsed(batch: RecordBatch, row: number, device: DeviceState, rw: Direction): Time {
    if (!this.options.track || ((batch.category[row] ?? 0) & CATEGORY.fs) === 0) return NO_ELAPSED;
    const found = device.tracks.dispatch(batch, row);
    if (!found) return this.notFound('issue', batch, row, device);
    return keepLongest(this.options.processes?.find(found.process.pid)?.dispatch, rw, found.elapsed);
  }

  private completeElapsed(batch: RecordBatch, row: number, device: DeviceState, rw: Direction): Time {
    if (!this.options.track) return NO_ELAPSED;
    const found = device.tracks.complete(batch, row);
    if (!found) return this.notFound('complete', batch, row, device);
    return keepLongest(this.options.processes?.find(found.process.pid)?.completion, rw, found.elapsed);
  }

  private notFound(what: string, batch: RecordBatch, row: number, device: DeviceState, sectors = 0): number {
    if (this.options.verbose) {
      this.options.complain(`${what} not found for (${device.numberText}): ${sectorBehind(batch, row, sectors)}`);
    }
    return NO_ELAPSED;
  }
}

/** A name whose end lies outside the payload goes on with whatever lies behind it in memory, in blkparse. */
function nameOf(batch: RecordBatch, row: number): Uint8Array {
  const name = processName(batch, row);
  const length = batch.payloadLength[row] ?? 0;
  if (length >= 15 || name.length < length) return name;
  return Uint8Array.of(...name, 0x3f);
}

/** BLK_TN_MESSAGE exactly. */
export function isMessageRow(batch: RecordBatch, row: number): boolean {
  return batch.action[row] === NOTIFY.message && batch.category[row] === CATEGORY.notify;
}

/** Whether blkparse uses a record when it reads it. */
export function isOtherNotification(batch: RecordBatch, row: number): boolean {
  return ((batch.category[row] ?? 0) & CATEGORY.notify) !== 0 && !isMessageRow(batch, row);
}

/** Passes the time on. */
function keepLongest(waits: LongestWaits | undefined, rw: Direction, elapsed: Time): Time {
  if (waits && (Number.isNaN(elapsed) || isLater(elapsed, waits[rw]))) waits[rw] = elapsed;
  return elapsed;
}

/** Negative times are huge to blkparse, which takes them for unsigned. */
function isLater(a: Time, b: Time): boolean {
  return a < 0 === b < 0 ? a > b : a < 0;
}

/** Majors of device-mapper and md. In file mode blkparse knows no device number, so this never holds there. */
function isRemapper(device: DeviceState): boolean {
  const major = device.number >>> 20;
  return major === 253 || major === 9;
}

function raiseDepth(device: DeviceState, rw: Direction): void {
  const depth = (device.depth[rw] ?? 0) + 1;
  device.depth[rw] = depth;
  if (depth > (device.maxDepth[rw] ?? 0)) device.maxDepth[rw] = depth;
}

/** Not below zero: a trace may begin in the middle of requests. */
function fallDepth(device: DeviceState, rw: Direction): void {
  const depth = device.depth[rw] ?? 0;
  if (depth > 0) device.depth[rw] = depth - 1;
}
