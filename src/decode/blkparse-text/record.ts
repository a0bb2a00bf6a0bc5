// A line's record → the bytes that blktrace would have written of it (version 7), so that whatever reads traces reads text as well. A
// thread's name goes before its first record as a notification, as the kernel does it.
//
// Source: struct blk_io_trace in include/uapi/linux/blktrace_api.h; payloads of splits, unplugs and remaps are big-endian.

import { ACTION, CATEGORY, HEADER_BYTES, NOTIFY } from '../../model/blktrace.js';
import { categoryOf } from '../../model/rwbs.js';
import type { TextRecord } from './line.js';

const MAGIC = 0x6561_7407;
const NAME_BYTES = 16;

const OF_ACTION: Readonly<Record<number, number>> = {
  [ACTION.queue]: CATEGORY.queue,
  [ACTION.requeue]: CATEGORY.requeue,
  [ACTION.issue]: CATEGORY.issue,
  [ACTION.complete]: CATEGORY.complete,
};

function device(major: number, minor: number): number {
  return ((major << 20) | (minor & 0xf_ffff)) >>> 0;
}

function payloadOf({ number, from, major, minor }: TextRecord): Buffer {
  if (number !== undefined) {
    const payload = Buffer.alloc(8);
    payload.writeBigUInt64BE(BigInt(number));
    return payload;
  }
  if (!from) return Buffer.alloc(0);
  const payload = Buffer.alloc(16);
  payload.writeUInt32BE(device(from.major, from.minor), 0);
  payload.writeUInt32BE(device(major, minor), 4);
  payload.writeBigUInt64BE(BigInt(from.sector), 8);
  return payload;
}

function bytesOf(one: TextRecord, word: number, sequence: number, payload: Buffer): Buffer {
  const record = Buffer.alloc(HEADER_BYTES[7] + payload.length);
  record.writeUInt32LE(MAGIC, 0);
  record.writeUInt32LE(sequence >>> 0, 4);
  record.writeBigUInt64LE(one.ns, 8);
  record.writeBigUInt64LE(BigInt(one.sector), 16);
  record.writeUInt32LE(Math.min(one.bytes, 0xffff_ffff), 24);
  record.writeUInt32LE(word >>> 0, 28);
  record.writeUInt32LE(one.pid >>> 0, 32);
  record.writeUInt32LE(device(one.major, one.minor), 36);
  record.writeUInt32LE(one.cpu, 40);
  record.writeUInt16LE(Math.abs(one.error) & 0xffff, 44);
  record.writeUInt16LE(payload.length, 46);
  payload.copy(record, HEADER_BYTES[7]);
  return record;
}

/** Encodes the lines of one text. */
export class RecordEncoder {
  private readonly names = new Map<number, string>();

  /** The record, behind a notification where the thread's name is new. */
  encode(one: TextRecord): Buffer {
    const category = categoryOf(one.rwbs) | (OF_ACTION[one.action] ?? 0) | (one.isCommand ? CATEGORY.pc : CATEGORY.fs);
    const record = bytesOf(one, (category << 16) | one.action, one.sequence, payloadOf(one));
    const { name, pid } = one;
    if (name === undefined || this.names.get(pid) === name) return record;
    this.names.set(pid, name);
    const payload = Buffer.alloc(NAME_BYTES);
    payload.write(name.slice(0, NAME_BYTES - 1));
    const empty = { ...one, sector: 0, bytes: 0, error: 0 };
    return Buffer.concat([bytesOf(empty, (CATEGORY.notify << 16) | NOTIFY.process, 0, payload), record]);
  }
}
