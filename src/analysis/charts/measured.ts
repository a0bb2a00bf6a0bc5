// What a load generator measured over time, as far as its logs tell: what it moved, how often, and how long it took.

import type { Chart, ChartLine } from '../../model/charts.js';
import type { MeasuredIo } from '../../model/measured.js';
import type { Measures } from '../measures.js';
import { binAt, ratePerBin, type Axis } from './axis.js';

/** Jobs of which more are logged are drawn by what they moved most. */
const MOST_LINES = 4;

function lineOf({ job, kind }: MeasuredIo, what: string, values: Float64Array): ChartLine {
  const direction = kind === 'reads' || kind === 'writes' ? kind : undefined;
  return { name: `${job} ${kind}${what}`, subject: job, ...(direction && { direction }), values };
}

/** Values of single operations summed by the bin in which each ended, per second. */
function summed(axis: Axis, { each }: MeasuredIo, valueOf: (row: number) => number): Float64Array {
  const bins = new Float64Array(axis.bins);
  for (const [row, t] of (each?.t ?? []).entries()) {
    const bin = binAt(axis, t);
    bins[bin] = (bins[bin] ?? 0) + (valueOf(row) * 1000) / axis.binMs;
  }
  return bins;
}

function flowLines(axis: Axis, one: MeasuredIo, which: 'bytes' | 'operations'): ChartLine[] {
  const scale = which === 'bytes' ? 1e-6 : 1;
  const { each, windows } = one;
  if (each)
    return [
      lineOf(
        one,
        '',
        summed(axis, one, (row) => (which === 'bytes' ? (each.bytes[row] ?? 0) : 1) * scale),
      ),
    ];
  const series = windows?.[which];
  const sum = series?.columns.get('sum');
  return series && sum ? [lineOf(one, '', ratePerBin(axis, series, sum, scale))] : [];
}

/** The longest of each bin or window, as far as that is told: how the others are spread the heatmap shows. */
function latencyLines(axis: Axis, one: MeasuredIo): ChartLine[] {
  const { each, windows } = one;
  if (each?.latencyMs) {
    const longest = new Float64Array(axis.bins).fill(NaN);
    for (const [row, t] of each.t.entries()) {
      const bin = binAt(axis, t);
      longest[bin] = Math.max(longest[bin] || 0, each.latencyMs[row] ?? 0);
    }
    return [lineOf(one, ', longest', longest)];
  }
  const series = windows?.latency;
  const longest = series?.columns.get('longest');
  const told = longest ?? series?.columns.get('sum');
  if (!series || !told) return [];
  return [lineOf(one, longest ? ', longest' : '', ratePerBin(axis, series, told, 1))];
}

/** Nothing for anything but a benchmark, and nothing of a result alone, which is of the whole run. */
export function measuredCharts({ input }: Measures, axis: Axis): Chart[] {
  const jobs = [...(input.measured?.jobs ?? [])].sort((a, b) => b.ms - a.ms || b.operations - a.operations);
  const drawn = jobs.slice(0, MOST_LINES);
  const lines = (of: (one: MeasuredIo) => ChartLine[]) => drawn.flatMap(of);
  return [
    {
      id: 'measured-latency',
      title: 'Latency, as fio measured it',
      unit: 'ms',
      lines: lines((one) => latencyLines(axis, one)),
      logarithmic: true,
    },
    {
      id: 'measured-throughput',
      title: 'Throughput, as fio measured it',
      unit: 'MB/s',
      lines: lines((one) => flowLines(axis, one, 'bytes')),
    },
    {
      id: 'measured-operations',
      title: 'Operations per second, as fio measured them',
      unit: 'IOPS',
      lines: lines((one) => flowLines(axis, one, 'operations')),
    },
  ];
}
