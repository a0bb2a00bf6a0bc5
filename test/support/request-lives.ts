// A block trace of a made-up load: the life of each request as records, all of a trace in order of time, numbered, written to a file.

import { writeFileSync } from 'node:fs';
import { ACTION, CATEGORY, NOTIFY } from '../../src/model/blktrace.js';
import { processRecord, traceBytes, type Order, type TraceRecord } from './blktrace.js';

/** The device 8:0. */
export const DISK = 8 << 20;

export interface Io {
  readonly pid: number;
  /** When it is queued, and how long it takes to its request, to the device, and there. ms. */
  readonly at: number;
  readonly getMs?: number;
  readonly queueMs?: number;
  readonly deviceMs: number;
  readonly sector: number;
  readonly bytes?: number;
  /** Bits of CATEGORY; a synchronous write unless given. */
  readonly category?: number;
  readonly device?: number;
  readonly error?: number;
}

function ns(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6));
}

/** The trace's clock at its beginning. */
export const CLOCK = 10n ** 15n;

/** Queued, given a request, dispatched, completed. */
export function lifeOf(io: Io): TraceRecord[] {
  const category = (io.category ?? CATEGORY.write | CATEGORY.sync) | CATEGORY.fs;
  const common = {
    pid: io.pid,
    sector: BigInt(io.sector),
    size: io.bytes ?? 4096,
    device: io.device ?? DISK,
    category,
  };
  const got = io.at + (io.getMs ?? 0);
  const dispatched = got + (io.queueMs ?? 0);
  const stage = (action: number, bit: number, at: number): TraceRecord => ({
    ...common,
    action,
    category: category | bit,
    time: CLOCK + ns(at),
  });
  return [
    stage(ACTION.queue, CATEGORY.queue, io.at),
    stage(ACTION.getRequest, CATEGORY.queue, got),
    stage(ACTION.issue, CATEGORY.issue, dispatched),
    { ...stage(ACTION.complete, CATEGORY.complete, dispatched + io.deviceMs), error: io.error ?? 0 },
  ];
}

/** The notification that the trace began at `wallMs` since 1970. */
export function clockRecord(wallMs: number): TraceRecord {
  const payload = Buffer.alloc(8);
  payload.writeUInt32LE(Math.floor(wallMs / 1000), 0);
  payload.writeUInt32LE((wallMs % 1000) * 1e6, 4);
  return { action: NOTIFY.timestamp, category: CATEGORY.notify, time: CLOCK, payload };
}

/** The bytes of a trace: names first, then everything in order of time with the numbers that a CPU gives. */
export function loadBytes(
  records: readonly TraceRecord[],
  names: Readonly<Record<number, string>> = {},
  order: Order = 'little',
): Buffer {
  const sorted = records.toSorted((a, b) => Number((a.time ?? 0n) - (b.time ?? 0n)));
  const sequences = new Map<number, number>();
  const numbered = sorted.map((record) => {
    if (((record.category ?? 0) & CATEGORY.notify) !== 0) return record;
    const sequence = (sequences.get(record.device ?? 0) ?? 0) + 1;
    sequences.set(record.device ?? 0, sequence);
    return { ...record, sequence };
  });
  const named = Object.entries(names).map(([pid, name]) => processRecord(Number(pid), name, { time: CLOCK }));
  return traceBytes([...named, ...numbered], order);
}

export function writeLoad(
  file: string,
  records: readonly TraceRecord[],
  names: Readonly<Record<number, string>>,
): void {
  writeFileSync(file, loadBytes(records, names));
}

/** One request after the other of one thread: `count` of them, each queued `restMs` after the one before has come back. */
export function oneByOne(
  count: number,
  restMs: number,
  io: Omit<Io, 'at' | 'sector'> & { readonly from?: number },
): Io[] {
  const took = (io.getMs ?? 0) + (io.queueMs ?? 0) + io.deviceMs + restMs;
  return Array.from({ length: count }, (_, index) => ({
    ...io,
    at: (io.from ?? 0) + index * took,
    sector: 1024 * io.pid + 8 * index,
  }));
}
