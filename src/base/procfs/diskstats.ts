// /proc/diskstats: a line a disk and partition. Every kernel since 2.6.25 prints eleven counters after the name; 4.18 added four for
// discards, 5.5 two for flushes. Partitions of 2.6.0 to 2.6.24 have four counters of another meaning and are passed over.
// Source: Documentation/admin-guide/iostats.rst, Documentation/ABI/testing/procfs-diskstats, Documentation/block/stat.rst.
//
//   8  0 sda 4 0 32 3 1 0 8 2 0 5 5 [0 0 0 0 [0 0]]
//   major minor name, reads merges sectors ms, writes …, in flight, ms busy, weighted ms [discards …] [flushes, ms]
// In base, as capture reads the rate of requests from it and decode the counters.

import { toInteger } from './numbers.js';

/** The counters in their order: sectors of 512 bytes, ticks in ms. */
export const DISK_FIELDS = [
  'rd_ios',
  'rd_merges',
  'rd_sectors',
  'rd_ticks',
  'wr_ios',
  'wr_merges',
  'wr_sectors',
  'wr_ticks',
  'in_flight',
  'io_ticks',
  'time_in_queue',
  'dc_ios',
  'dc_merges',
  'dc_sectors',
  'dc_ticks',
  'fl_ios',
  'fl_ticks',
] as const;

const OLDEST_COUNTERS = 11;
/** DISK_NAME_LEN in include/linux/blkdev.h is 32, and a partition's number follows. */
const MOST_NAME = 64;
/** Major, minor and name come before them. */
const NAMES = 3;

export interface DiskLine {
  /** 'MAJOR:MINOR'. */
  readonly id: string;
  readonly name: string;
  /** In the order of DISK_FIELDS, as many as this kernel prints. */
  readonly values: readonly number[];
}

/** Line by line, because a machine may have thousands of disks. */
export function* parseDiskstats(text: string): Generator<DiskLine> {
  for (let at = 0; at < text.length;) {
    const found = text.indexOf('\n', at);
    const end = found === -1 ? text.length : found;
    const line = parseLine(text, at, end);
    if (line) yield line;
    at = end + 1;
  }
}

/** The counters of one disk or partition as /sys/block/NAME/stat has them: a line of /proc/diskstats without its names. */
export function parseDiskCounters(text: string): readonly number[] | undefined {
  const { values } = wordsOf(text, 0, text.length, 0);
  return values.length < OLDEST_COUNTERS ? undefined : values;
}

function parseLine(text: string, from: number, end: number): DiskLine | undefined {
  const { words, values } = wordsOf(text, from, end, NAMES);
  const [major, minor, name] = words;
  if (values.length < OLDEST_COUNTERS || !name || name.length > MOST_NAME) return undefined;
  if (toInteger(major) === undefined || toInteger(minor) === undefined) return undefined;
  return { id: `${major}:${minor}`, name, values };
}

function wordsOf(text: string, from: number, end: number, names: number): { words: string[]; values: number[] } {
  const words: string[] = [];
  const values: number[] = [];
  let at = from;
  while (values.length < DISK_FIELDS.length) {
    while (at < end && isBlank(text.charCodeAt(at))) at += 1;
    const begin = at;
    while (at < end && !isBlank(text.charCodeAt(at))) at += 1;
    if (at === begin) break;
    if (words.length < names) words.push(text.slice(begin, at));
    else {
      const value = numberAt(text, begin, at);
      if (value === undefined) break;
      values.push(value);
    }
  }
  return { words, values };
}

/** Digit by digit as long as that is exact: a machine of many disks has a million figures a second. */
function numberAt(text: string, from: number, to: number): number | undefined {
  if (to - from > 15) return toInteger(text.slice(from, to));
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return toInteger(text.slice(from, to));
    value = value * 10 + digit;
  }
  return value;
}

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}
