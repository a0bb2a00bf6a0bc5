// Pieces of records among which compressed ones are → pieces of the records that those hold. All compressed records of a file are one zstd
// stream, which perf never finishes; a record may begin in one of them and end in a later one.
//
//   81 compressed: data up to its end      83 compressed (since Linux 6.16): u64 bytes of data, data, zeros up to a multiple of 8
//
// Source: tools/lib/perf/include/perf/event.h, 'struct perf_record_compressed2'; tools/perf/util/session.c (Linux 6.16).

import { Malformed } from '../tracecmd/bytes.js';
import { Damaged } from '../zstd/damaged.js';
import { ZstdStream } from '../zstd/stream.js';
import { RECORD, RECORD_HEADER, wholeRecords } from './records.js';
import type { Piece } from './shape.js';

const DATA_SIZE_BYTES = 8;

/** What the compressed record of `size` bytes at `at` holds; undefined where the record is none. */
function compressedIn(bytes: Buffer, at: number, size: number, offset: number): Buffer | undefined {
  const type = bytes.readUInt32LE(at);
  const from = at + RECORD_HEADER;
  if (type === RECORD.compressed) return bytes.subarray(from, at + size);
  if (type !== RECORD.compressed2) return undefined;
  const most = size - RECORD_HEADER - DATA_SIZE_BYTES;
  const length = most < 0 ? 0 : Number(bytes.readBigUInt64LE(from));
  if (length > most) throw new Malformed(offset, `a compressed record of ${size} bytes with ${length}`);
  return bytes.subarray(from + DATA_SIZE_BYTES, from + DATA_SIZE_BYTES + length);
}

/** What compressed records inflate to, as whole records. */
class Inflater {
  private readonly stream = new ZstdStream();
  private rest: Buffer = Buffer.alloc(0);

  *records(data: Buffer, offset: number): Generator<Buffer> {
    try {
      for (const block of this.stream.inflate(data)) {
        const bytes = Buffer.concat([this.rest, block]);
        const length = wholeRecords(bytes, offset);
        this.rest = bytes.subarray(length);
        if (length > 0) yield bytes.subarray(0, length);
      }
    } catch (error) {
      throw error instanceof Damaged
        ? new Malformed(offset, `compressed records can’t be read on: ${error.message}`)
        : error;
    }
  }

  /** Throws Malformed where the last record is cut off. */
  finish(offset: number): void {
    if (this.rest.length > 0) throw new Malformed(offset, 'the last of the compressed records is cut off');
  }
}

/** Whatever is not compressed goes through as it is. A piece that many make no whole record of counts for the next one. */
export function* inflated(pieces: Iterable<Piece>): Generator<Piece> {
  const inflater = new Inflater();
  let end = 0;
  for (const { bytes, offset, left } of pieces) {
    let counted = 0;
    /** What of the file was not counted yet, up to `to`. */
    const count = (to: number) => {
      const fileBytes = to - counted;
      counted = to;
      return { offset: offset + to - fileBytes, fileBytes, left: left + bytes.length - to };
    };
    let plainFrom = 0;
    for (let at = 0; at < bytes.length;) {
      const size = bytes.readUInt16LE(at + 6);
      const data = compressedIn(bytes, at, size, offset + at);
      if (data) {
        if (at > plainFrom) yield { bytes: bytes.subarray(plainFrom, at), ...count(at) };
        for (const records of inflater.records(data, offset + at)) yield { bytes: records, ...count(at + size) };
        plainFrom = at + size;
      }
      at += size;
    }
    if (bytes.length > plainFrom) yield { bytes: bytes.subarray(plainFrom), ...count(bytes.length) };
    end = offset + bytes.length;
  }
  inflater.finish(end);
}
