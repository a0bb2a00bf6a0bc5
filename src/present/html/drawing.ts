// Charts drawn as SVG when the page is made: what is seen without JavaScript and before the script has run. Every pixel column shows
// its smallest and largest value, so a single spike among thousands of bins stays visible. Colours are classes of the style sheet.

import type { Band, Chart, Charts } from '../../model/charts.js';
import { html, raw, type Markup } from './markup.js';
import { stack, topOver } from './stacking.js';

const WIDTH = 600;
const HEIGHT = 100;

/** The smallest and largest known value of each pixel column; undefined where none is known. */
function extremes(values: Float64Array): ({ readonly low: number; readonly high: number } | undefined)[] {
  const columns = Math.min(WIDTH, values.length);
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / columns));
    const known = values.subarray(from, to).filter((value) => !Number.isNaN(value));
    if (known.length === 0) return undefined;
    return { low: known.reduce((a, b) => Math.min(a, b)), high: known.reduce((a, b) => Math.max(a, b)) };
  });
}

/** Path commands in pixels: a vertical stroke from the smallest to the largest value of each column, joined; a gap where nothing is known. */
function pathOf(values: Float64Array, top: number): string {
  const y = (value: number) => Math.round(HEIGHT * (1 - value / top));
  const columns = extremes(values);
  let path = '';
  let height: number | undefined;
  columns.forEach((column, at) => {
    if (column === undefined) {
      height = undefined;
      return;
    }
    const [low, high] = [y(column.low), y(column.high)];
    const x = Math.round(((at + 0.5) * WIDTH) / columns.length);
    // A level stretch is one command to its end; a step begins where the column begins.
    if (height === undefined) path += `M${x} ${low}`;
    else if (low !== height || high !== height) path += `H${x}V${low}`;
    if (high !== low) path += `V${high}`;
    const next = columns[at + 1];
    height = high;
    if (next === undefined) path += `H${x + 1}`;
  });
  return path;
}

function areaOf(values: Float64Array, top: number): string {
  const known = values.map((value) => (Number.isNaN(value) ? 0 : value));
  return `${pathOf(known, top)}V${HEIGHT}H0Z`;
}

function shading(bands: readonly Band[], endMs: number): Markup[] {
  return bands.map(({ kind, fromMs, toMs }) => {
    const x = (fromMs / endMs) * WIDTH;
    const width = Math.max(0.5, ((toMs - fromMs) / endMs) * WIDTH);
    return html`<rect class="band-${kind}" x="${x.toFixed(1)}" width="${width.toFixed(1)}" height="${HEIGHT}" />`;
  });
}

/** The class that colours line `at` of a chart; `state` where the line is one of the victim's states. */
export function colourClass(at: number, state?: string): string {
  return state === undefined ? `line-${at % 8}` : `state-${state}`;
}

export function drawChart(chart: Chart, charts: Charts, classes: readonly string[]): Markup {
  const stacked = chart.stacked ?? false;
  const values = chart.lines.map((line) => line.values);
  const drawn = stacked ? stack(values) : values;
  const largest = drawn.reduce((most, line) => line.reduce((a, b) => (b > a ? b : a), most), 0);
  const top = stacked ? 100 : topOver(largest);
  const shapes = drawn.map((line, at) =>
    stacked
      ? html`<path class="area ${classes[at]}" d="${raw(areaOf(line, top))}" />`
      : html`<path class="stroke ${classes[at]}" d="${raw(pathOf(line, top))}" />`,
  );
  return html`<svg class="drawing" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
    ${shading(charts.bands, charts.t.length * charts.binMs)} ${stacked ? shapes.toReversed() : shapes}
  </svg>`;
}
