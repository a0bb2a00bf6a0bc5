// What every plot of the page has in common: uPlot on the shared time axis, in the theme's colours, with the cursor of all charts
// together, drag to zoom, the bands behind it, and the right size. A chart adds its series, its scale and what it draws itself.

import uPlot from 'uplot';
import { duration } from '../src/base/format.js';
import type { Band } from '../src/model/charts.js';
import { TIME_STEPS } from '../src/present/html/axes.js';
import type { Clock } from './clock.js';
import { themeColour } from './colours.js';
import type { View } from './view.js';

/** The left axis has one width on all charts, so that a moment stands at the same place in each. */
const AXIS_WIDTH = 62;
/** Half of the last moment stands behind the plot, and is not to be cut. */
const RIGHT = 28;
const FONT = '12px system-ui, sans-serif';

/** A latency on an axis. */
export function latencyText(us: number): string {
  return duration(us / 1000);
}

/** What all plots of the page share. */
export interface Shared {
  readonly view: View;
  readonly clock: Clock;
  readonly bands: readonly Band[];
  /** To be called when the reader changed something that belongs into the page's address. */
  readonly changed: () => void;
}

export interface PlotParts {
  readonly data: uPlot.AlignedData;
  readonly series: readonly uPlot.Series[];
  readonly y: uPlot.Scale;
  /** Merged into the left axis. */
  readonly axis: uPlot.Axis;
  /** Draws into the plot once the axes stand. */
  readonly draw?: (plot: uPlot) => void;
  /** The cursor moved: index of the bin under it, null where it left. */
  readonly onCursor?: (plot: uPlot, bin: number | null) => void;
  /** What to shade behind it. */
  readonly shaded?: readonly Band[];
  readonly timeAxis?: boolean;
}

function shade(plot: uPlot, bands: readonly Band[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const band of bands) {
    const left = plot.valToPos(band.fromMs, 'x', true);
    const right = plot.valToPos(band.toMs, 'x', true);
    ctx.fillStyle = themeColour('shade');
    ctx.fillRect(left, bbox.top, Math.max(1, right - left), bbox.height);
  }
  ctx.restore();
}

/** Makes the plot in `host`, in place of what is there, and keeps it at the host's size and on the view's stretch of time. */
export function makePlot(host: HTMLElement, { view, clock }: Shared, parts: PlotParts): uPlot {
  const timeAxis = parts.timeAxis ?? host.dataset['time'] !== 'none';
  const size = () => ({ width: Math.max(160, host.clientWidth), height: host.clientHeight });
  const stroke = () => themeColour('axis');
  const grid = { stroke: () => themeColour('grid'), width: 1 };
  host.replaceChildren();
  host.classList.add('drawn');
  const plot = new uPlot(
    {
      ...size(),
      padding: [6, RIGHT, timeAxis ? 0 : 4, 0],
      scales: { x: { time: false, range: () => [view.now.from, view.now.to] }, y: parts.y },
      series: [{}, ...parts.series],
      axes: [
        {
          incrs: TIME_STEPS,
          values: (_, moments) =>
            moments.map((moment) => clock.mark(moment, (moments[1] ?? NaN) - (moments[0] ?? NaN))),
          space: 70,
          size: timeAxis ? 26 : 0,
          font: FONT,
          stroke,
          grid,
          ticks: { ...grid, size: 4 },
        },
        { size: AXIS_WIDTH, font: FONT, stroke, grid, ticks: { show: false }, ...parts.axis },
      ],
      legend: { show: false },
      cursor: {
        sync: { key: 'time', scales: ['x', null] },
        drag: { x: true, y: false, setScale: false, dist: 4 },
        y: false,
        points: { size: 5 },
        // uPlot's own double click would reset this one chart's scale only.
        bind: { dblclick: () => () => (view.all(), null) },
      },
      hooks: {
        drawClear: [(self) => shade(self, parts.shaded ?? [])],
        draw: parts.draw ? [parts.draw] : [],
        setCursor: [(self) => parts.onCursor?.(self, self.cursor.idx ?? null)],
        setSelect: [
          (self) => {
            const { left, width } = self.select;
            if (width <= 0) return;
            self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            view.show(self.posToVal(left, 'x'), self.posToVal(left + width, 'x'));
          },
        ],
      },
    },
    parts.data,
    host,
  );
  view.onChange(({ from, to }) => plot.setScale('x', { min: from, max: to }));
  new ResizeObserver(() => plot.setSize(size())).observe(host);
  return plot;
}
