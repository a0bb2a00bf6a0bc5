// Charts drawn as SVG when the page is made: what is seen without JavaScript and before the script has run. Every pixel column shows
// its smallest and largest value, so a single spike among thousands of bins stays visible. Colours are classes of the style sheet.

import type { Band, Chart, Charts } from '../../model/charts.js';
import { html, raw, type Markup } from './markup.js';
import { stack, topOver } from './stacking.js';

const WIDTH = 600;
const HEIGHT = 100;

/** Path commands in pixels: one vertical stroke a pixel column, joined; a gap where values are missing. */
function pathOf(values: Float64Array, top: number): string {
  const y = (value: number) => Math.round(HEIGHT * (1 - value / top));
  const parts: string[] = [];
  let last = '';
  let open = false;
  const columns = Math.min(WIDTH, values.length);
  for (let column = 0; column < columns; column += 1) {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / columns));
    const known = values.subarray(from, to).filter((value) => !Number.isNaN(value));
    if (known.length === 0) {
      open = false;
      continue;
    }
    const x = Math.round(((column + 0.5) * WIDTH) / columns);
    const [low, high] = [y(known.reduce((a, b) => Math.min(a, b))), y(known.reduce((a, b) => Math.max(a, b)))];
    const point = low === high ? `${x} ${low}` : `${x} ${low}V${high}`;
    // A point that only repeats the height of the last one adds bytes, not ink.
    if (open && column < columns - 1 && last === String(low) && low === high) continue;
    parts.push(`${open ? 'L' : 'M'}${point}`);
    last = String(high);
    open = true;
  }
  return parts.join('');
}

function areaOf(values: Float64Array, top: number): string {
  const known = values.map((value) => (Number.isNaN(value) ? 0 : value));
  return `${pathOf(known, top).replace('M', `M0 ${HEIGHT}L`)}L${WIDTH} ${HEIGHT}Z`;
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
    ${shading(charts.bands, charts.t.length * charts.binMs)} ${stacked ? shapes.reverse() : shapes}
  </svg>`;
}
