// What each disk did over time: throughput, requests per second and queue depth. From requests in a block trace, which has no counters,
// otherwise from the kernel's counters.

import type { Chart, ChartLine, Direction } from '../../model/charts.js';
import type { DeviceId } from '../../model/counters.js';
import type { Measures } from '../measures.js';
import { ratePerBin, type Axis } from './axis.js';
import { linesOfDisk, linesOfRequests, type DiskLines } from './request-lines.js';

/** More disks than this are not drawn. */
const MOST_DISKS = 4;

const THROUGHPUT: readonly (readonly [column: string, word: Direction | 'requests'])[] = [
  ['wr_sectors', 'writes'],
  ['rd_sectors', 'reads'],
];
const OPERATIONS: typeof THROUGHPUT = [
  ['wr_ios', 'writes'],
  ['rd_ios', 'reads'],
  ['fl_ios', 'flushes'],
  ['ios', 'requests'],
];

/** Disks that did anything, the victim's first; what does not move is not drawn. */
function activeDisks(m: Measures): string[] {
  const moved = [...m.input.counters.disks].flatMap(([id, series]) => {
    const growth = (name: string) => (series.columns.get(name)?.at(-1) ?? 0) - (series.columns.get(name)?.[0] ?? 0);
    // A log of statistics may not tell reads from writes.
    const ios = growth('rd_ios') + growth('wr_ios') + growth('fl_ios') + growth('ios');
    return m.topology.disk(id) === id && (ios > 0 || id === m.disk) ? [{ id, ios }] : [];
  });
  return moved.sort((a, b) => Number(b.id === m.disk) - Number(a.id === m.disk) || b.ios - a.ios).map((one) => one.id);
}

/** A disk's counters as lines; what never moved has none. */
function movedLines(m: Measures, axis: Axis, id: DeviceId, columns: typeof THROUGHPUT, scale: number): ChartLine[] {
  const series = m.input.counters.disks.get(id);
  return columns.flatMap(([name, word]): ChartLine[] => {
    const column = series?.columns.get(name);
    if (!series || !column || !(column.at(-1) !== column[0])) return [];
    const subject = m.topology.name(id);
    const values = ratePerBin(axis, series, column, scale);
    return [{ name: `${subject} ${word}`, subject, ...(word !== 'requests' && { direction: word }), values }];
  });
}

/** What one disk's counters tell. */
function countedLines(m: Measures, axis: Axis, id: DeviceId): DiskLines {
  const series = m.input.counters.disks.get(id);
  const column = series?.columns.get('time_in_queue');
  const subject = m.topology.name(id);
  return {
    throughput: movedLines(m, axis, id, THROUGHPUT, 512 / 1e6),
    operations: movedLines(m, axis, id, OPERATIONS, 1),
    depth: series && column ? [{ name: subject, subject, values: ratePerBin(axis, series, column, 1e-3) }] : [],
  };
}

/** Of the victim's disk, or of the one beneath it that is looked at: from its requests where there are any, else from its counters. */
export function linesOfOwnDisk(m: Measures, axis: Axis): DiskLines {
  const { requests, load, disk } = m;
  if (requests && load) return linesOfDisk(m, requests, requests.disks.indexOf(load.disk), axis);
  return disk === undefined ? { throughput: [], operations: [], depth: [] } : countedLines(m, axis, disk);
}

function linesOfCounters(m: Measures, axis: Axis): DiskLines {
  const all = activeDisks(m)
    .slice(0, MOST_DISKS)
    .map((id) => countedLines(m, axis, id));
  return {
    throughput: all.flatMap((one) => one.throughput),
    operations: all.flatMap((one) => one.operations),
    depth: all.flatMap((one) => one.depth),
  };
}

export function diskCharts(m: Measures, axis: Axis): Chart[] {
  const { throughput, operations, depth } =
    m.requests && m.input.source !== 'recording'
      ? linesOfRequests(m, m.requests, axis, MOST_DISKS)
      : linesOfCounters(m, axis);
  return [
    { id: 'throughput', title: 'Throughput', unit: 'MB/s', lines: throughput },
    { id: 'iops', title: 'Requests per second', unit: 'IOPS', lines: operations },
    { id: 'depth', title: 'Queue depth (average number of requests in flight)', unit: 'requests', lines: depth },
  ];
}
