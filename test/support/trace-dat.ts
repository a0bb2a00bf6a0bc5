// trace.dat files made up: version 7 with every section compressed by zlib, which Debian's trace-cmd is built without.

import { deflateSync } from 'node:zlib';

export interface MadeUp {
  readonly formats: readonly string[];
  readonly names: ReadonlyMap<number, string>;
  /** Whole pages of each CPU. */
  readonly pages: readonly Buffer[];
  readonly pageBytes: number;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function compressed(bytes: Buffer): Buffer {
  const packed = deflateSync(bytes);
  return Buffer.concat([u32(packed.length), u32(bytes.length), packed]);
}

function section(id: number, content: Buffer): Buffer {
  return Buffer.concat([u16(id), u16(1), u32(0), u64(content.length), content]);
}

function option(id: number, data: Buffer): Buffer {
  return Buffer.concat([u16(id), u32(data.length), data]);
}

/** Sections one behind the other, and the options, which name their offsets, at the end. */
export function traceDat7({ formats, names, pages, pageBytes }: MadeUp): Buffer {
  const start = Buffer.concat([
    Buffer.from([0x17, 8, 0x44]),
    Buffer.from('tracing'),
    text('7'),
    Buffer.from([0, 8]),
    u32(pageBytes),
    text('zlib'),
    text('1.2'),
  ]);
  const parts: Buffer[] = [];
  let at = start.length + 8;
  const put = (bytes: Buffer): number => {
    const offset = at;
    parts.push(bytes);
    at += bytes.length;
    return offset;
  };
  const sized = (one: string) => Buffer.concat([u64(Buffer.byteLength(one)), Buffer.from(one)]);
  const events = Buffer.concat([u32(1), text('all'), u32(formats.length), ...formats.map(sized)]);
  const lines = [...names].map(([pid, name]) => `${pid} ${name}\n`).join('');
  const options = [
    option(18, u64(put(section(18, compressed(events))))),
    option(21, u64(put(section(21, compressed(sized(lines)))))),
  ];
  const chunked = pages.map((bytes) => {
    const chunks: Buffer[] = [];
    for (let from = 0; from < bytes.length; from += 8 * pageBytes)
      chunks.push(compressed(bytes.subarray(from, from + 8 * pageBytes)));
    return Buffer.concat([u32(chunks.length), ...chunks]);
  });
  const head = put(section(3, Buffer.alloc(0)));
  const places = chunked.map((bytes, cpu) => Buffer.concat([u32(cpu), u64(put(bytes)), u64(bytes.length)]));
  const buffer = [u64(head), text(''), text('mono'), u32(pageBytes), u32(places.length), ...places];
  options.push(option(3, Buffer.concat(buffer)), option(5, text('Linux made-up 6.1.0 x86_64')), option(0, u64(0)));
  const list = put(section(0, compressed(Buffer.concat(options))));
  return Buffer.concat([start, u64(list), ...parts]);
}
