// The samples of a perf.data → the tables of events that the same records make in raw pages of ftrace, for which their decoder is used; names of
// threads, and what the kernel lost. Call chains are addresses without the names of functions and are passed over.

import type { ReadTo } from '../../base/read-to.js';
import type { Allowance } from '../../base/allowance.js';
import type { Events } from '../../model/events.js';
import type { LossCode } from '../../model/losses.js';
import { EventsDecoder } from '../ftrace/decode.js';
import { Malformed } from '../tracecmd/bytes.js';
import { recordIn } from './layout.js';
import { RECORD, RECORD_HEADER } from './records.js';
import type { PerfData } from './shape.js';

const NAME_BYTES = 128;
const MOST_NAME = 64;

export interface PerfEvents {
  readonly events: Events;
  /** The clock at the first event, ns. */
  readonly startNs: bigint;
  readonly names: ReadonlyMap<number, string>;
}

export interface PerfOptions {
  readonly allowance: Allowance;
  /** Bytes of records that are read, inflated. */
  readonly mostBytes: number;
  /** Told how far it has been read. */
  readonly readTo?: ReadTo | undefined;
  readonly loss: (code: LossCode, where: string, count?: number) => void;
}

/** One sample or another record in its bytes. */
interface Found {
  readonly view: DataView;
  readonly at: number;
  readonly size: number;
}

class Reader {
  private readonly file: PerfData;
  private readonly options: PerfOptions;
  private readonly decoder: EventsDecoder;
  private readonly startNs: bigint;
  private readonly names = new Map<number, string>();
  private lost = 0;
  private damaged = 0;
  private unnamed = 0;

  constructor(file: PerfData, options: PerfOptions, startNs: bigint) {
    this.file = file;
    this.options = options;
    this.startNs = startNs;
    this.decoder = new EventsDecoder({ startNs, loss: options.loss, allowance: options.allowance });
    for (const format of file.formats) this.decoder.addFormat(format);
    for (const [pid, name] of file.names) this.names.set(pid, name);
  }

  take(type: number, found: Found): void {
    const { view, at, size } = found;
    if (type === RECORD.sample) this.sample(found);
    else if (type === RECORD.lost && size >= 24) this.lost += view.getUint32(at + 16, true);
    else if (type === RECORD.lostSamples && size >= 16) this.lost += view.getUint32(at + 8, true);
    else if (type === RECORD.name && size > 16) this.name(found);
  }

  private sample({ view, at, size }: Found): void {
    const layout = layoutOf(this.file, view, at, size);
    if (layout && !layout.isTraced) return;
    const record = layout && size >= layout.fixedEnd ? recordIn(layout, view, at, size) : undefined;
    const time = layout && record ? view.getBigUint64(at + layout.timeAt, true) : undefined;
    const { times } = this.file;
    if (!layout || !record || time === undefined || (times && (time < times.from || time > times.to))) {
      this.damaged += 1;
      return;
    }
    if (record.frames > 0) this.unnamed += 1;
    const cpu = view.getUint32(at + layout.cpuAt, true);
    this.decoder.record('samples', view, record.at, record.length, Number(time - this.startNs), cpu);
  }

  /** The last that a thread bore: perf tells those of all threads at its beginning. */
  private name({ view, at, size }: Found): void {
    const tid = view.getUint32(at + 12, true);
    const bytes = Buffer.from(view.buffer, view.byteOffset + at + 16, Math.min(size - 16, MOST_NAME));
    const end = bytes.indexOf(0);
    if (end > 0 && (this.names.has(tid) || this.options.allowance.take(NAME_BYTES)))
      this.names.set(tid, bytes.toString('utf8', 0, end));
  }

  finish(): PerfEvents {
    const { loss } = this.options;
    if (this.lost > 0) loss('events-overrun', 'samples', this.lost);
    if (this.damaged > 0) loss('log-damaged', 'samples', this.damaged);
    if (this.unnamed > 0) loss('stacks-unnamed', 'samples', this.unnamed);
    return { events: this.decoder.finish(), startNs: this.startNs, names: this.names };
  }
}

/** Each sample's layout by the identifier that it begins with, where samples have one. */
function layoutOf({ layouts }: PerfData, view: DataView, at: number, size: number) {
  const only = layouts.get(0);
  if (only || size < RECORD_HEADER + 8) return only;
  return layouts.get(view.getUint32(at + RECORD_HEADER, true) + view.getUint32(at + RECORD_HEADER + 4, true) * 2 ** 32);
}

interface Taker {
  /** Told of each piece before its records. */
  readonly piece?: (fileBytes: number) => void;
  readonly record: (type: number, found: Found) => void;
}

/** Each record in order; what can't be read on from somewhere ends there. Returns the bytes of the file that lie behind the bound. */
function eachRecord(file: PerfData, mostBytes: number, take: Taker): number {
  let seen = 0;
  for (const { bytes, fileBytes, left } of file.pieces()) {
    seen += bytes.length;
    if (seen > mostBytes) return fileBytes + left;
    take.piece?.(fileBytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < bytes.length;) {
      const size = view.getUint16(at + 6, true);
      take.record(view.getUint32(at, true), { view, at, size });
      at += size;
    }
  }
  return 0;
}

/** The clock at the first sample, where the file does not tell it. */
function firstTime(file: PerfData, mostBytes: number): bigint {
  let first: bigint | undefined;
  try {
    const record = (type: number, { view, at, size }: Found) => {
      const layout = type === RECORD.sample ? layoutOf(file, view, at, size) : undefined;
      if (!layout?.isTraced || size < layout.fixedEnd) return;
      const time = view.getBigUint64(at + layout.timeAt, true);
      if (first === undefined || time < first) first = time;
    };
    eachRecord(file, mostBytes, { record });
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
  return first ?? 0n;
}

/** All events. What of the records can't be read is told as a loss. */
export function readPerfEvents(path: string, file: PerfData, options: PerfOptions): PerfEvents {
  const { mostBytes, loss, allowance } = options;
  const reader = new Reader(file, options, file.times?.from ?? firstTime(file, mostBytes));
  try {
    let read = 0;
    const beyond = eachRecord(file, mostBytes, {
      piece(fileBytes) {
        allowance.grow(fileBytes);
        options.readTo?.(path, (read += fileBytes));
      },
      record: (type, found) => reader.take(type, found),
    });
    if (beyond > 0) loss('beyond-bounds', `${path}: records behind the first ${mostBytes / 2 ** 20} MiB`, beyond);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    loss('log-damaged', `${path}, ${error.message}`);
  }
  return reader.finish();
}
