// A trace.dat of trace-cmd, version 6 or 7 → the layouts, symbols and names that it holds, and where each CPU's raw pages lie. The pages are
// the kernel's own, as a recording's are, and are handed on one by one.
//
//   17 08 44 "tracing" version\0 | u8 endianness (0 = little) | u8 bytes of a long | u32 page size | … by version
//
// Source: trace-cmd.dat.v6(5), trace-cmd.dat.v7(5).

import { closeSync, fstatSync, openSync } from 'node:fs';
import { UserError } from '../../base/errors.js';
import { blocksOfFile, Cursor, Malformed, type Blocks } from './bytes.js';
import type { TraceDat } from './shape.js';
import { readVersion6 } from './version6.js';
import { readVersion7 } from './version7.js';

export const TRACE_DAT_MAGIC = '\u0017\u0008\u0044tracing';

const LARGEST_PAGE = 1024 * 1024;

/** Hands the contents of the file at `path` to `use`. Throws a UserError where its head is none that can be read. */
export function withTraceDat<T>(path: string, use: (file: TraceDat) => T): T {
  const fd = openSync(path, 'r');
  try {
    return use(readHead(path, blocksOfFile(fd, fstatSync(fd).size)));
  } catch (error) {
    if (error instanceof Malformed) throw new UserError(`${path} is a trace.dat that is damaged (${error.message}).`);
    throw error;
  } finally {
    closeSync(fd);
  }
}

function readHead(path: string, blocks: Blocks): TraceDat {
  const cursor = new Cursor(blocks);
  cursor.expect(TRACE_DAT_MAGIC);
  const version = cursor.text();
  const isBig = cursor.u8() !== 0;
  const longBytes = cursor.u8();
  if (isBig || longBytes !== 8)
    throw new UserError(
      `${path} was recorded on a machine that is ${isBig ? 'big-endian' : 'of 32 bits'}: only traces of little-endian ones of 64 bits are read.`,
    );
  const pageBytes = cursor.u32();
  if (pageBytes < 1024 || pageBytes > LARGEST_PAGE) throw new Malformed(cursor.at - 4, `pages of ${pageBytes} bytes`);
  const start = { cursor, blocks, pageBytes };
  if (version === '6') return readVersion6(start);
  if (version === '7') return readVersion7(path, start);
  throw new UserError(`${path} is a trace.dat of version ${JSON.stringify(version)}: versions 6 and 7 are read.`);
}
