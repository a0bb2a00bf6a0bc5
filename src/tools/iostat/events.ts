// --events: beside each average the longest and the 99th of a hundred, how much of the time the disk had a request, what it did of the best that it has
// done, and whether %util can be believed. A table below the report's own, or a part of its line in JSONL; the rest of the report stays as it is.

import { compareNumbers, parseKernelVersion } from '../../base/kernel-version.js';
import type { DiskInterval } from '../../model/disk-interval.js';
import { nameCell, percentCell, plainCell, type Style } from './cells.js';
import { growthOf } from './counts.js';
import type { Row } from './device-list.js';
import { meanWait, utilisation, type Stretch } from './figures.js';
import type { Report, Shown } from './report.js';

const NAME_WIDTH = 13;
/** The longest tick of a kernel's clock (CONFIG_HZ=100). */
const TICK_MS = 10;

type Figure = readonly [name: string, isPercent: boolean, of: (seen: DiskInterval) => number];

const FIGURES: readonly Figure[] = [
  ['r_p99', false, ({ read }) => read.p99],
  ['r_max', false, ({ read }) => read.max],
  ['w_p99', false, ({ write }) => write.p99],
  ['w_max', false, ({ write }) => write.max],
  ['f_p99', false, ({ flush }) => flush.p99],
  ['f_max', false, ({ flush }) => flush.max],
  ['%busy', true, ({ busy }) => busy * 100],
  ['%best', true, ({ ofBest }) => ofBest * 100],
];
const WIDTH = 8;

/**
 * Where a kernel looks at its clock only when a request begins or ends, and counts a tick in which that happens as busy from end to end
 * (block/blk-core.c, update_io_ticks), that tells too much where requests are shorter than a tick, as far as the disk was not busy all the same.
 */
export function isUtilApproximate(stretch: Stretch, hasTickedUtil: boolean): boolean {
  const { before, now } = stretch;
  if (!hasTickedUtil || growthOf(before, now, ['io_ticks']) === 0) return false;
  return meanWait(stretch) < TICK_MS;
}

/**
 * Whether a kernel counts so, by its release: from 5.0 (commit 5b18b5a73760) to 6.9. Since 6.10 (99dc422335d8) a tick counts only if a request was
 * in flight when it began, which is right on average.
 */
export function countsByTicks(release: string): boolean {
  const version = parseKernelVersion(release)?.upstream;
  return version !== undefined && compareNumbers(version, [5]) >= 0 && compareNumbers(version, [6, 10]) < 0;
}

/** Of a single disk; of groups, of partitions and of what makes no requests of its own nothing is known. */
function seenOf({ name, disks }: Row, seen: ReadonlyMap<string, DiskInterval> | undefined): DiskInterval | undefined {
  return disks > 1 ? undefined : seen?.get(name.replaceAll('/', '!'));
}

/** The report with the table below each of its samples; none below that of the time since boot. */
export function withEventsTable(report: Report, style: Style, hasTickedUtil: boolean): Report {
  const header = `${'Device'.padEnd(NAME_WIDTH)}${[...FIGURES.map(([name]) => name), '%util'].map((name) => name.padStart(WIDTH)).join('')}\n`;
  const line = (row: Row, { events, centiseconds }: Shown): string => {
    const seen = seenOf(row, events);
    const cells = FIGURES.map(([, isPercent, of]) => {
      const value = seen ? of(seen) : NaN;
      return isPercent ? percentCell(value, WIDTH - 1, style) : plainCell(value, WIDTH - 1, style, true);
    });
    const stretch = { ...row, centiseconds };
    const mark = isUtilApproximate(stretch, hasTickedUtil) ? '~' : '';
    const util = `${mark}${utilisation(stretch).toFixed(2)}`.padStart(WIDTH);
    return `${nameCell(row.label.padEnd(NAME_WIDTH), style)}${cells.join('')}${util}\n`;
  };
  return {
    ...report,
    sample: (shown) =>
      report.sample(shown) +
      (shown.isSinceBoot || shown.rows.length === 0
        ? ''
        : `${header}${shown.rows.map((row) => line(row, shown)).join('')}\n`),
  };
}

const round = (value: number, places: number): number | null =>
  Number.isNaN(value) ? null : Number(value.toFixed(places));

/** The same of one disk, for a line of JSON. */
export function eventsOf(row: Row, { events, centiseconds }: Shown, hasTickedUtil: boolean): Record<string, unknown> {
  const seen = seenOf(row, events);
  return {
    disk_device: row.label,
    ...Object.fromEntries(
      FIGURES.map(([name, isPercent, of]) => [name.replace('%', ''), round(seen ? of(seen) : NaN, isPercent ? 2 : 3)]),
    ),
    util_is_approximate: isUtilApproximate({ ...row, centiseconds }, hasTickedUtil),
  };
}
