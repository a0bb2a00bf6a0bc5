// Version 6: everything in a fixed order, uncompressed, options behind it, and then where each CPU's pages lie.
//
//   "header_page\0" u64 size …  "header_event\0" u64 size …  formats (twice)  symbols  printk formats  names
//   u32 CPUs | "options  \0" (u16 id, u32 size, data)… u16 0 | "flyrecord\0" (u64 offset, u64 size) for each CPU
//   option 3, a further instance: u64 offset of its own "flyrecord\0", name
//
// Source: trace-cmd.dat.v6(5).

import { Cursor, Malformed } from './bytes.js';
import { readDescribed } from './contents.js';
import { pagesIn, type CpuPages, type Start, type TraceDat } from './shape.js';

const OPTION = { done: 0, buffer: 3, uname: 5 };
const MARK_BYTES = 10;
const MOST_CPUS = 65_536;

interface Options {
  uname?: string;
  readonly instances: { readonly offset: number; readonly name: string }[];
}

function readOptions(cursor: Cursor): Options {
  const found: Options = { instances: [] };
  for (;;) {
    const id = cursor.u16();
    if (id === OPTION.done) return found;
    const size = cursor.u32();
    const end = cursor.at + size;
    if (id === OPTION.uname) found.uname = cursor.bytes(size).toString('utf8').replace(/\0.*$/s, '');
    if (id === OPTION.buffer) found.instances.push({ offset: cursor.u64(), name: cursor.text() });
    cursor.at = end;
  }
}

function cpusOf({ blocks, pageBytes }: Start, cursor: Cursor, count: number, instance: string): CpuPages[] {
  cursor.expect('flyrecord\0');
  return Array.from({ length: count }, (_, cpu) => {
    const [offset, size] = [cursor.u64(), cursor.u64()];
    return { instance, cpu, pages: () => pagesIn(blocks, offset, size, pageBytes) };
  });
}

export function readVersion6(start: Start): TraceDat {
  const { cursor, blocks } = start;
  const described = readDescribed(cursor);
  const count = cursor.u32();
  if (count > MOST_CPUS) throw new Malformed(cursor.at - 4, `${count} CPUs`);
  let options: Options = { instances: [] };
  const mark = blocks.block(cursor.at, MARK_BYTES).toString('latin1');
  if (mark === 'options  \0') {
    cursor.at += MARK_BYTES;
    options = readOptions(cursor);
  }
  return {
    version: 6,
    ...described,
    ...(options.uname !== undefined && { uname: options.uname }),
    cpus: [
      ...cpusOf(start, cursor, count, ''),
      ...options.instances.flatMap(({ offset, name }) => cpusOf(start, new Cursor(blocks, offset), count, name)),
    ],
  };
}
