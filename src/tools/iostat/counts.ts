// What a disk has counted since it was there, and what it counted between two samples, as sysstat's iostat takes both: operations, merges
// and sectors in 64 bits, milliseconds in 32. A counter that went backwards wraps, as it does in C.

import { DISK_FIELDS } from '../../base/procfs/diskstats.js';

export type DiskField = (typeof DISK_FIELDS)[number];
export type Counts = Readonly<Record<DiskField, number>>;

/** unsigned int in sysstat's iostat.h; all the others are unsigned long. */
const IN_32_BITS: ReadonlySet<DiskField> = new Set([
  'rd_ticks',
  'wr_ticks',
  'dc_ticks',
  'fl_ticks',
  'in_flight',
  'io_ticks',
  'time_in_queue',
]);

/** An unsigned number of so many bits, from one that may be beyond them or negative. */
export function unsigned(value: number, bits: 32 | 64): number {
  const rest = value % 2 ** bits;
  return rest < 0 ? rest + 2 ** bits : rest;
}

function countsBy(value: (field: DiskField) => number): Counts {
  const of = (field: DiskField): number => unsigned(value(field), IN_32_BITS.has(field) ? 32 : 64);
  return {
    rd_ios: of('rd_ios'),
    rd_merges: of('rd_merges'),
    rd_sectors: of('rd_sectors'),
    rd_ticks: of('rd_ticks'),
    wr_ios: of('wr_ios'),
    wr_merges: of('wr_merges'),
    wr_sectors: of('wr_sectors'),
    wr_ticks: of('wr_ticks'),
    in_flight: of('in_flight'),
    io_ticks: of('io_ticks'),
    time_in_queue: of('time_in_queue'),
    dc_ios: of('dc_ios'),
    dc_merges: of('dc_merges'),
    dc_sectors: of('dc_sectors'),
    dc_ticks: of('dc_ticks'),
    fl_ios: of('fl_ios'),
    fl_ticks: of('fl_ticks'),
  };
}

/** From the kernel's line. What an older kernel doesn't count is 0, as in sysstat: its columns are there all the same. */
export const countsOf = (values: readonly number[]): Counts =>
  countsBy((field) => values[DISK_FIELDS.indexOf(field)] ?? 0);

export const NOTHING = countsOf([]);

export const sumOf = (a: Counts, b: Counts): Counts => countsBy((field) => a[field] + b[field]);

/** How much these fields grew by together: added first and wrapped then, so that the sum is exact. */
export function growthOf(before: Counts, now: Counts, fields: readonly DiskField[]): number {
  const grown = fields.reduce((sum, field) => sum + (now[field] - before[field]), 0);
  return unsigned(grown, fields.every((field) => IN_32_BITS.has(field)) ? 32 : 64);
}

const OPERATIONS = ['rd_ios', 'wr_ios', 'dc_ios', 'fl_ios'] as const;

/** A disk that never did anything is left out unless it is asked for. */
export const wasUsed = (counts: Counts): boolean => OPERATIONS.some((field) => counts[field] > 0);

export const isIdle = (before: Counts, now: Counts): boolean =>
  OPERATIONS.every((field) => before[field] === now[field]);

/** Whether another disk has the name since: nothing of what was counted before is left. */
export function isReplaced(before: Counts, now: Counts): boolean {
  const total = (counts: Counts): number => OPERATIONS.reduce((sum, field) => sum + counts[field], 0);
  const fell = (field: DiskField): boolean => before[field] === 0 || now[field] < before[field];
  return total(now) < total(before) && fell('rd_sectors') && fell('wr_sectors') && fell('dc_sectors');
}

/** Sectors between two samples as a whole: a counter of 32 bits, as 32-bit kernels have them, is taken for one. */
export function sectorsBetween(before: Counts, now: Counts, field: DiskField): number {
  const isNarrow = now[field] < before[field] && before[field] <= 0xffff_ffff;
  return unsigned(now[field] - before[field], isNarrow ? 32 : 64);
}
