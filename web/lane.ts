// The bands by name, a row a kind, above the charts that they shade.

import type uPlot from 'uplot';
import { rowOf, rowsOf, type Band } from '../src/model/charts.js';
import { themeColour } from './colours.js';
import { makePlot, type Shared } from './plot.js';

function drawBand(plot: uPlot, band: Band, top: number, height: number): void {
  const { ctx } = plot;
  const left = plot.valToPos(band.fromMs, 'x', true);
  const width = Math.max(2, plot.valToPos(band.toMs, 'x', true) - left);
  ctx.fillStyle = themeColour(`band-${band.kind}`);
  ctx.fillRect(left, top, width, height);
  // The label keeps to the part of the band that is on the screen.
  const from = Math.max(left, plot.bbox.left) + 4 * devicePixelRatio;
  const to = Math.min(left + width, plot.bbox.left + plot.bbox.width);
  if (to - from < ctx.measureText(band.label).width) return;
  ctx.fillStyle = themeColour('ink');
  ctx.fillText(band.label, from, top + height / 2);
}

export function drawLane(host: HTMLElement, shared: Shared, t: number[]): uPlot {
  const { bands } = shared;
  const rows = rowsOf(bands);
  return makePlot(host, shared, {
    data: [t, t.map(() => null)],
    series: [{ show: false }],
    y: { range: [0, rows.length], dir: -1 },
    axis: {
      splits: () => rows.map((_, row) => row + 0.5),
      values: () => rows,
      grid: { show: false },
    },
    timeAxis: false,
    draw(plot) {
      const { ctx, bbox } = plot;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
      ctx.textBaseline = 'middle';
      ctx.textAlign = 'left';
      const height = bbox.height / rows.length;
      for (const band of bands)
        drawBand(
          plot,
          band,
          bbox.top + rows.indexOf(rowOf(band)) * height + devicePixelRatio,
          height - 2 * devicePixelRatio,
        );
      ctx.restore();
    },
  });
}
