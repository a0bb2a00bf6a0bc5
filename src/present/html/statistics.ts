// Figures of a chart in words and in a short table, for whoever can't see the drawing: minimum, median, maximum, slices of time.

import { figure } from '../../base/format.js';
import type { ChartLine, Heatmap } from '../../model/charts.js';

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Undefined where a line has no value at all. */
export function spreadOf(values: Float64Array): Spread | undefined {
  const known = values.filter((value) => !Number.isNaN(value)).sort();
  if (known.length === 0) return undefined;
  const middle = (known.length - 1) / 2;
  const median = ((known[Math.floor(middle)] ?? NaN) + (known[Math.ceil(middle)] ?? NaN)) / 2;
  return { min: known[0] ?? NaN, median, max: known.at(-1) ?? NaN };
}

/** 'vdb writes: median 4.10, 0 to 262 MB/s'. */
export function spreadText(line: ChartLine, unit: string): string {
  const spread = spreadOf(line.values);
  return spread === undefined
    ? `${line.name}: no value`
    : `${line.name}: median ${figure(spread.median)}, ${figure(spread.min)} to ${figure(spread.max)} ${unit}`;
}

/** [from, to) of at most `most` slices of `length` bins. */
export function slices(length: number, most: number): readonly (readonly [from: number, to: number])[] {
  const count = Math.min(length, most);
  return Array.from({ length: count }, (_, at) => [
    Math.floor((at * length) / count),
    Math.floor(((at + 1) * length) / count),
  ]);
}

/** The mean of what is known between two bins; NaN where nothing is. */
export function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  let known = 0;
  for (let at = from; at < to; at += 1) {
    const value = values[at] ?? NaN;
    if (Number.isNaN(value)) continue;
    sum += value;
    known += 1;
  }
  return known === 0 ? NaN : sum / known;
}

export interface Latencies {
  readonly requests: number;
  /** µs, the upper edge of the row that holds the quantile; undefined where there is no request. */
  readonly quantile: (q: number) => number | undefined;
}

/** The requests of a heatmap between two of its columns. */
export function latenciesOf({ counts, latencyEdgesUs, tEdges }: Heatmap, from: number, to: number): Latencies {
  const columns = tEdges.length - 1;
  const rows = Array.from({ length: latencyEdgesUs.length - 1 }, (_, row) =>
    counts.subarray(row * columns + from, row * columns + to).reduce((sum, count) => sum + count, 0),
  );
  const requests = rows.reduce((sum, count) => sum + count, 0);
  return {
    requests,
    quantile(q) {
      let seen = 0;
      const row = rows.findIndex((count) => (seen += count) >= q * requests && seen > 0);
      return row === -1 ? undefined : latencyEdgesUs[row + 1];
    },
  };
}
