// What the report draws: series over one time axis, bands for stalls, bursts and phases, and a latency heatmap of the victim's disk.
// From events where there are any (exact), otherwise from counters (differences between samples).

import { entry } from '../../base/maps.js';
import type { Band, Chart, Charts, Heatmap } from '../../model/charts.js';
import type { Series } from '../../model/counters.js';
import { STATES, type State } from '../../model/states.js';
import { addToBins, type Interval } from '../../base/intervals.js';
import { NEIGHBOURS } from '../../model/thresholds/stalls.js';
import { isGuilty } from '../attribution/owners.js';
import type { Measures } from '../measures.js';
import { linesOfRequests, type DiskLines } from './request-lines.js';
import { KIND, type Requests } from '../requests/requests.js';

/** Bins over the whole recording: enough for a screen, few enough for a small page. */
const MOST_BINS = 600;
const LEAST_BIN_MS = 50;
const LATENCY_ROWS = 48;

interface Axis {
  readonly binMs: number;
  readonly bins: number;
  readonly t: Float64Array;
}

function axisOf(durationMs: number): Axis {
  const binMs = Math.max(LEAST_BIN_MS, Math.ceil(durationMs / MOST_BINS / 10) * 10);
  const bins = Math.max(1, Math.ceil(durationMs / binMs));
  return { binMs, bins, t: Float64Array.from({ length: bins }, (_, bin) => (bin + 0.5) * binMs) };
}

/** A counter's growth per second on the axis; NaN before the first and after the last sample. */
function ratePerBin(axis: Axis, series: Series, column: Float64Array, scale: number): Float64Array {
  const values = new Float64Array(axis.bins).fill(NaN);
  let at = 1;
  for (let bin = 0; bin < axis.bins; bin += 1) {
    const t = axis.t[bin] ?? 0;
    while (at < series.t.length && (series.t[at] ?? 0) < t) at += 1;
    if (at >= series.t.length || t < (series.t[0] ?? 0)) continue;
    const seconds = ((series.t[at] ?? 0) - (series.t[at - 1] ?? 0)) / 1000;
    if (seconds > 0) values[bin] = (((column[at] ?? NaN) - (column[at - 1] ?? NaN)) * scale) / seconds;
  }
  return values;
}

/** A gauge's value on the axis: the last sample at or before each bin's middle. */
function valuePerBin(axis: Axis, series: Series, column: Float64Array, scale: number): Float64Array {
  const values = new Float64Array(axis.bins).fill(NaN);
  let at = -1;
  for (let bin = 0; bin < axis.bins; bin += 1) {
    while (at + 1 < series.t.length && (series.t[at + 1] ?? 0) <= (axis.t[bin] ?? 0)) at += 1;
    if (at >= 0) values[bin] = (column[at] ?? NaN) * scale;
  }
  return values;
}

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

/** More disks than this are not drawn. */
const MOST_DISKS = 4;

function linesOfCounters(m: Measures, axis: Axis): DiskLines {
  const disks = activeDisks(m).slice(0, MOST_DISKS);
  const lines = (columns: readonly (readonly [column: string, word: string])[], scale: number) =>
    disks.flatMap((id) => {
      const series = m.input.counters.disks.get(id);
      return columns.flatMap(([name, word]) => {
        const column = series?.columns.get(name);
        return series && column
          ? [{ name: `${m.topology.name(id)} ${word}`, values: ratePerBin(axis, series, column, scale) }]
          : [];
      });
    });
  const depth = disks.flatMap((id) => {
    const series = m.input.counters.disks.get(id);
    const column = series?.columns.get('time_in_queue');
    return series && column ? [{ name: m.topology.name(id), values: ratePerBin(axis, series, column, 1e-3) }] : [];
  });
  return {
    throughput: lines(
      [
        ['wr_sectors', 'writes'],
        ['rd_sectors', 'reads'],
      ],
      512 / 1e6,
    ),
    operations: lines(
      [
        ['wr_ios', 'writes'],
        ['rd_ios', 'reads'],
        ['fl_ios', 'flushes'],
        ['ios', 'requests'],
      ],
      1,
    ),
    depth,
  };
}

function diskCharts(m: Measures, axis: Axis): Chart[] {
  const { throughput, operations, depth } =
    m.requests && m.input.source !== 'recording'
      ? linesOfRequests(m, m.requests, axis.bins, axis.binMs, MOST_DISKS)
      : linesOfCounters(m, axis);
  return [
    { id: 'throughput', title: 'Throughput', unit: 'MB/s', lines: throughput },
    { id: 'iops', title: 'Requests per second', unit: 'IOPS', lines: operations },
    { id: 'depth', title: 'Queue depth (average number of requests in flight)', unit: 'requests', lines: depth },
  ];
}

function dirtyChart(m: Measures, axis: Axis): Chart {
  const { counters, pageBytes } = m.input;
  const { vmstat } = counters;
  const line = (name: string, column: string) => {
    const values = vmstat.columns.get(column);
    return values ? [{ name, values: valuePerBin(axis, vmstat, values, pageBytes / 1e6) }] : [];
  };
  return {
    id: 'dirty',
    title: 'Dirty pages against the limit',
    unit: 'MB',
    lines: [
      ...line('dirty', 'nr_dirty'),
      ...line('being written back', 'nr_writeback'),
      ...line('limit', 'nr_dirty_threshold'),
      ...line('background limit', 'nr_dirty_background_threshold'),
    ],
  };
}

