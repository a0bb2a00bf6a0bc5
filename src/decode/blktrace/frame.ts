// Bytes → where a record begins and ends. Nothing is decoded but the magic number, the version and the payload's length.
//
//   u32 magic: 'eat' in the upper three bytes (0x656174), the version in the lowest, in the recording machine's byte order
//   version 7: 48 bytes of header, payload length in its last u16;  version 8: 64 bytes, payload length at offset 50
//
// Source: struct blk_io_trace and blk_io_trace2 in include/uapi/linux/blktrace_api.h (Linux 6.19).

import { HEADER_BYTES } from '../../model/blktrace.js';

const MAGIC = 0x656174;
/** A header of any version is at least so long. */
export const LEAST_HEADER = HEADER_BYTES[7];
/** The longest record: a header of version 8 and a payload of 65,535 bytes. */
export const LONGEST_RECORD = HEADER_BYTES[8] + 0xffff;

/** What `recordLength` says where there is no whole record of a known version; lengths are never so small. */
export const NEED_MORE = 0;
const NO_MAGIC = 1;
export const UNKNOWN_VERSION = 2;

/** The byte order in which the magic at `at` reads right; undefined where it is no magic in either. */
export function byteOrderAt(view: DataView, at: number): 'little' | 'big' | undefined {
  if (view.getUint32(at, true) >>> 8 === MAGIC) return 'little';
  if (view.getUint32(at, false) >>> 8 === MAGIC) return 'big';
  return undefined;
}

export function isMagic(view: DataView, at: number, littleEndian: boolean): boolean {
  return view.getUint32(at, littleEndian) >>> 8 === MAGIC;
}

/** Bytes of the record at `at` with its payload, or NEED_MORE, NO_MAGIC, UNKNOWN_VERSION. `end` is where the known bytes end. */
export function recordLength(view: DataView, at: number, end: number, littleEndian: boolean): number {
  if (at + 4 > end) return NEED_MORE;
  const magic = view.getUint32(at, littleEndian);
  if (magic >>> 8 !== MAGIC) return NO_MAGIC;
  if (at + LEAST_HEADER > end) return NEED_MORE;
  const version = magic & 0xff;
  let length: number;
  if (version === 7) length = 48 + view.getUint16(at + 46, littleEndian);
  else if (version === 8) {
    if (at + 52 > end) return NEED_MORE;
    length = 64 + view.getUint16(at + 50, littleEndian);
  } else return UNKNOWN_VERSION;
  return at + length > end ? NEED_MORE : length;
}

/** Where the next magic of a known version lies between `from` and `end` (exclusive), or -1. */
export function findMagic(view: DataView, from: number, end: number, littleEndian: boolean): number {
  for (let at = from; at + 4 <= end; at += 1) {
    const magic = view.getUint32(at, littleEndian);
    if (magic >>> 8 === MAGIC && ((magic & 0xff) === 7 || (magic & 0xff) === 8)) return at;
  }
  return -1;
}
