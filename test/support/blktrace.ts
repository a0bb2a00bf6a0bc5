// Block trace records made by hand, for tests: a record as an object → its bytes in any version and byte order.

import { ACTION, CATEGORY, NOTIFY } from '../../src/model/blktrace.js';

export interface TraceRecord {
  readonly version?: 7 | 8;
  readonly sequence?: number;
  readonly time?: bigint;
  readonly sector?: bigint;
  readonly size?: number;
  readonly action?: number;
  readonly category?: number;
  readonly pid?: number;
  readonly device?: number;
  readonly cpu?: number;
  readonly error?: number;
  readonly payload?: Uint8Array;
}

export type Order = 'little' | 'big';

/** The bytes of one record; what is not given is zero. */
export function recordBytes(record: TraceRecord, order: Order = 'little'): Buffer {
  const little = order === 'little';
  const version = record.version ?? 7;
  const header = version === 7 ? 48 : 64;
  const payload = record.payload ?? new Uint8Array(0);
  const bytes = Buffer.alloc(header + payload.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const action = (((record.category ?? 0) << 16) | (record.action ?? 0)) >>> 0;
  view.setUint32(0, 0x65617400 | version, little);
  view.setUint32(4, record.sequence ?? 0, little);
  view.setBigUint64(8, BigInt.asUintN(64, record.time ?? 0n), little);
  view.setBigUint64(16, BigInt.asUintN(64, record.sector ?? 0n), little);
  view.setUint32(24, record.size ?? 0, little);
  const after = version === 7 ? 36 : 40;
  if (version === 7) {
    view.setUint32(28, action, little);
    view.setUint32(32, record.pid ?? 0, little);
  } else {
    view.setUint32(28, record.pid ?? 0, little);
    view.setBigUint64(32, BigInt(action) | (BigInt((record.category ?? 0) >>> 16) << 32n), little);
  }
  view.setUint32(after, record.device ?? 0, little);
  view.setUint32(after + 4, record.cpu ?? 0, little);
  view.setUint16(after + 8, record.error ?? 0, little);
  view.setUint16(after + 10, payload.length, little);
  bytes.set(payload, header);
  return bytes;
}

export function traceBytes(records: readonly TraceRecord[], order: Order = 'little'): Buffer {
  return Buffer.concat(records.map((record) => recordBytes(record, order)));
}

/** A payload of big-endian numbers, each with its bytes: 4 or 8. */
export function bigEndian(...numbers: readonly (readonly [value: number | bigint, bytes: 4 | 8])[]): Buffer {
  return Buffer.concat(
    numbers.map(([value, bytes]) => {
      const buffer = Buffer.alloc(bytes);
      if (bytes === 4) buffer.writeUInt32BE(Number(value));
      else buffer.writeBigUInt64BE(BigInt(value));
      return buffer;
    }),
  );
}

/** The notification that names a process. */
export function processRecord(pid: number, name: string, rest: TraceRecord = {}): TraceRecord {
  const payload = Buffer.alloc(16);
  payload.write(name, 'latin1');
  return { ...rest, pid, action: NOTIFY.process, category: CATEGORY.notify, payload };
}

/** A write request of the file system at the given stage. */
export function writeRecord(stage: keyof typeof ACTION, rest: TraceRecord = {}): TraceRecord {
  const kind = stage === 'issue' ? CATEGORY.issue : stage === 'complete' ? CATEGORY.complete : CATEGORY.queue;
  return { size: 4096, action: ACTION[stage], category: CATEGORY.write | CATEGORY.fs | kind, ...rest };
}
