// Averages over intervals → counters that grow, as /proc/diskstats has them, so that whatever draws counters draws these. What a tool does not
// tell is no column.

import type { Counters, Series } from '../../model/counters.js';
import { figure, listOf, objectOf, type Fields } from './sysstat-json.js';

/** One interval, in ms since the first of them began. */
interface Span {
  readonly from: number;
  readonly to: number;
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
): Span[] {
  const spans: Span[] = [];
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

/** A table whose columns grow by what `rates` tell of each span. */
function grown(spans: readonly Span[], rates: Readonly<Record<string, (span: Span) => number>>): Series {
  const t = Float64Array.from([spans[0]?.from ?? 0, ...spans.map(({ to }) => to)]);
  const columns = new Map<string, Float64Array>();
  for (const [name, rate] of Object.entries(rates)) {
    const values = new Float64Array(t.length);
    let isTold = false;
    for (const [index, span] of spans.entries()) {
      const value = rate(span);
      if (!Number.isNaN(value)) isTold = true;
      values[index + 1] = (values[index] ?? 0) + (Number.isNaN(value) ? 0 : (value * (span.to - span.from)) / 1000);
    }
    if (isTold) columns.set(name, values);
  }
  return { t, columns };
}

function diskOf({ fields }: Span, name: string): Fields {
  return listOf(fields['disk']).find((disk) => nameOf(disk) === name) ?? {};
}

function nameOf(disk: Fields): string | undefined {
  const name = disk['disk_device'] ?? disk['disk-device'];
  return typeof name === 'string' ? name : undefined;
}

/** More disks than any machine has are not kept. */
const MOST_DISKS = 4096;

/** The counters of a log's intervals; memory counts in pages of 1 KiB. */
export function countersOf(spans: readonly Span[], none: Counters): Counters {
  const names = new Set(spans.flatMap(({ fields }) => listOf(fields['disk']).flatMap((disk) => nameOf(disk) ?? [])));
  const disks = [...names].slice(0, MOST_DISKS).map((name): [string, Series] => {
    const rates = Object.entries(DISK).map(
      ([column, rate]) => [column, (span: Span) => rate(diskOf(span, name))] as const,
    );
    return [name, grown(spans, Object.fromEntries(rates))];
  });
  const psi = (resource: string) => (span: Span) =>
    1e4 * figure(objectOf(objectOf(span.fields['psi'])[`psi-${resource}`]), 'some_avg', 'some');
  const pressure = (['io', 'memory', 'cpu'] as const).flatMap((name): [typeof name, Series][] => {
    const series = grown(spans, { some_total: psi(name === 'memory' ? 'mem' : name) });
    return series.columns.size > 0 ? [[name, series]] : [];
  });
  const dirty = spans.map(({ fields }) => figure(objectOf(fields['memory']), 'dirty', 'kbdirty'));
  const hasDirty = dirty.some((value) => !Number.isNaN(value));
  return {
    ...none,
    disks: new Map(disks),
    diskNames: new Map(disks.map(([name]) => [name, name])),
    pressure: new Map(pressure),
    ...(hasDirty && {
      vmstat: {
        t: Float64Array.from(spans, ({ to }) => to),
        columns: new Map([['nr_dirty', Float64Array.from(dirty)]]),
      },
    }),
  };
}
