// The nouns of blktrace: what a record says happened (action), to what kind of I/O (category), and a batch of records as
// columns. Decoding fills batches; statistics and text read them. No object is made per record.
//
// Source: include/uapi/linux/blktrace_api.h (version 7 since Linux 2.6; version 8, with a wider action, since Linux 6.19).

/** The low 16 bits of a record's action. */
export const ACTION = {
  queue: 1,
  backMerge: 2,
  frontMerge: 3,
  getRequest: 4,
  sleepRequest: 5,
  requeue: 6,
  issue: 7,
  complete: 8,
  plug: 9,
  unplug: 10,
  unplugTimer: 11,
  insert: 12,
  split: 13,
  bounce: 14,
  remap: 15,
  abort: 16,
  driverData: 17,
  zonePlug: 18,
  zoneUnplug: 19,
} as const;

/** Added to an action (and to a notification) when the payload begins with the cgroup of the I/O: u32 inode, u32 generation. */
export const CGROUP_FLAG = 0x100;

/** The action of records whose category has `notify`: they tell about the trace, not about I/O. */
export const NOTIFY = { process: 0, timestamp: 1, message: 2 } as const;

/** The bits above the action: what kind of I/O. Those from `zoneAppend` on exist in version 8 alone. */
export const CATEGORY = {
  read: 1,
  write: 1 << 1,
  flush: 1 << 2,
  sync: 1 << 3,
  queue: 1 << 4,
  requeue: 1 << 5,
  issue: 1 << 6,
  complete: 1 << 7,
  fs: 1 << 8,
  pc: 1 << 9,
  notify: 1 << 10,
  ahead: 1 << 11,
  meta: 1 << 12,
  discard: 1 << 13,
  driverData: 1 << 14,
  fua: 1 << 15,
  zoneAppend: 1 << 16,
  zoneReset: 1 << 17,
  zoneResetAll: 1 << 18,
  zoneFinish: 1 << 19,
  zoneOpen: 1 << 20,
  zoneClose: 1 << 21,
  writeZeroes: 1 << 22,
} as const;

/** Header bytes of a record by its version. */
export const HEADER_BYTES = { 7: 48, 8: 64 } as const;

/** A remap (action `remap`): the I/O arrived at `from` and goes on to the record's own sector of `deviceTo`. */
export interface Remap {
  readonly deviceFrom: number;
  readonly deviceTo: number;
  readonly sectorFromHigh: number;
  readonly sectorFromLow: number;
}

/**
 * Records as columns; row i of every column is one record. The arrays belong to whoever fills the batch and are overwritten by its
 * next filling. Times and sectors are unsigned 64-bit numbers in two halves: nanoseconds of an uptime over 104 days do not fit a
 * double, so differences are taken half by half (`nsSince`).
 */
export class RecordBatch {
  length = 0;
  /** The bytes that the payloads lie in. */
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Byte order of the machine that recorded; payloads of remaps, splits and unplugs are big-endian all the same. */
  littleEndian = true;

  version: Uint8Array<ArrayBuffer>;
  /** Counts a CPU's records from 1; 0 in notifications and in what the `blk` tracer of tracefs writes. */
  sequence: Uint32Array<ArrayBuffer>;
  /** Nanoseconds of the recording machine's trace clock. */
  timeHigh: Uint32Array<ArrayBuffer>;
  timeLow: Uint32Array<ArrayBuffer>;
  /** In units of 512 bytes. */
  sectorHigh: Uint32Array<ArrayBuffer>;
  sectorLow: Uint32Array<ArrayBuffer>;
  size: Uint32Array<ArrayBuffer>;
  /** One of ACTION or NOTIFY, perhaps with CGROUP_FLAG. */
  action: Uint16Array<ArrayBuffer>;
  /** Bits of CATEGORY. */
  category: Uint32Array<ArrayBuffer>;
  pid: Uint32Array<ArrayBuffer>;
  /** Kernel's dev_t: major << 20 | minor. */
  device: Uint32Array<ArrayBuffer>;
  cpu: Uint32Array<ArrayBuffer>;
  /** A completion's error as a positive number, 0 for none. */
  error: Uint16Array<ArrayBuffer>;
  /** Where the payload begins in `bytes`; the header lies right before it. */
  payloadAt: Uint32Array<ArrayBuffer>;
  payloadLength: Uint16Array<ArrayBuffer>;

