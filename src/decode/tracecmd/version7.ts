// Version 7: sections anywhere, found by options that name their offsets; sections and pages may be compressed.
//
//   algorithm\0 version\0 | u64 offset of the first options
//   section: u16 id, u16 flags (1 = compressed), u32 name, u64 size, data; compressed: u32 size, u32 inflated size, data
//   option: u16 id, u32 size, data;   0, done: u64 offset of further options, 0 = none
//   option 3, a buffer: u64 offset, name\0, clock\0, u32 page size, u32 CPUs, for each: u32 CPU, u64 offset, u64 size
//   compressed pages of a CPU: u32 chunks, for each: u32 size, u32 inflated size, data
//
// Source: trace-cmd.dat.v7(5).

import * as zlib from 'node:zlib';
import { messageOf, UserError } from '../../base/errors.js';
import type { EventFormat } from '../ftrace/format.js';
import { blocksOf, Cursor, Malformed, type Blocks } from './bytes.js';
import { readEventFormats, readFtraceFormats, readNames, readSymbols } from './contents.js';
import { inflateZstd } from '../zstd/stream.js';
import { pagesIn, type CpuPages, type Start, type TraceDat } from './shape.js';

const OPTION = { done: 0, buffer: 3, uname: 5, ftraceFormats: 17, eventFormats: 18, symbols: 19, names: 21 };
const COMPRESSED = 1;
/** A damaged list of options may lead back to itself. */
const MOST_LISTS = 64;
const MOST_CPUS = 65_536;
/** Symbols, the largest section, and a chunk of pages are smaller by far. */
const MOST_INFLATED = 256 * 1024 * 1024;

type Inflate = (bytes: Buffer, inflatedSize: number) => Buffer;

function inflaterOf(path: string, algorithm: string): Inflate {
  if (algorithm === 'none' || algorithm === 'zlib')
    return (bytes, size) => zlib.inflateSync(bytes, { maxOutputLength: Math.max(1, size) });
  if (algorithm === 'zstd') return inflateZstd;
  throw new UserError(
    `${path} is compressed with ${JSON.stringify(algorithm)}, which is not read: run \`trace-cmd convert --compression none -i ${path} -o PLAIN.dat\` and give PLAIN.dat.`,
  );
}

/** Reads compressed blocks: each has its size and its inflated size before it. */
function inflatedAt(cursor: Cursor, inflate: Inflate): Buffer {
  const { at } = cursor;
  const [size, inflatedSize] = [cursor.u32(), cursor.u32()];
  if (inflatedSize > MOST_INFLATED) throw new Malformed(at, `${inflatedSize} bytes inflated`);
  const bytes = cursor.bytes(size);
  try {
    return inflate(bytes, inflatedSize);
  } catch (error) {
    throw new Malformed(at, messageOf(error));
  }
}

class Reader {
  private readonly start: Start;
  private readonly inflate: Inflate;
  readonly formats: EventFormat[] = [];
  symbols: string | undefined;
  names = new Map<number, string>();
  uname: string | undefined;
  readonly cpus: CpuPages[] = [];

  constructor(start: Start, inflate: Inflate) {
    this.start = start;
    this.inflate = inflate;
  }

  /** The section at an offset, inflated where it is compressed. */
  private section(offset: number): Cursor {
    const cursor = new Cursor(this.start.blocks, offset);
    cursor.u16();
    const flags = cursor.u16();
    cursor.u32();
    const size = cursor.u64();
    if ((flags & COMPRESSED) === 0) return new Cursor(blocksOf(cursor.bytes(Math.min(size, MOST_INFLATED))));
    return new Cursor(blocksOf(inflatedAt(cursor, this.inflate)));
  }

  options(first: number): void {
    let offset = first;
    for (let lists = 0; offset !== 0 && lists < MOST_LISTS; lists += 1) offset = this.list(this.section(offset));
  }

  /** One list of options; returns where the next is, 0 for nowhere. */
  private list(cursor: Cursor): number {
    while (cursor.at < cursor.blocks.size) {
      const id = cursor.u16();
      const size = cursor.u32();
      const data = new Cursor(blocksOf(cursor.bytes(size)));
      if (id === OPTION.done) return size >= 8 ? data.u64() : 0;
      this.option(id, data);
    }
    return 0;
  }

  private option(id: number, data: Cursor): void {
    switch (id) {
      case OPTION.buffer:
        return this.buffer(data);
      case OPTION.uname:
        this.uname = data.blocks.block(0, data.blocks.size).toString('utf8').replace(/\0.*$/s, '');
        return;
      case OPTION.ftraceFormats:
        return readFtraceFormats(this.section(data.u64()), this.formats);
      case OPTION.eventFormats:
        return readEventFormats(this.section(data.u64()), this.formats);
      case OPTION.symbols:
        this.symbols = readSymbols(this.section(data.u64()));
        return;
      case OPTION.names:
        this.names = readNames(this.section(data.u64()));
        return;
    }
  }

  private buffer(data: Cursor): void {
    const { blocks } = this.start;
    const section = new Cursor(blocks, data.u64());
    section.u16();
    const isCompressed = (section.u16() & COMPRESSED) !== 0;
    const instance = data.text();
    data.text();
    const pageBytes = data.u32();
    const count = data.u32();
    if (count > MOST_CPUS || pageBytes < 1024)
      throw new Malformed(data.at, `${count} CPUs with pages of ${pageBytes} bytes`);
    for (let left = count; left > 0; left -= 1) {
      const cpu = data.u32();
      const [offset, size] = [data.u64(), data.u64()];
      const pages = () =>
        isCompressed ? this.chunks(blocks, offset, size, pageBytes) : pagesIn(blocks, offset, size, pageBytes);
      this.cpus.push({ instance, cpu, pages });
    }
  }

  private *chunks(blocks: Blocks, offset: number, size: number, pageBytes: number): Generator<Uint8Array> {
    if (size === 0) return;
    const cursor = new Cursor(blocks, offset);
    for (let left = cursor.u32(); left > 0; left -= 1) {
      const bytes = inflatedAt(cursor, this.inflate);
      yield* pagesIn(blocksOf(bytes), 0, bytes.length, pageBytes);
    }
  }
}

export function readVersion7(path: string, start: Start): TraceDat {
  const { cursor } = start;
  const algorithm = cursor.text();
  cursor.text();
  const reader = new Reader(start, inflaterOf(path, algorithm));
  reader.options(cursor.u64());
  const { formats, names, symbols, uname, cpus } = reader;
  return {
    version: 7,
    formats,
    names,
    ...(symbols !== undefined && { symbols }),
    ...(uname !== undefined && { uname }),
    cpus,
  };
}
