// The beginning of a chunk → where it ends and what its times count from; and the walk over its events, of which each tells its length. A chunk that is
// cut or still written is walked as far as its events are whole.
//
//     0  "FLR\0"        8  bytes of the chunk        32  start, ns since 1970      56  ticks a second
//     4  version        16 last checkpoint           40  duration, ns              64  0 finished, else still written
//     6  its part       24 metadata                  48  start, ticks              67  bit 0: numbers are LEB128
//
// Source: src/hotspot/share/jfr/recorder/repository/jfrChunkWriter.cpp and jdk.jfr.internal.consumer.ChunkHeader of OpenJDK 17.

import type { Cursor } from './cursor.js';

export const HEADER_BYTES = 68;
export const MAGIC = Buffer.from('FLR\0', 'latin1');
/** Event types that every chunk has. */
export const METADATA = 0;
export const CHECKPOINT = 1;
/** Oracle’s JDK 7 and 8 write version 0.9. */
const OLD_MINOR = 9;
/** Ticks a second are a counter's of the CPU, or ns: what is not between these is none. */
const TICKS_A_SECOND = { least: 1e6, most: 1e11 } as const;
/** Its size and type may take as many bytes. */
const EVENT_HEAD = 18;

export interface ChunkHeader {
  /** Where in the file it begins. */
  readonly at: number;
  readonly version: number;
  /** As it says; 0 where it was never finished. */
  readonly bytes: number;
  /** From its beginning; 0 where there is none yet. */
  readonly lastCheckpoint: number;
  readonly metadata: number;
  readonly startNs: bigint;
  readonly startTicks: bigint;
  readonly ticksPerSecond: number;
  readonly finished: boolean;
  readonly compressed: boolean;
}

/**
 * What stands in place of a lost header would name moments that never were, and events hold the letters as well. The clock of Oracle’s JDK 7 and 8 stands
 * elsewhere, and their version is always the same.
 */
function isHeader({ version, startNs, startTicks, ticksPerSecond }: ChunkHeader, minor: number): boolean {
  if (version === 0) return minor === OLD_MINOR;
  const { least, most } = TICKS_A_SECOND;
  return ticksPerSecond >= least && ticksPerSecond <= most && startNs < 2n ** 63n && startTicks < 2n ** 63n;
}

/** Undefined where no chunk begins there. */
export function chunkAt(cursor: Cursor, at: number): ChunkHeader | undefined {
  if (!cursor.seek(at, HEADER_BYTES)) return undefined;
  for (const byte of MAGIC) if (cursor.byte() !== byte) return undefined;
  const [version, minor] = [cursor.uint16(), cursor.uint16()];
  const [bytes = 0, lastCheckpoint = 0, metadata = 0] = [cursor.uint64(), cursor.uint64(), cursor.uint64()].map(Number);
  const startNs = cursor.uint64();
  cursor.skip(8);
  const startTicks = cursor.uint64();
  const ticksPerSecond = Number(cursor.uint64());
  const finished = cursor.byte() === 0;
  cursor.skip(2);
  const compressed = (cursor.byte() & 1) === 1;
  const header = {
    at,
    version,
    bytes,
    lastCheckpoint,
    metadata,
    startNs,
    startTicks,
    ticksPerSecond,
    finished,
    compressed,
  };
  return isHeader(header, minor) ? header : undefined;
}

/** Where the next chunk begins, from a place on and before `end`; `end` where none does. HotSpot ends a chunk with a copy of its header, which begins none. */
export function nextChunkFrom(cursor: Cursor, from: number, end: number): number {
  let at = from;
  while (at < end) {
    cursor.seek(at, 1);
    const found = cursor.find(MAGIC, end);
    if (found < 0) return end;
    const behind = found + HEADER_BYTES;
    if (chunkAt(cursor, found) && behind < end && !chunkAt(cursor, behind)) return found;
    at = found + 1;
  }
  return end;
}

/** Hands on each whole event with its type and bounds, the cursor behind its type; tells where the first that is not whole begins, or `end`. */
export function walk(
  cursor: Cursor,
  from: number,
  end: number,
  visit: (type: number, start: number, behind: number) => void,
): number {
  for (let start = from; start < end;) {
    cursor.seek(start, Math.min(EVENT_HEAD, end - start));
    const size = cursor.long();
    const behind = start + size;
    const type = cursor.long();
    if (size < 2 || behind > end || cursor.position > behind) return start;
    visit(type, start, behind);
    start = behind;
  }
  return end;
}
