// sysstat's averages over intervals → counters that grow. What a tool does not tell is no column.

import { entry } from '../../base/maps.js';
import type { Counters, Series } from '../../model/counters.js';
import { Growth, type Span } from './growth.js';
import { figure, listOf, objectOf, textOf, type Fields } from './fields.js';

/** An interval with what its log says of it. */
export interface Told extends Span {
  readonly fields: Fields;
}

/** Columns of a disk by what they grow by: per second, of an interval's figures. */
const DISK: Readonly<Record<string, (disk: Fields) => number>> = {
  rd_ios: (disk) => figure(disk, 'r/s'),
  wr_ios: (disk) => figure(disk, 'w/s'),
  fl_ios: (disk) => figure(disk, 'f/s'),
  // sadf does not tell reads from writes.
  ios: (disk) => (Number.isNaN(figure(disk, 'r/s')) ? figure(disk, 'tps') : NaN),
  rd_sectors: (disk) => 2 * figure(disk, 'rkB/s', 'rkB', 'kB_read/s'),
  wr_sectors: (disk) => 2 * figure(disk, 'wkB/s', 'wkB', 'kB_wrtn/s'),
  rd_ticks: (disk) => figure(disk, 'r/s') * figure(disk, 'r_await'),
  wr_ticks: (disk) => figure(disk, 'w/s') * figure(disk, 'w_await'),
  all_ticks: (disk) => figure(disk, 'tps') * figure(disk, 'await'),
  time_in_queue: (disk) => 1000 * figure(disk, 'aqu-sz', 'avgqu-sz'),
  io_ticks: (disk) => 10 * figure(disk, 'util', 'util-percent'),
};

const MS_OF_DAY = 24 * 3600 * 1000;

/** 'ISO' or '…HH:MM:SS [AM|PM]' → ms, of an unknown day unless it is ISO; undefined where it is none. */
export function timeOf(text: string): number | undefined {
  const iso = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/.test(text)
    ? Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
    : NaN;
  if (!Number.isNaN(iso)) return iso;
  const [, hour, minute, second, half] = /(\d{1,2}):(\d\d):(\d\d)(?: ?([AP]M))?$/.exec(text) ?? [];
  if (second === undefined) return undefined;
  const hours = (Number(hour) % (half === undefined ? 24 : 12)) + (half === 'PM' ? 12 : 0);
  return ((hours * 60 + Number(minute)) * 60 + Number(second)) * 1000;
}

/** Intervals with their times; the first only where it says how long it is: an iostat's is since boot. */
export function spansOf(
  intervals: readonly { readonly at: number; readonly seconds: number | undefined; readonly fields: Fields }[],
): Told[] {
  const spans: Told[] = [];
  let before: number | undefined;
  let day = 0;
  let start: number | undefined;
  for (const { at, seconds, fields } of intervals) {
    // Times of an unknown day begin again at midnight.
    if (before !== undefined && at + day < before) day += MS_OF_DAY;
    const to = at + day;
    const from = before ?? (seconds === undefined ? undefined : to - seconds * 1000);
    before = to;
    if (from === undefined || to <= from) continue;
    start ??= from;
    spans.push({ from: from - start, to: to - start, fields });
  }
  return spans;
}

/** A series that grows by what `rates` tell of each interval, per second. */
function grown(spans: readonly Told[], rates: Readonly<Record<string, (span: Told) => number>>): Series {
  const growth = new Growth();
  for (const span of spans) growth.add(span, grownIn(span, rates, span));
  return growth.finish();
}

/** What each column grew by in an interval. */
function grownIn<T>(
  { from, to }: Span,
  rates: Readonly<Record<string, (of: T) => number>>,
  of: T,
): Record<string, number> {
  return Object.fromEntries(Object.entries(rates).map(([name, rate]) => [name, (rate(of) * (to - from)) / 1000]));
}

/** More disks than any machine has are not kept. */
export const MOST_DISKS = 4096;

function disksOf(spans: readonly Told[]): Map<string, Series> {
  const disks = new Map<string, Growth>();
  for (const span of spans) {
    for (const disk of listOf(span.fields['disk'])) {
      const name = textOf(disk, 'disk_device', 'disk-device');
      if (name === undefined || (!disks.has(name) && disks.size >= MOST_DISKS)) continue;
      entry(disks, name, () => new Growth()).add(span, grownIn(span, DISK, disk));
    }
  }
  return new Map([...disks].map(([name, growth]) => [name, growth.finish()]));
}

/** The counters of a log's intervals; memory counts in pages of 1 KiB. */
export function countersOf(spans: readonly Told[], none: Counters): Counters {
  const disks = disksOf(spans);
  const psi = (resource: string) => (span: Told) =>
    1e4 * figure(objectOf(objectOf(span.fields['psi'])[`psi-${resource}`]), 'some_avg', 'some');
  const pressure = (['io', 'memory', 'cpu'] as const).flatMap((name): [typeof name, Series][] => {
    const series = grown(spans, { some_total: psi(name === 'memory' ? 'mem' : name) });
    return series.columns.size > 0 ? [[name, series]] : [];
  });
  const dirty = spans.map(({ fields }) => figure(objectOf(fields['memory']), 'dirty', 'kbdirty'));
  const hasDirty = dirty.some((value) => !Number.isNaN(value));
  return {
    ...none,
    disks,
    diskNames: new Map([...disks.keys()].map((name) => [name, name])),
    pressure: new Map(pressure),
    ...(hasDirty && {
      vmstat: {
        t: Float64Array.from(spans, ({ to }) => to),
        columns: new Map([['nr_dirty', Float64Array.from(dirty)]]),
      },
    }),
  };
}
