// Requests of the victim's disk by time and latency: what a mean hides.

import type { Heatmap } from '../../model/charts.js';
import type { Measures } from '../measures.js';
import { KIND, type Requests } from '../requests/requests.js';
import type { Axis } from './axis.js';

const LATENCY_ROWS = 48;
const MOST_COLUMNS = 300;

export function heatmapsOf(m: Measures, axis: Axis): Heatmap[] {
  const { requests } = m;
  if (!requests) return [];
  return [
    heatmap(m, requests, axis, KIND.write, 'Latency of writes (dispatch to completion)'),
    heatmap(m, requests, axis, KIND.read, 'Latency of reads (dispatch to completion)'),
    heatmap(m, requests, axis, KIND.flush, 'Latency of flushes (dispatch to completion)'),
  ].filter((one) => one !== undefined);
}

/** Requests of one disk by time and latency (dispatch to completion), logarithmic from 10 µs. */
function heatmap(m: Measures, requests: Requests, axis: Axis, kind: number, title: string): Heatmap | undefined {
  const { load } = m;
  if (!load) return undefined;
  const latency = (row: number) =>
    Math.max(1, ((requests.completed[row] ?? 0) - (requests.dispatched[row] ?? 0)) * 1000);
  let found = 0;
  let slowest = 1000;
  for (const row of load.rows) {
    if (requests.kind[row] !== kind) continue;
    found += 1;
    slowest = Math.max(slowest, latency(row));
  }
  if (found < 2) return undefined;
  const columns = Math.min(axis.bins, MOST_COLUMNS);
  const width = (axis.bins * axis.binMs) / columns;
  const low = Math.log10(10);
  const step = (Math.log10(slowest * 1.001) - low) / LATENCY_ROWS;
  const counts = new Float64Array(LATENCY_ROWS * columns);
  for (const row of load.rows) {
    if (requests.kind[row] !== kind) continue;
    const column = Math.min(columns - 1, Math.max(0, Math.floor((requests.completed[row] ?? 0) / width)));
    const level = Math.min(LATENCY_ROWS - 1, Math.max(0, Math.floor((Math.log10(latency(row)) - low) / step)));
    counts[level * columns + column] = (counts[level * columns + column] ?? 0) + (requests.weight[row] ?? 1);
  }
  return {
    device: m.topology.name(load.disk),
    title,
    tEdges: Float64Array.from({ length: columns + 1 }, (_, column) => column * width),
    latencyEdgesUs: Float64Array.from({ length: LATENCY_ROWS + 1 }, (_, level) => 10 ** (low + level * step)),
    counts,
  };
}
