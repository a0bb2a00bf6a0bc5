// /proc/diskstats: a line a disk and partition. Every kernel since 2.6.25 prints eleven counters after the name; 4.18 added four for
// discards, 5.5 two for flushes. Partitions of 2.6.0 to 2.6.24 have four counters of another meaning and are passed over.
// Source: Documentation/admin-guide/iostats.rst, Documentation/ABI/testing/procfs-diskstats.
//
//   8  0 sda 4 0 32 3 1 0 8 2 0 5 5 [0 0 0 0 [0 0]]
//   major minor name, reads merges sectors ms, writes …, in flight, ms busy, weighted ms [discards …] [flushes, ms]

import { toInteger } from '../../base/procfs/numbers.js';
import type { DeviceId } from '../../model/counters.js';

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

export interface DiskLine {
  readonly id: DeviceId;
  readonly name: string;
  /** In the order of DISK_FIELDS, as many as this kernel prints. */
  readonly values: readonly number[];
}

export function parseDiskstats(text: string): DiskLine[] {
  const lines: DiskLine[] = [];
  for (const line of text.split('\n')) {
    const [major, minor, name, ...counters] = line.trim().split(/\s+/);
    if (toInteger(major) === undefined || toInteger(minor) === undefined || !name || counters.length < OLDEST_COUNTERS)
      continue;
    const values: number[] = [];
    for (const counter of counters.slice(0, DISK_FIELDS.length)) {
      const value = toInteger(counter);
      if (value === undefined) break;
      values.push(value);
    }
    if (values.length >= OLDEST_COUNTERS) lines.push({ id: `${major}:${minor}`, name, values });
  }
  return lines;
}
