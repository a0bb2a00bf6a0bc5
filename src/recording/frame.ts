// The framed log: the one format of all append-only files of a recording. A frame stands by itself, so that a file can be read while it
// is written, after a crash at any moment, and around damage: the reader finds the next magic and goes on.
//
//    0  u32  magic 'IOWF'
//    4  u8   type: 0 padding, 1 readings (the tape), 2 trace pages, 3 a record of a ring (ring-file.ts); others are passed over
//    5  u8   flags: bit 0 = the payload is deflated (RFC 1951)
//    6  u16  of deflated trace pages: their length when inflated, in units of 8 bytes; else 0
//    8  u32  payload length in bytes
//   12  u32  sequence number within the file, from 0
//   16  u64  CLOCK_MONOTONIC at the frame's end, ns
//   24  u32  crc32 of the payload
//   28  u32  crc32 of bytes 0–27
//   32       payload, then zeros up to a multiple of 8
//
// All numbers are little-endian. A padding frame fills each write up to a multiple of 4096 bytes, as O_DIRECT wants it. The header has a
// checksum of its own, so that its length is believed: a damaged payload is stepped over whole, and no byte is looked at twice.

import { crc32 } from 'node:zlib';

export const FRAME_HEADER = 32;
export const BLOCK = 4096;
/** A reader takes no frame larger than this; the writer ends a frame long before. */
export const MOST_PAYLOAD = 16 * 1024 * 1024;

const MAGIC = 0x46574f49;

export const FRAME = { padding: 0, readings: 1, pages: 2, record: 3 } as const;
export const DEFLATED = 1;
const INFLATED_UNIT = 8;

export interface FrameHead {
  readonly type: number;
  readonly flags: number;
  readonly length: number;
  readonly sequence: number;
  readonly atNs: bigint;
  /** Of deflated trace pages, their bytes when inflated, below 512 KiB; rounded up to 8 when read. Absent, or 0, for all others. */
  readonly inflated?: number;
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

/** Bytes of a frame with this much payload. */
export function frameBytes(length: number): number {
  return FRAME_HEADER + padded(length);
}

/** Makes a frame of a buffer whose payload lies behind the header's place already. Returns the frame, a view of the buffer. */
export function sealFrame(buffer: Buffer, head: FrameHead): Buffer {
  const frame = buffer.subarray(0, frameBytes(head.length));
  frame.fill(0, 0, FRAME_HEADER).fill(0, FRAME_HEADER + head.length);
  frame.writeUInt32LE(MAGIC, 0);
  frame.writeUInt8(head.type, 4);
  frame.writeUInt8(head.flags, 5);
  frame.writeUInt16LE(Math.ceil((head.inflated ?? 0) / INFLATED_UNIT), 6);
  frame.writeUInt32LE(head.length, 8);
  frame.writeUInt32LE(head.sequence >>> 0, 12);
  frame.writeBigUInt64LE(head.atNs, 16);
  const payload = frame.subarray(FRAME_HEADER, FRAME_HEADER + head.length);
  frame.writeUInt32LE(crc32(payload), 24);
  frame.writeUInt32LE(crc32(frame.subarray(0, 28)), 28);
  return frame;
}

/** A whole frame. */
export function encodeFrame(head: Omit<FrameHead, 'length'>, payload: Uint8Array): Buffer {
  const buffer = Buffer.allocUnsafe(frameBytes(payload.length));
  buffer.set(payload, FRAME_HEADER);
  return sealFrame(buffer, { ...head, length: payload.length });
}

/** A padding frame that fills `used` bytes up to whole blocks; empty where they are full already. */
export function encodePadding(used: number, sequence: number, atNs: bigint): Buffer {
  let room = (BLOCK - (used % BLOCK)) % BLOCK;
  if (room === 0) return Buffer.alloc(0);
  if (room < FRAME_HEADER) room += BLOCK;
  return encodeFrame({ type: FRAME.padding, flags: 0, sequence, atNs }, Buffer.alloc(room - FRAME_HEADER));
}

export type Scan =
  | { readonly kind: 'frame'; readonly head: FrameHead; readonly payload: Buffer; readonly next: number }
  /** The bytes end before the frame does: `needed` of them from its begin are wanted. */
  | { readonly kind: 'more'; readonly needed: number }
  /** A frame that is not wanted. */
  | { readonly kind: 'passed'; readonly head: FrameHead; readonly next: number }
  /** No frame begins here. */
  | { readonly kind: 'none' }
  /** A frame whose payload's checksum does not hold; the next one begins at `next`. */
  | { readonly kind: 'damaged'; readonly next: number };

/** The head of the frame at `at`, of which FRAME_HEADER bytes must be there; undefined where no frame begins. */
function headAt(bytes: Buffer, at: number): FrameHead | undefined {
  const length = bytes.readUInt32LE(at + 8);
  const holds =
    bytes.readUInt32LE(at) === MAGIC &&
    length <= MOST_PAYLOAD &&
    crc32(bytes.subarray(at, at + 28)) === bytes.readUInt32LE(at + 28);
  if (!holds) return undefined;
  return {
    type: bytes.readUInt8(at + 4),
    flags: bytes.readUInt8(at + 5),
    length,
    sequence: bytes.readUInt32LE(at + 12),
    atNs: bytes.readBigUInt64LE(at + 16),
    inflated: bytes.readUInt16LE(at + 6) * INFLATED_UNIT,
  };
}

/**
 * Looks at the frame at `at`. The payload is a view, valid while the buffer is. Of a frame that is not wanted the head is enough: its bytes
 * need not be there, and are not looked at.
 */
export function scanFrame(bytes: Buffer, at: number, isWanted: (head: FrameHead) => boolean = () => true): Scan {
  if (at + FRAME_HEADER > bytes.length) return { kind: 'more', needed: FRAME_HEADER };
  const head = headAt(bytes, at);
  if (!head) return { kind: 'none' };
  const { length } = head;
  const next = at + frameBytes(length);
  if (!isWanted(head)) return { kind: 'passed', head, next };
  if (next > bytes.length) return { kind: 'more', needed: next - at };
  const payload = bytes.subarray(at + FRAME_HEADER, at + FRAME_HEADER + length);
  if (crc32(payload) !== bytes.readUInt32LE(at + 24)) return { kind: 'damaged', next };
  return { kind: 'frame', head, payload, next };
}

/** Where the next magic stands at or behind `at`; -1 where none does. */
export function findMagic(bytes: Buffer, at: number): number {
  return bytes.indexOf('IOWF', at, 'latin1');
}
