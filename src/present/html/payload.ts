// Charts → what the page's script gets (embedded.ts). Single precision is 7 digits: more than a screen has pixels.

import { harmless } from '../../base/format.js';
import type { Charts } from '../../model/charts.js';
import type { Embedded, Packed } from './embedded.js';

export function pack(values: Float64Array): Packed {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, at) => bytes.writeFloatLE(value, at * 4));
  return bytes.toString('base64');
}

export function embed(charts: Charts, startedAt: string | null): Embedded {
  const started = startedAt === null ? NaN : Date.parse(startedAt);
  return {
    startedAt: Number.isNaN(started) ? null : started,
    binMs: charts.binMs,
    t: pack(charts.t),
    charts: [...charts.proof, ...charts.charts].map((chart) => ({
      id: chart.id,
      stacked: chart.stacked ?? false,
      logarithmic: chart.logarithmic ?? false,
      unit: chart.unit,
      lines: chart.lines.map((line) => pack(line.values)),
      ticks: chart.ticks ? pack(chart.ticks.t) : null,
    })),
    bands: charts.bands.map((band) => ({ ...band, label: harmless(band.label) })),
    heatmaps: charts.heatmaps.map((heatmap) => ({
      tEdges: pack(heatmap.tEdges),
      latencyEdgesUs: pack(heatmap.latencyEdgesUs),
      counts: pack(heatmap.counts),
    })),
  };
}
