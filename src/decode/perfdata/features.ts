// The sections behind a perf.data's records: the descriptions of the kernel's events, and what is told of the machine and its clocks.
//
//   1 tracing data: "\x17\x08\x44tracing" version\0 | u8 endianness | u8 bytes of a long | u32 page size | as in trace.dat
//   3 host, 4 release: u32 length, text     21 sample times: u64 first, u64 last
//   27 compressed: u32 version, u32 form    29 clocks: u32 version, u32 clock, u64 wall clock (ns), u64 its own (ns)
//
// Source: tools/perf/Documentation/perf.data-file-format.txt; tools/perf/util/trace-event-read.c (Linux 6.1).

import { Cursor, blocksOf, Malformed, type Blocks } from '../tracecmd/bytes.js';
import { readDescribed, type Described } from '../tracecmd/contents.js';
import { TRACE_DAT_MAGIC } from '../tracecmd/file.js';
import type { PerfData } from './shape.js';

const FEATURE = { tracingData: 1, host: 3, release: 4, sampleTime: 21, compressed: 27, clocks: 29 } as const;
const MOST_TEXT = 4096;
/** The descriptions of all events of a kernel take a few MiB. */
const MOST_SECTION = 256 * 1024 * 1024;

export interface Features extends Omit<PerfData, 'layouts' | 'pieces' | keyof Described> {
  readonly described?: Described;
  /** How its records are compressed, by the number of the form. */
  readonly compression?: number;
}

/** Where the section of each feature lies, by its number. */
function sectionsOf(blocks: Blocks, at: number, bits: Buffer): Map<number, { offset: number; size: number }> {
  const cursor = new Cursor(blocks, at);
  const sections = new Map<number, { offset: number; size: number }>();
  for (let feature = 0; feature < bits.length * 8; feature += 1)
    if (((bits[feature >> 3] ?? 0) & (1 << (feature & 7))) !== 0)
      sections.set(feature, { offset: cursor.u64(), size: cursor.u64() });
  return sections;
}

/** The first of the sections is the one without which nothing can be read; what is damaged of the others is left out. */
export function readFeatures(blocks: Blocks, at: number, bits: Buffer): Features {
  const sections = sectionsOf(blocks, at, bits);
  const cursorOf = (feature: number) => {
    const section = sections.get(feature);
    if (!section) return undefined;
    if (section.size > MOST_SECTION) throw new Malformed(section.offset, `a section of ${section.size} bytes`);
    return new Cursor(blocksOf(blocks.block(section.offset, section.size)));
  };
  const lenient = <T>(feature: number, read: (cursor: Cursor) => T | undefined): T | undefined => {
    try {
      const cursor = cursorOf(feature);
      return cursor && read(cursor);
    } catch (error) {
      if (error instanceof Malformed) return undefined;
      throw error;
    }
  };
  const tracing = cursorOf(FEATURE.tracingData);
  const host = lenient(FEATURE.host, readText);
  const kernel = lenient(FEATURE.release, readText);
  const times = lenient(FEATURE.sampleTime, readTimes);
  const wallMsAtZero = lenient(FEATURE.clocks, readClocks);
  const compression = lenient(FEATURE.compressed, readCompression);
  return {
    ...(tracing && { described: readTracing(tracing) }),
    ...(host !== undefined && { host }),
    ...(kernel !== undefined && { kernel }),
    ...(times && { times }),
    ...(wallMsAtZero !== undefined && { wallMsAtZero }),
    ...(compression !== undefined && { compression }),
  };
}

function readTracing(cursor: Cursor): Described {
  cursor.expect(TRACE_DAT_MAGIC);
  const version = cursor.text();
  cursor.at += 1 + 1 + 4;
  return readDescribed(cursor, Number(version) >= 0.6);
}

function readText(cursor: Cursor): string | undefined {
  const length = cursor.u32();
  return length > MOST_TEXT ? undefined : cursor.bytes(length).toString('utf8').replace(/\0.*$/s, '');
}

function readTimes(cursor: Cursor): PerfData['times'] {
  const from = cursor.bytes(8).readBigUInt64LE();
  const to = cursor.bytes(8).readBigUInt64LE();
  return from > 0n && to >= from ? { from, to } : undefined;
}

function readCompression(cursor: Cursor): number {
  cursor.at += 4;
  return cursor.u32();
}

function readClocks(cursor: Cursor): number | undefined {
  const version = cursor.u32();
  cursor.at += 4;
  return version === 1 ? (cursor.u64() - cursor.u64()) / 1e6 : undefined;
}
