// What the report draws: the proof of the verdict, series over one time axis, bands for stalls, bursts and phases, and latency heatmaps.
// From events where there are any (exact), otherwise from counters (differences between samples).

import type { Chart, Charts } from '../../model/charts.js';
import type { Measures } from '../measures.js';
import { axisOf, binAt, type Axis } from './axis.js';
import { bandsFor } from './bands.js';
import { diskCharts } from './disks.js';
import { lanesOf } from './lanes.js';
import { heatmapsOf } from './heatmaps.js';
import { dirtyChart, pressureChart } from './machine.js';
import { measuredCharts } from './measured.js';
import { proofOf } from './proof.js';
import type { Shown } from '../shown.js';
import { slowestOf } from './slowest.js';
import { stacksOf } from './stacks.js';
import { statesChart } from './time.js';
import { usersChart } from './users.js';

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
    slowest: slowestOf(m),
    stacks: stacksOf(m),
    ...lanesOf(m, axis),
  };
}