  constructor(rows: number) {
    const capacity = Math.max(1, rows);
    this.version = new Uint8Array(capacity);
    this.sequence = new Uint32Array(capacity);
    this.timeHigh = new Uint32Array(capacity);
    this.timeLow = new Uint32Array(capacity);
    this.sectorHigh = new Uint32Array(capacity);
    this.sectorLow = new Uint32Array(capacity);
    this.size = new Uint32Array(capacity);
    this.action = new Uint16Array(capacity);
    this.category = new Uint32Array(capacity);
    this.pid = new Uint32Array(capacity);
    this.device = new Uint32Array(capacity);
    this.cpu = new Uint32Array(capacity);
    this.error = new Uint16Array(capacity);
    this.payloadAt = new Uint32Array(capacity);
    this.payloadLength = new Uint16Array(capacity);
  }

  /** Copies one row of another batch; its payload's bytes stay there. */
  copyRow(to: number, from: RecordBatch, row: number): void {
    this.version[to] = from.version[row] ?? 0;
    this.sequence[to] = from.sequence[row] ?? 0;
    this.timeHigh[to] = from.timeHigh[row] ?? 0;
    this.timeLow[to] = from.timeLow[row] ?? 0;
    this.sectorHigh[to] = from.sectorHigh[row] ?? 0;
    this.sectorLow[to] = from.sectorLow[row] ?? 0;
    this.size[to] = from.size[row] ?? 0;
    this.action[to] = from.action[row] ?? 0;
    this.category[to] = from.category[row] ?? 0;
    this.pid[to] = from.pid[row] ?? 0;
    this.device[to] = from.device[row] ?? 0;
    this.cpu[to] = from.cpu[row] ?? 0;
    this.error[to] = from.error[row] ?? 0;
    this.payloadAt[to] = from.payloadAt[row] ?? 0;
    this.payloadLength[to] = from.payloadLength[row] ?? 0;
  }

  get capacity(): number {
    return this.sequence.length;
  }
}

/** An unsigned 64-bit number in two halves; a time stays exact so. */
export interface Moment {
  readonly high: number;
  readonly low: number;
}

/** Nanoseconds of row `row` after `base`, negative before it; exact within 104 days of it. */
export function nsSince(batch: RecordBatch, row: number, base: Moment): number {
  return ((batch.timeHigh[row] ?? 0) - base.high) * 0x1_0000_0000 + ((batch.timeLow[row] ?? 0) - base.low);
}

/** Nanoseconds from one moment to another, exact within 104 days. */
export function nsBetween(from: Moment, to: Moment): number {
  return (to.high - from.high) * 0x1_0000_0000 + (to.low - from.low);
}

/** Exact below 2^53: larger sectors stand only in damaged records. */
export function sectorOf(batch: RecordBatch, row: number): number {
  return (batch.sectorHigh[row] ?? 0) * 0x1_0000_0000 + (batch.sectorLow[row] ?? 0);
}

/** Where a row's own payload begins: behind the cgroup, where it has one. */
function ownPayload(batch: RecordBatch, row: number): { readonly at: number; readonly length: number } {
  const cgroup = ((batch.action[row] ?? 0) & CGROUP_FLAG) === 0 ? 0 : 8;
  return { at: (batch.payloadAt[row] ?? 0) + cgroup, length: (batch.payloadLength[row] ?? 0) - cgroup };
}

/** The remap that row `row` tells, or undefined where its payload is too short for one. */
export function remapOf(batch: RecordBatch, row: number): Remap | undefined {
  const { at, length } = ownPayload(batch, row);
  if (length < 16) return undefined;
  const { view } = batch;
  return {
    deviceFrom: view.getUint32(at),
    deviceTo: view.getUint32(at + 4),
    sectorFromHigh: view.getUint32(at + 8),
    sectorFromLow: view.getUint32(at + 12),
  };
}

/** The number that a split (its new sector) or an unplug (its depth) carries, in two halves; undefined without a payload. */
export function payloadNumber(batch: RecordBatch, row: number): Moment | undefined {
  const { at, length } = ownPayload(batch, row);
  if (length < 8) return undefined;
  return { high: batch.view.getUint32(at), low: batch.view.getUint32(at + 4) };
}

/** A message's bytes up to the first zero: whoever prints them decides about control characters. Valid as long as the batch. */
export function messageBytes(batch: RecordBatch, row: number): Uint8Array {
  const at = batch.payloadAt[row] ?? 0;
  const bytes = batch.bytes.subarray(at, at + (batch.payloadLength[row] ?? 0));
  const zero = bytes.indexOf(0);
  return zero < 0 ? bytes : bytes.subarray(0, zero);
}
