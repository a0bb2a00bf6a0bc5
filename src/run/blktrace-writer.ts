// The blk tracer's bytes → blktrace's own files, DEVICE by CPU, or one stream: each record gets its number, the processes get names and
// the trace its wall-clock time, which is what blkparse, btt and fio expect of a recording and the kernel's tracer leaves out.
// Where the kernel lost records it writes a line of text among them, `CPU:1 [LOST 153 EVENTS]`: so many numbers are left out there.
//
// Source: struct blk_io_trace in include/uapi/linux/blktrace_api.h (version 7); blktrace(8): BASE.blktrace.CPU; print_trace_line() in
// kernel/trace/trace.c.

import { findMagic, NEED_MORE, recordLength } from '../decode/blktrace/frame.js';
import { CATEGORY, HEADER_BYTES, NOTIFY } from '../model/blktrace.js';

/** Offsets within a record of version 7. */
const AT = { magic: 0, sequence: 4, time: 8, action: 28, pid: 32, device: 36, cpu: 40, payload: 46 } as const;
const MAGIC = 0x6561_7407;
const NAME_BYTES = 16;
const NOTIFICATION = CATEGORY.notify * 2 ** 16;
const LOST_LINE = /^CPU:\d+ \[LOST (\d+ )?EVENTS\]\n/;
/** No such line is longer. */
const LINE_BYTES = 64;

/** Takes the bytes of one device's records of one CPU. */
export type TraceOutput = (device: number, cpu: number, bytes: Buffer) => void;

export interface TraceSource {
  /** The name, in Latin-1, of a thread that is seen for the first time; undefined where it is gone. */
  nameOf(pid: number): string | undefined;
  readonly write: TraceOutput;
}

export class BlktraceWriter {
  readonly devices: readonly number[];
  private readonly source: TraceSource;
  /** Bytes of a record whose rest has not come yet, by CPU. */
  private readonly rests = new Map<number, Buffer>();
  private readonly sequences = new Map<string, number>();
  private readonly named = new Map<number, Set<number>>();
  /** Numbers to be left out before the next record, by CPU. */
  private readonly gaps = new Map<number, number>();
  records = 0;
  private passed = 0;

  constructor(devices: readonly number[], source: TraceSource) {
    this.devices = devices;
    this.source = source;
  }

  /** Bytes that were neither records nor told of lost ones, such as other events' text, or the beginning of a record without its end. */
  get passedOver(): number {
    return [...this.rests.values()].reduce((sum, rest) => sum + rest.length, this.passed);
  }

  /** Begins each device's trace with its time: `monotonicNs` of the trace's clock is `wallMs` since 1970. */
  begin(cpu: number, monotonicNs: bigint, wallMs: number): void {
    for (const device of this.devices) {
      const payload = Buffer.alloc(8);
      payload.writeUInt32LE(Math.floor(wallMs / 1000), 0);
      payload.writeUInt32LE(Math.round((wallMs % 1000) * 1e6), 4);
      this.source.write(device, cpu, notification(NOTIFY.timestamp, 0, device, cpu, monotonicNs, payload));
    }
  }

  /** Takes one CPU's bytes as they came; a record may be cut anywhere. */
  take(cpu: number, bytes: Buffer): void {
    const rest = this.rests.get(cpu);
    const whole = rest ? Buffer.concat([rest, bytes]) : bytes;
    const view = new DataView(whole.buffer, whole.byteOffset, whole.length);
    const parts = new Map<number, Buffer[]>();
    let at = 0;
    for (;;) {
      const length = recordLength(view, at, whole.length, true);
      if (length === NEED_MORE) break;
      if (length < HEADER_BYTES[7]) {
        const passed = this.passText(cpu, whole, view, at);
        if (passed === 0) break;
        at += passed;
        continue;
      }
      this.add(parts, Buffer.from(whole.subarray(at, at + length)), cpu);
      at += length;
    }
    this.rests.set(cpu, Buffer.from(whole.subarray(at)));
    for (const [device, list] of parts) this.source.write(device, cpu, Buffer.concat(list));
  }

  /** What lies at `at` is no record: returns how long it is, 0 where that is not known yet. */
  private passText(cpu: number, whole: Buffer, view: DataView, at: number): number {
    const text = whole.toString('latin1', at, at + LINE_BYTES);
    const [line, lost] = LOST_LINE.exec(text) ?? [];
    if (line !== undefined) {
      this.gaps.set(cpu, (this.gaps.get(cpu) ?? 0) + Number(lost ?? 1));
      return line.length;
    }
    if (text.startsWith('CPU:') && !text.includes('\n') && text.length < LINE_BYTES) return 0;
    const next = findMagic(view, at + 1, whole.length, true);
    // The beginning of a magic number may be the last that is there.
    const passed = (next < 0 ? Math.max(at + 1, whole.length - 3) : next) - at;
    this.passed += passed;
    return passed;
  }

  private add(parts: Map<number, Buffer[]>, record: Buffer, cpu: number): void {
    const device = record.readUInt32LE(AT.device);
    if (!this.devices.includes(device)) return;
    const list = parts.get(device) ?? [];
    parts.set(device, list);
    const pid = record.readUInt32LE(AT.pid);
    const named = this.named.get(device) ?? new Set();
    this.named.set(device, named);
    if (!named.has(pid)) {
      named.add(pid);
      const name = pid === 0 ? 'swapper/0' : this.source.nameOf(pid);
      if (name !== undefined) {
        const payload = Buffer.alloc(NAME_BYTES);
        payload.write(name.slice(0, NAME_BYTES - 1), 'latin1');
        list.push(notification(NOTIFY.process, pid, device, cpu, record.readBigUInt64LE(AT.time), payload));
      }
    }
    list.push(record);
    this.records += 1;
    // Notifications have no number: blkparse would take the next record for one that others are missing before.
    if ((record.readUInt32LE(AT.action) & NOTIFICATION) !== 0) return;
    const key = `${device} ${cpu}`;
    const sequence = (this.sequences.get(key) ?? 0) + (this.gaps.get(cpu) ?? 0) + 1;
    this.gaps.delete(cpu);
    this.sequences.set(key, sequence);
    record.writeUInt32LE(sequence, AT.sequence);
  }
}

/** A record that tells about the trace: its number is 0. */
function notification(kind: number, pid: number, device: number, cpu: number, timeNs: bigint, payload: Buffer): Buffer {
  const record = Buffer.alloc(HEADER_BYTES[7] + payload.length);
  record.writeUInt32LE(MAGIC, AT.magic);
  record.writeBigUInt64LE(timeNs, AT.time);
  record.writeUInt32LE(NOTIFICATION + kind, AT.action);
  record.writeUInt32LE(pid, AT.pid);
  record.writeUInt32LE(device, AT.device);
  record.writeUInt32LE(cpu, AT.cpu);
  record.writeUInt16LE(payload.length, AT.payload);
  payload.copy(record, HEADER_BYTES[7]);
  return record;
}
