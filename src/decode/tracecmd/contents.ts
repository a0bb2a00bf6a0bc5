// What a trace.dat holds besides events, in both versions alike: layouts of events, symbols, names of threads. Only what is made use of is
// kept.
//
//   formats of ftrace's own events: u32 count, then each: u64 size, text
//   formats of events:              u32 systems, then each: name\0, u32 count, then each: u64 size, text
//   symbols: u32 size, text         printk formats: u32 size, text         names: u64 size, text
//
// Source: trace-cmd.dat.v6(5), trace-cmd.dat.v7(5).

import { isKept } from '../ftrace/decode.js';
import { MOST_FORMAT, parseFormat, type EventFormat } from '../ftrace/format.js';
import { MOST_SYMBOLS } from '../ftrace/symbols.js';
import { Malformed, type Cursor } from './bytes.js';

const MOST_FORMATS = 65_536;
const MOST_NAMES = 16 * 1024 * 1024;

function readFormat(cursor: Cursor, into: EventFormat[]): void {
  const size = cursor.u64();
  const at = cursor.at + size;
  if (size <= MOST_FORMAT) {
    const format = parseFormat(cursor.bytes(size).toString('latin1'));
    if (format && isKept(format.name)) into.push(format);
  }
  cursor.at = at;
}

function countOf(cursor: Cursor, what: string): number {
  const { at } = cursor;
  const count = cursor.u32();
  if (count > MOST_FORMATS) throw new Malformed(at, `${count} ${what}`);
  return count;
}

/** Those of ftrace itself: kernel stacks are among them. */
export function readFtraceFormats(cursor: Cursor, into: EventFormat[]): void {
  for (let left = countOf(cursor, 'formats'); left > 0; left -= 1) readFormat(cursor, into);
}

export function readEventFormats(cursor: Cursor, into: EventFormat[]): void {
  for (let systems = countOf(cursor, 'systems'); systems > 0; systems -= 1) {
    cursor.text();
    for (let left = countOf(cursor, 'formats'); left > 0; left -= 1) readFormat(cursor, into);
  }
}

/** The text of /proc/kallsyms; undefined where it is empty or longer than any kernel's. */
export function readSymbols(cursor: Cursor): string | undefined {
  const size = cursor.u32();
  const at = cursor.at + size;
  const text = size > 0 && size <= MOST_SYMBOLS ? cursor.bytes(size).toString('latin1') : undefined;
  cursor.at = at;
  return text;
}

function passPrintk(cursor: Cursor): void {
  const size = cursor.u32();
  cursor.at += size;
}

/** Names by thread: lines of a number and a name. */
export function readNames(cursor: Cursor): Map<number, string> {
  const size = cursor.u64();
  const at = cursor.at + size;
  const text = size <= MOST_NAMES ? cursor.bytes(size).toString('utf8') : '';
  cursor.at = at;
  const names = new Map<number, string>();
  for (const [, pid, name = ''] of text.matchAll(/^(\d{1,10}) (.{1,64})$/gm)) names.set(Number(pid), name);
  return names;
}

/** What version 6 begins with, and perf.data as well, whose descriptions are of its version 0.5 or 0.6. */
export interface Described {
  readonly formats: readonly EventFormat[];
  readonly symbols?: string;
  readonly names: ReadonlyMap<number, string>;
}

/** "header_page\0" u64 size … "header_event\0" u64 size … formats (twice), symbols, printk formats, names where there are any. */
export function readDescribed(cursor: Cursor, hasNames = true): Described {
  for (const name of ['header_page', 'header_event']) {
    cursor.expect(`${name}\0`);
    const size = cursor.u64();
    cursor.at += size;
  }
  const formats: EventFormat[] = [];
  readFtraceFormats(cursor, formats);
  readEventFormats(cursor, formats);
  const symbols = readSymbols(cursor);
  passPrintk(cursor);
  const names = hasNames ? readNames(cursor) : new Map<number, string>();
  return { formats, names, ...(symbols !== undefined && { symbols }) };
}