function pressureChart(m: Measures, axis: Axis): Chart {
  const lines = [...m.input.counters.pressure].flatMap(([name, series]) => {
    const some = series.columns.get('some_total');
    // Totals are µs of stall per wall time: growth per second of 10^6 µs is 100 %.
    return some ? [{ name: `${name}, some tasks`, values: ratePerBin(axis, series, some, 1e-4) }] : [];
  });
  return { id: 'pressure', title: 'Pressure (share of time in which tasks waited for the resource)', unit: '%', lines };
}

function victimChart(m: Measures, axis: Axis): Chart[] {
  const { account } = m;
  if (!account) return [];
  const byState = new Map<State, Float64Array>();
  for (const segment of account.segments) {
    const bins = entry(byState, segment.state, () => new Float64Array(axis.bins));
    addToBins(bins, axis.binMs, segment.from, segment.to, 100 / axis.binMs);
  }
  const lines = [...byState]
    .sort((a, b) => sum(b[1]) - sum(a[1]))
    .map(([state, values]) => ({ name: STATES[state], values }));
  return [
    {
      id: 'victim',
      title: `Where the time of ${account.name || 'the victim'} (${account.pid}) went`,
      unit: '%',
      lines,
      stacked: true,
    },
  ];
}

function sum(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}

function probeChart(m: Measures, axis: Axis): Chart[] {
  const names = [...new Set(m.input.probe.map((slice) => slice.phase))].filter((name) => name !== 'end');
  if (names.length === 0) return [];
  const lines = names.map((name) => {
    const values = new Float64Array(axis.bins).fill(NaN);
    for (const slice of m.input.probe) {
      if (slice.phase !== name || slice.toMs <= slice.fromMs) continue;
      const rate = slice.bytes / ((slice.toMs - slice.fromMs) / 1000) / 1e6;
      const last = Math.min(axis.bins - 1, Math.floor(slice.toMs / axis.binMs));
      for (let bin = Math.max(0, Math.floor(slice.fromMs / axis.binMs)); bin <= last; bin += 1) values[bin] = rate;
    }
    return { name: `${name} writes`, values };
  });
  return [{ id: 'probe', title: 'What the probe achieved', unit: 'MB/s', lines }];
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
  const columns = Math.min(axis.bins, 300);
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

/** Joins what lies close together, so that a thousand short waits become a few bands. */
function bandsOf(kind: Band['kind'], label: string, intervals: readonly Interval[], joinMs: number): Band[] {
  const bands: { from: number; to: number }[] = [];
  for (const one of intervals) {
    const last = bands.at(-1);
    if (last && one.from - last.to <= joinMs) last.to = Math.max(last.to, one.to);
    else bands.push({ ...one });
  }
  return bands
    .filter((band) => band.to - band.from >= joinMs / 5)
    .map((band) => ({ kind, label, fromMs: band.from, toMs: band.to }));
}

/** The bursts of the neighbour that cost the victim most on its disk; where nobody bursts there, on what it stands on, the deepest first. */
function burstBands({ neighbours, beneath }: Measures): Band[] {
  const [first] = [neighbours, ...beneath.map((level) => level.neighbours)]
    .flatMap((level) => level?.others.find(({ origin }) => isGuilty(origin)) ?? [])
    .filter(({ share, bursts }) => share > NEIGHBOURS.drawn && bursts.spans.length > 0);
  if (!first) return [];
  const { origin, bursts } = first;
  return bursts.spans.map((span) => ({
    kind: 'burst',
    label: `burst of ${origin.name}`,
    fromMs: span.from * bursts.binMs,
    toMs: span.to * bursts.binMs,
  }));
}

/** Builds everything that the report draws. `lost` is when the victim lost its time to the verdict's cause. */
export function buildCharts(m: Measures, lost: readonly Interval[], label: string): Charts {
  const axis = axisOf(m.input.durationMs);
  const phases = [...new Set(m.input.probe.map((slice) => slice.phase))].filter((name) => name !== 'end');
  const bands: Band[] = phases.map((name) => {
    const slices = m.input.probe.filter((slice) => slice.phase === name);
    return { kind: 'phase', label: name, fromMs: slices[0]?.fromMs ?? 0, toMs: slices.at(-1)?.toMs ?? 0 };
  });
  for (const band of bandsOf('stall', label, lost, Math.max(250, axis.binMs * 5))) bands.push(band);
  bands.push(...burstBands(m));
  const { requests } = m;
  const heatmaps = requests
    ? [
        heatmap(m, requests, axis, KIND.write, 'Latency of writes (dispatch to completion)'),
        heatmap(m, requests, axis, KIND.read, 'Latency of reads (dispatch to completion)'),
        heatmap(m, requests, axis, KIND.flush, 'Latency of flushes (dispatch to completion)'),
      ].filter((one) => one !== undefined)
    : [];
  const charts = [
    ...victimChart(m, axis),
    ...probeChart(m, axis),
    ...diskCharts(m, axis),
    dirtyChart(m, axis),
    pressureChart(m, axis),
  ];
  return { t: axis.t, binMs: axis.binMs, charts: charts.filter((chart) => chart.lines.length > 0), bands, heatmaps };
}
