// What the report draws: the proof of the verdict, series over one time axis, bands for stalls, bursts and phases, and latency heatmaps.
// From events where there are any (exact), otherwise from counters (differences between samples).

import type { Chart, Charts } from '../../model/charts.js';
import type { Measures } from '../measures.js';
import { axisOf, binAt, gaugeLine, ratePerBin, type Axis } from './axis.js';
import { bandsFor } from './bands.js';
import { diskCharts } from './disks.js';
import { heatmapsOf } from './heatmaps.js';
import { measuredCharts } from './measured.js';
import { proofOf } from './proof.js';
import type { Shown } from '../shown.js';
import { stacksOf } from './stacks.js';
import { statesChart } from './time.js';
import { usersChart } from './users.js';

function dirtyChart(m: Measures, axis: Axis): Chart {
  const { counters, pageBytes } = m.input;
  const line = (column: string, name: string, role?: 'limit') =>
    gaugeLine(axis, counters.vmstat, column, pageBytes / 1e6, { name, ...(role && { role }) });
  return {
    id: 'dirty',
    title: 'Dirty pages of the machine against its limit',
    unit: 'MB',
    lines: [
      ...line('nr_dirty', 'dirty'),
      ...line('nr_writeback', 'being written back'),
      ...line('nr_dirty_threshold', 'limit', 'limit'),
      ...line('nr_dirty_background_threshold', 'background limit'),
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

function probeChart(m: Measures, axis: Axis): Chart[] {
  const names = [...new Set(m.input.probe.map((slice) => slice.phase))].filter((name) => name !== 'end');
  if (names.length === 0) return [];
  const lines = names.map((name) => {
    const values = new Float64Array(axis.bins).fill(NaN);
    for (const slice of m.input.probe) {
      if (slice.phase !== name || slice.toMs <= slice.fromMs) continue;
      const rate = slice.bytes / ((slice.toMs - slice.fromMs) / 1000) / 1e6;
      for (let bin = binAt(axis, slice.fromMs); bin <= binAt(axis, slice.toMs); bin += 1) values[bin] = rate;
    }
    return { name: `${name} writes`, values };
  });
  return [{ id: 'probe', title: 'What the probe achieved', unit: 'MB/s', lines }];
}

/** Builds everything that the report draws. */
export function buildCharts(m: Measures, shown: Shown): Charts {
  const axis = axisOf(m.input.durationMs);
  const charts = [
    ...statesChart(m, axis),
    ...probeChart(m, axis),
    ...measuredCharts(m, axis),
    ...diskCharts(m, axis),
    ...usersChart(shown.at, axis),
    dirtyChart(m, axis),
    pressureChart(m, axis),
  ];
  const drawn = (all: readonly Chart[]) => all.filter((chart) => chart.lines.length > 0);
  return {
    t: axis.t,
    binMs: axis.binMs,
    proof: drawn(proofOf(shown, axis)),
    charts: drawn(charts),
    bands: bandsFor(m, axis, shown.lost, shown.label),
    heatmaps: heatmapsOf(m, axis),
    stacks: stacksOf(m),
  };
}
