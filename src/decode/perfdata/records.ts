// The records of a perf.data: each says its length, and what is not known is passed over.
//
//   u32 type, u16 misc, u16 size (with these 8 bytes), then by type:
//     2 lost: u64 identifier, u64 count      3 name: u32 pid, u32 tid, text      9 sample      13 lost samples: u64 count
//     81, 83 compressed records: compressed.ts
//
// Source: include/uapi/linux/perf_event.h, 'enum perf_event_type'; tools/lib/perf/include/perf/event.h.

import { Malformed, type Blocks } from '../tracecmd/bytes.js';
import type { Piece } from './shape.js';

export const RECORD = { lost: 2, name: 3, sample: 9, lostSamples: 13, compressed: 81, compressed2: 83 } as const;
export const RECORD_HEADER = 8;
const PIECE = 4 * 1024 * 1024;

/** The records of `size` bytes from `offset` on in pieces of whole records. */
export function* piecesIn(blocks: Blocks, offset: number, size: number): Generator<Piece> {
  const end = Math.min(offset + size, blocks.size);
  for (let at = offset; at < end;) {
    const bytes = blocks.block(at, Math.min(PIECE, end - at));
    const length = wholeRecords(bytes, at);
    if (length === 0) throw new Malformed(at, 'a record is cut off');
    yield { bytes: bytes.subarray(0, length), offset: at, fileBytes: length, left: end - at - length };
    at += length;
  }
}

/** Bytes of the whole records at the beginning. Throws Malformed where the first is none. */
export function wholeRecords(bytes: Buffer, offset: number): number {
  let at = 0;
  while (at + RECORD_HEADER <= bytes.length) {
    const size = bytes.readUInt16LE(at + 6);
    if (size < RECORD_HEADER) {
      // What comes before it can be read.
      if (at > 0) return at;
      throw new Malformed(offset, `a record of ${size} bytes`);
    }
    if (at + size > bytes.length) break;
    at += size;
  }
  return at;
}
