// Lines and stacked areas over time, with the legend that the page already has: under the cursor it shows values instead of medians, and each
// name is a switch for its line; with Alt it leaves that line alone.

import type uPlot from 'uplot';
import { figure } from '../src/base/format.js';
import { isShaded, type Band } from '../src/model/charts.js';
import { axisText } from '../src/present/html/axes.js';
import type { EmbeddedChart } from '../src/present/html/embedded.js';
import { scaleOf, stack } from '../src/present/html/scale.js';
import { colourOf, themeColour } from './colours.js';
import { unpack, withGaps } from './data.js';
import { makePlot, type PlotParts, type Shared } from './plot.js';

/** How high a tick stands from the ground, px. */
const TICK = 6;

/** Between two gaps there is no line: what is known there is a point. */
function lonely({ data }: uPlot, series: number): number[] {
  const values = data[series] ?? [];
  const isKnown = (at: number) => values[at] !== null && values[at] !== undefined;
  return Array.from(values.keys()).filter((at) => isKnown(at) && !isKnown(at - 1) && !isKnown(at + 1));
}

export class LineChart {
  readonly id: string;
  readonly plot: uPlot;
  private readonly chart: EmbeddedChart;
  private readonly t: number[];
  private readonly lines: readonly Float32Array[];
  private readonly hidden = new Set<number>();
  private readonly buttons: readonly HTMLButtonElement[];

  constructor(element: HTMLElement, host: HTMLElement, chart: EmbeddedChart, t: number[], shared: Shared) {
    this.id = chart.id;
    this.chart = chart;
    this.t = t;
    this.lines = chart.lines.map(unpack);
    this.buttons = [...element.querySelectorAll<HTMLButtonElement>('.legend button')];
    this.plot = makePlot(host, shared, this.parts(element, shared.bands));
    this.bindSwitches(shared);
  }

  /** 'CHART.LINE' of each line that is hidden. */
  get hiddenLines(): string[] {
    return [...this.hidden].map((line) => `${this.id}.${line}`);
  }

  /** Hides exactly these, as far as they are lines of this chart. */
  hide(names: readonly string[]): void {
    this.hidden.clear();
    this.lines.forEach((_, line) => {
      if (names.includes(`${this.id}.${line}`)) this.hidden.add(line);
    });
    this.showSwitches();
  }

  private parts(element: HTMLElement, bands: readonly Band[]): PlotParts {
    const { chart } = this;
    const keys = [...element.querySelectorAll('.legend button .key')];
    const series = keys.map((key): uPlot.Series => {
      const colour = () => colourOf(key);
      if (chart.stacked) return { stroke: colour, fill: colour, width: 0, points: { show: false } };
      const dash = dashOf(key.classList);
      const points = { show: true, size: 4, width: 0, fill: colour, filter: lonely };
      return { stroke: colour, width: 1.5, ...(dash && { dash }), points };
    });
    const ticks = chart.ticks === null ? undefined : unpack(chart.ticks);
    return {
      data: this.data(),
      // What is drawn last lies on top: the lowest of a stack covers the feet of the higher ones.
      series: chart.stacked ? series.toReversed() : series,
      y: this.scale(),
      axis: { values: (_, marks) => marks.map((mark) => (mark === null ? '' : axisText(mark))), space: 26 },
      shaded: bands.filter(isShaded),
      ...(ticks && { draw: (plot: uPlot) => drawTicks(plot, ticks) }),
      onCursor: (_, bin) => this.tell(element, bin),
    };
  }

  private scale(): uPlot.Scale {
    const { chart } = this;
    const shown = this.lines.filter((_, line) => !this.hidden.has(line));
    const { low, high, logarithmic } = scaleOf(
      chart.stacked ? stack(shown) : shown,
      chart.unit,
      chart.stacked,
      chart.logarithmic,
    );
    return logarithmic ? { distr: 3, range: [low, high] } : { range: [low, high] };
  }

  private data(): uPlot.AlignedData {
    const { chart, hidden } = this;
    const shown = this.lines.map((values, line) =>
      hidden.has(line) ? values.map(() => (chart.stacked ? 0 : NaN)) : values,
    );
    const drawn = (chart.stacked ? stack(shown) : shown).map(withGaps);
    return [this.t, ...(chart.stacked ? drawn.toReversed() : drawn)];
  }

  private tell(element: HTMLElement, bin: number | null): void {
    element.classList.toggle('live', bin !== null);
    const head = element.querySelector<HTMLElement>('.legend .head b');
    if (head) head.textContent = bin === null ? (head.dataset['rest'] ?? '') : 'here';
    this.buttons.forEach((button, line) => {
      const cell = button.parentElement?.querySelector<HTMLElement>('b');
      if (!cell) return;
      const value = bin === null ? undefined : this.lines[line]?.[bin];
      const text = value === undefined || Number.isNaN(value) ? '–' : figure(value);
      cell.textContent = bin === null ? (cell.dataset['rest'] ?? '') : text;
    });
  }

  private bindSwitches({ changed }: Shared): void {
    this.buttons.forEach((button, line) => {
      button.disabled = false;
      button.title = 'hide or show; with Alt, this line alone';
      button.addEventListener('click', (event) => {
        const isAlone = this.hidden.size === this.lines.length - 1 && !this.hidden.has(line);
        if (event.altKey) {
          this.hidden.clear();
          if (!isAlone) this.lines.forEach((_, other) => other !== line && this.hidden.add(other));
        } else if (!this.hidden.delete(line)) this.hidden.add(line);
        this.showSwitches();
        changed();
      });
    });
    this.showSwitches();
  }

  private showSwitches(): void {
    this.buttons.forEach((button, line) => button.setAttribute('aria-pressed', String(!this.hidden.has(line))));
    this.plot.setData(this.data(), false);
    const { range } = this.scale();
    if (Array.isArray(range)) this.plot.setScale('y', { min: Number(range[0]), max: Number(range[1]) });
    this.plot.redraw();
  }
}

function dashOf(classes: DOMTokenList): number[] | undefined {
  if (classes.contains('line-limit')) return [8, 4];
  if (classes.contains('reads')) return [6, 3];
  return classes.contains('flushes') ? [2, 3] : undefined;
}

/** Moments as strokes on the ground, one a pixel column. */
function drawTicks(plot: uPlot, ticks: Float32Array): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = themeColour('tick');
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  let last = -1;
  const ground = bbox.top + bbox.height;
  for (const t of ticks) {
    const x = Math.round(plot.valToPos(t, 'x', true)) + 0.5;
    if (x === last || x < bbox.left || x > bbox.left + bbox.width) continue;
    last = x;
    ctx.moveTo(x, ground);
    ctx.lineTo(x, ground - TICK * devicePixelRatio);
  }
  ctx.stroke();
  ctx.restore();
}
