// What counters say was done between two times: by a disk as a whole (/proc/diskstats), and by one process (/proc/PID/io).
// Source: Documentation/admin-guide/iostats.rst; Documentation/filesystems/proc.rst, 3.3.

import type { ProcessCounters, Series } from '../../model/counters.js';
import { growthWithin, valueAt } from './series.js';
import type { Interval } from '../../base/intervals.js';

/** One disk's reads and writes; NaN where it was not read. */
export interface DiskWork {
  readonly requests: number;
  readonly bytes: number;
  /** 0 on kernels that do not count them. */
  readonly flushes: number;
  /** The time with at least one request there (io_ticks), and the times of all requests together, queueing included (time_in_queue), ms. */
  readonly busyMs: number;
  readonly queueMs: number;
}

export function diskWork(disk: Series | undefined, { from, to }: Interval): DiskWork {
  const grown = (name: string) => growthWithin(disk, name, from, to);
  return {
    requests: grown('rd_ios') + grown('wr_ios'),
    bytes: (grown('rd_sectors') + grown('wr_sectors')) * 512,
    flushes: grown('fl_ios') || 0,
    busyMs: grown('io_ticks'),
    queueMs: grown('time_in_queue'),
  };
}

/** One process's reads and writes; NaN where they could not be read, which takes its own user or root. */
export interface ProcessWork {
  readonly calls: number;
  /** What the calls moved, from and to whatever. */
  readonly bytes: number;
  /** What of it was read from a disk, or was or will be written to one. */
  readonly diskBytes: number;
}

export function processWork(process: ProcessCounters | undefined, { from, to }: Interval): ProcessWork {
  const grown = (name: string) => growthWithin(process?.io, name, from, to);
  return {
    calls: grown('syscr') + grown('syscw'),
    bytes: grown('rchar') + grown('wchar'),
    diskBytes: grown('read_bytes') + grown('write_bytes'),
  };
}

/** What a process did itself, of a column of /proc/PID/io or the sum of several, and how long the readings that tell it lie apart, ms. */
interface Itself {
  readonly done: number;
  readonly ms: number;
}

/**
 * What a child did is added to its parent's figures when the parent waits for it (wait_task_zombie() in kernel/exit.c), so the readings beside
 * such a moment are left out, and those that are not meant. Undefined where the columns were not read.
 */
export function doneItself(
  { io, stat }: Pick<ProcessCounters, 'io' | 'stat'>,
  names: readonly string[],
  isMeant: (from: number, to: number) => boolean = () => true,
): Itself | undefined {
  const columns = names.flatMap((name) => io?.columns.get(name) ?? []);
  if (!io || columns.length < names.length) return undefined;
  let [done, ms] = [0, 0];
  for (let row = 1; row < io.t.length; row += 1) {
    const [from, to] = [valueAt(io.t, row - 1), valueAt(io.t, row)];
    if (!isMeant(from, to) || growthWithin(stat, 'cminflt', from, io.t[row + 1] ?? to) > 0) continue;
    ms += to - from;
    for (const column of columns) done += valueAt(column, row) - valueAt(column, row - 1);
  }
  return { done, ms };
}

/** The same over all readings; for those that are left out the time is taken for like the rest. NaN where that was not read. */
export function grownItself(process: ProcessCounters | undefined, names: readonly string[]): number {
  const itself = process && doneItself(process, names);
  if (!itself) return NaN;
  const { t } = process.io ?? {};
  return (itself.done * (valueAt(t, (t?.length ?? 0) - 1) - valueAt(t, 0))) / itself.ms;
}

/** What a process wrote by calls of its own, bytes; NaN where that was not read. */
export function writtenItself(process: ProcessCounters | undefined): number {
  return grownItself(process, ['wchar']);
}
