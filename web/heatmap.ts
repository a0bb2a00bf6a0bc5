// Requests by time and latency: one cell a bin, its colour the logarithm of how many. The bins come ready; this only draws them on a
// logarithmic latency axis and tells the cell under the cursor.

import type uPlot from 'uplot';
import { figure } from '../src/base/format.js';
import type { EmbeddedHeatmap } from '../src/present/html/embedded.js';
import { heatScale } from './colours.js';
import { unpack } from './data.js';
import type { Clock } from './clock.js';
import { latencyText, makePlot, type Shared } from './plot.js';

const STEPS = 32;

/** The index of the last edge at or below `value`: edges ascend. */
function cellAt(edges: Float32Array, value: number): number {
  let low = 0;
  let high = edges.length - 1;
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? Infinity) <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** Powers of ten between two latencies, and their doubles and fives where that is less than three decades. */
function latencyMarks(from: number, to: number): number[] {
  const within = [1, 2, 5].filter((factor) => factor === 1 || to / from < 1000);
  const marks: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(from)); power <= to; power *= 10)
    for (const factor of within) if (power * factor >= from && power * factor <= to) marks.push(power * factor);
  return marks;
}

function showScale(element: HTMLElement, largest: number, colours: readonly string[]): void {
  const scale = element.querySelector<HTMLElement>('.scale');
  if (!scale) return;
  scale.hidden = largest <= 1;
  if (scale.hidden) return;
  const ramp = document.createElement('i');
  ramp.style.background = `linear-gradient(to right, ${colours.join(', ')})`;
  scale.replaceChildren('1 request ', ramp, ` ${figure(largest)}`);
}

/** The bins, and how a count is told from its colour. */
interface Cells {
  readonly tEdges: Float32Array;
  /** µs. */
  readonly latencies: Float32Array;
  readonly columns: number;
  readonly rows: number;
  readonly largest: number;
  readonly countAt: (row: number, column: number) => number;
}

function cellsOf(heatmap: EmbeddedHeatmap): Cells | undefined {
  const [tEdges, latencies, counts] = [heatmap.tEdges, heatmap.latencyEdgesUs, heatmap.counts].map(unpack);
  if (!tEdges || !latencies || !counts) return undefined;
  const columns = tEdges.length - 1;
  return {
    tEdges,
    latencies,
    columns,
    rows: latencies.length - 1,
    largest: counts.reduce((most, count) => Math.max(most, count), 1),
    countAt: (row, column) => counts[row * columns + column] ?? 0,
  };
}

function paint(plot: uPlot, cells: Cells, colours: readonly string[]): void {
  const { ctx, bbox } = plot;
  const { tEdges, latencies, columns, rows, largest, countAt } = cells;
  const step = (count: number) => Math.round((Math.log(count) / Math.log(Math.max(2, largest))) * (STEPS - 1));
  const x = Array.from(tEdges, (edge) => Math.round(plot.valToPos(edge, 'x', true)));
  const y = Array.from(latencies, (edge) => Math.round(plot.valToPos(edge, 'y', true)));
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (let row = 0; row < rows; row += 1) {
    const [bottom = 0, top = 0] = [y[row], y[row + 1]];
    for (let column = 0; column < columns; column += 1) {
      const count = countAt(row, column);
      if (count <= 0) continue;
      const [left = 0, right = 0] = [x[column], x[column + 1]];
      ctx.fillStyle = colours[step(count)] ?? '';
      ctx.fillRect(left, top, Math.max(1, right - left), Math.max(1, bottom - top));
    }
  }
  ctx.restore();
}

/** Tells the cell under the cursor beside it. */
function tellCell(tooltip: HTMLElement, self: uPlot, { tEdges, latencies, countAt }: Cells, clock: Clock): void {
  const { left = -1, top = -1 } = self.cursor;
  const column = cellAt(tEdges, self.posToVal(left, 'x'));
  const row = cellAt(latencies, self.posToVal(top, 'y'));
  const [from = 0, to = 0] = [latencies[row], latencies[row + 1]];
  tooltip.textContent = `${clock.mark(tEdges[column] ?? 0)}: ${figure(countAt(row, column))} requests of ${latencyText(from)} to ${latencyText(to)}`;
  tooltip.style.transform = `translate(${Math.min(left + 12, self.over.clientWidth - tooltip.offsetWidth)}px, ${top > 40 ? top - 34 : top + 14}px)`;
}

export function drawHeatmap(element: HTMLElement, heatmap: EmbeddedHeatmap, shared: Shared): uPlot | undefined {
  const host = element.querySelector<HTMLElement>('.plot');
  const cells = host ? cellsOf(heatmap) : undefined;
  if (!host || !cells) return undefined;
  const { tEdges, latencies, columns } = cells;
  const [fastest, slowest] = [latencies[0] ?? 1, latencies[cells.rows] ?? 10];
  const tooltip = document.createElement('div');
  tooltip.className = 'tooltip';
  tooltip.hidden = true;
  const plot = makePlot(host, shared, {
    // uPlot wants a series; the cells are drawn by hand over one that has no value.
    data: [
      Array.from({ length: columns }, (_, column) => ((tEdges[column] ?? 0) + (tEdges[column + 1] ?? 0)) / 2),
      Array.from({ length: columns }, () => null),
    ],
    series: [{ show: false }],
    y: { distr: 3, range: [fastest, slowest] },
    axis: {
      splits: () => latencyMarks(fastest, slowest),
      values: (_, marks) => marks.map(latencyText),
      filter: (_, marks) => marks,
    },
    draw(self) {
      const colours = heatScale(STEPS);
      showScale(element, cells.largest, colours);
      paint(self, cells, colours);
    },
    onCursor(self) {
      const { left = -1, top = -1 } = self.cursor;
      tooltip.hidden = left < 0 || top < 0 || !host.matches(':hover');
      if (!tooltip.hidden) tellCell(tooltip, self, cells, shared.clock);
    },
  });
  plot.over.append(tooltip);
  return plot;
}
