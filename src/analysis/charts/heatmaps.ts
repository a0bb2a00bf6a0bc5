// Requests of the victim's disk, or a load generator's operations, by time and latency: what a mean hides.

import type { Heatmap } from '../../model/charts.js';
import type { MeasuredIo } from '../../model/measured.js';
import type { Measures } from '../measures.js';
import { KIND, type Requests } from '../requests/requests.js';
import type { Axis } from './axis.js';

const LATENCY_ROWS = 48;
const MOST_COLUMNS = 300;
/** Jobs of which more are logged have no map of their own. */
const MOST_JOBS = 4;
/** A disk's service begins here, µs; a load generator's operations may be served by the page cache. */
const LEAST_US = { device: 10, call: 1 };

/** What is counted, by index: when it ended, ms, how long it took, µs, and for how many it stands. */
interface Counted {
  readonly rows: ArrayLike<number>;
  readonly t: (row: number) => number;
  readonly us: (row: number) => number;
  readonly weight: (row: number) => number;
}

export function heatmapsOf(m: Measures, axis: Axis): Heatmap[] {
  return [...ofDisk(m, axis), ...(m.input.measured?.jobs ?? []).slice(0, MOST_JOBS).flatMap((one) => ofJob(one, axis))];
}

function ofDisk(m: Measures, axis: Axis): Heatmap[] {
  const { requests, load } = m;
  if (!requests || !load) return [];
  const device = m.topology.name(load.disk);
  const kinds = [
    [KIND.write, 'Latency of writes (dispatch to completion)'],
    [KIND.read, 'Latency of reads (dispatch to completion)'],
    [KIND.flush, 'Latency of flushes (dispatch to completion)'],
  ] as const;
  return kinds.flatMap(([kind, title]) => {
    const rows = load.rows.filter((row) => requests.kind[row] === kind);
    return heatmap({ device, title }, axis, LEAST_US.device, ofRequests(requests, rows));
  });
}

function ofRequests(requests: Requests, rows: ArrayLike<number>): Counted {
  return {
    rows,
    t: (row) => requests.completed[row] ?? 0,
    us: (row) => ((requests.completed[row] ?? 0) - (requests.dispatched[row] ?? 0)) * 1000,
    weight: (row) => requests.weight[row] ?? 1,
  };
}

function ofJob({ job, kind, each }: MeasuredIo, axis: Axis): Heatmap[] {
  const latencies = each?.latencyMs;
  if (!each || !latencies) return [];
  const named = { device: job, title: `Latency of ${kind}, as fio measured it` };
  return heatmap(named, axis, LEAST_US.call, {
    rows: Uint32Array.from(latencies, (_, row) => row),
    t: (row) => each.t[row] ?? 0,
    us: (row) => (latencies[row] ?? 0) * 1000,
    weight: () => 1,
  });
}

/** Counts by time and latency, logarithmic from `leastUs` on; nothing of fewer than two. */
function heatmap(
  named: Pick<Heatmap, 'device' | 'title'>,
  axis: Axis,
  leastUs: number,
  { rows, t, us, weight }: Counted,
): Heatmap[] {
  if (rows.length < 2) return [];
  const latency = (row: number) => Math.max(1, us(row));
  let slowest = 1000;
  for (let index = 0; index < rows.length; index += 1) slowest = Math.max(slowest, latency(rows[index] ?? 0));
  const columns = Math.min(axis.bins, MOST_COLUMNS);
  const width = (axis.bins * axis.binMs) / columns;
  const low = Math.log10(leastUs);
  const step = (Math.log10(slowest * 1.001) - low) / LATENCY_ROWS;
  const counts = new Float64Array(LATENCY_ROWS * columns);
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index] ?? 0;
    const column = Math.min(columns - 1, Math.max(0, Math.floor(t(row) / width)));
    const level = Math.min(LATENCY_ROWS - 1, Math.max(0, Math.floor((Math.log10(latency(row)) - low) / step)));
    counts[level * columns + column] = (counts[level * columns + column] ?? 0) + weight(row);
  }
  return [
    {
      ...named,
      tEdges: Float64Array.from({ length: columns + 1 }, (_, column) => column * width),
      latencyEdgesUs: Float64Array.from({ length: LATENCY_ROWS + 1 }, (_, level) => 10 ** (low + level * step)),
      counts,
    },
  ];
}
