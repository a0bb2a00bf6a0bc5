// Lines and stacked areas over time, with the legend that the page already has: under the cursor it shows values instead of medians.

import uPlot from 'uplot';
import { figure } from '../src/base/format.js';
import type { Band } from '../src/model/charts.js';
import type { EmbeddedChart } from '../src/present/html/embedded.js';
import { stack, topOver } from '../src/present/html/stacking.js';
import { colourOf } from './colours.js';
import { unpack, withGaps } from './data.js';
import { makePlot, type PlotParts } from './plot.js';
import type { View } from './view.js';

export function drawChart(
  element: HTMLElement,
  chart: EmbeddedChart,
  t: number[],
  view: View,
  bands: readonly Band[],
): uPlot | undefined {
  const host = element.querySelector<HTMLElement>('.plot');
  if (!host) return undefined;
  const keys = [...element.querySelectorAll('.legend .key')];
  const cells = [...element.querySelectorAll<HTMLElement>('.legend b')];
  const lines = chart.lines.map(unpack);
  const drawn = chart.stacked ? stack(lines) : lines;
  const series = drawn.map((_, at): uPlot.Series => {
    const key = keys[at];
    const colour = () => (key ? colourOf(key) : 'gray');
    return chart.stacked
      ? { stroke: colour, fill: colour, width: 0, points: { show: false } }
      : { stroke: colour, width: 1.5, ...(at >= 8 && { dash: [5, 3] }), points: { show: false } };
  });
  const values = drawn.map(withGaps);
  // What is drawn last lies on top: the lowest of a stack covers the feet of the higher ones.
  if (chart.stacked) {
    series.reverse();
    values.reverse();
  }
  const parts: PlotParts = {
    data: [t, ...values],
    series,
    y: chart.stacked ? { range: [0, 100] } : { range: (_, __, largest) => [0, topOver(largest)] },
    axis: { values: (_, marks) => marks.map(figure), space: 26 },
    onCursor(_, bin) {
      element.classList.toggle('live', bin !== null);
      cells.forEach((cell, at) => {
        const value = bin === null ? undefined : lines[at]?.[bin];
        const text = value === undefined || Number.isNaN(value) ? '–' : `${figure(value)} ${chart.unit}`;
        cell.textContent = bin === null ? (cell.dataset['rest'] ?? '') : text;
      });
    },
  };
  return makePlot(host, view, bands, parts);
}
