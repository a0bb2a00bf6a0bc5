// What iostat tells of a disk between two samples: the formulas of sysstat 12.6.1 (iostat.c, compute_ext_disk_stats in rd_stats.c), operation
// by operation, because another order of the same divisions rounds another way. What is divided by nothing is 0 there.

import { growthOf, type DiskField } from './counts.js';
import type { Row } from './device-list.js';

/** A line's two samples, and the time between them. */
export interface Stretch extends Row {
  /** Hundredths of a second, as /proc/uptime counts. */
  readonly centiseconds: number;
}

export type Kind = 'rd' | 'wr' | 'dc';
const KINDS: readonly Kind[] = ['rd', 'wr', 'dc'];

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

const grown = ({ before, now }: Stretch, ...fields: readonly DiskField[]): number => growthOf(before, now, fields);

/** A second's, of these counters together. */
export const rate = (stretch: Stretch, ...fields: readonly DiskField[]): number =>
  (grown(stretch, ...fields) / stretch.centiseconds) * 100;

/** Operations a second; a flush counts with the writes that it was before it was merged. */
export const operations = (stretch: Stretch): number => rate(stretch, 'rd_ios', 'wr_ios', 'dc_ios');

/** Per cent of what was queued that was merged into another request. */
export const mergedShare = (stretch: Stretch, kind: Kind): number =>
  share(grown(stretch, `${kind}_merges`), grown(stretch, `${kind}_merges`, `${kind}_ios`)) * 100;

/** ms from queued to completed, mean. */
export const wait = (stretch: Stretch, kind: Kind | 'fl'): number =>
  share(grown(stretch, `${kind}_ticks`), grown(stretch, `${kind}_ios`));

/** kB a request, mean. */
export const size = (stretch: Stretch, kind: Kind): number =>
  share(grown(stretch, `${kind}_sectors`), grown(stretch, `${kind}_ios`)) / 2;

const allOf = (stretch: Stretch, what: 'ios' | 'ticks' | 'sectors'): number =>
  grown(stretch, ...KINDS.map((kind) => `${kind}_${what}` as const));

/** The same over reads, writes and discards. */
export const meanWait = (stretch: Stretch): number => share(allOf(stretch, 'ticks'), allOf(stretch, 'ios'));
export const meanSize = (stretch: Stretch): number => share(allOf(stretch, 'sectors'), allOf(stretch, 'ios')) / 2;

/** Requests that were queued or with the device, mean over the time. */
export const queueLength = (stretch: Stretch): number => rate(stretch, 'time_in_queue') / 1000;

/** Per cent of the time with any request in the device; a group's is the mean of its disks. */
export const utilisation = (stretch: Stretch): number => rate(stretch, 'io_ticks') / 10 / stretch.disks;
