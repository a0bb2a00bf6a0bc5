// Charts drawn as SVG when the page is made: what is seen without JavaScript and before the script has run. Every pixel column shows
// its smallest and largest value, so a single spike among thousands of bins stays visible. Colours are classes of the style sheet.

import { isShaded, type Band, type Chart, type Charts } from '../../model/charts.js';
import { timeMarks, valueMarks, type Mark } from './axes.js';
import { html, raw, type Markup } from './markup.js';
import { heightOn, scaleOf, stack, type Scale } from './scale.js';

const WIDTH = 600;
const HEIGHT = 100;
/** How high a tick stands from the ground. */
const TICK = 7;

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
function pathOf(values: Float64Array, scale: Scale): string {
  const y = (value: number) => Math.round(HEIGHT * (1 - heightOn(scale, value)));
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

function areaOf(values: Float64Array, scale: Scale): string {
  const known = values.map((value) => (Number.isNaN(value) ? 0 : value));
  return `${pathOf(known, scale)}V${HEIGHT}H0Z`;
}

/** When the victim lost its time, or something changed. */
function shading(bands: readonly Band[], endMs: number): Markup[] {
  return bands.filter(isShaded).map(({ fromMs, toMs }) => {
    const x = (fromMs / endMs) * WIDTH;
    const width = Math.max(0.5, ((toMs - fromMs) / endMs) * WIDTH);
    return html`<rect class="shade" x="${x.toFixed(1)}" width="${width.toFixed(1)}" height="${HEIGHT}" />`;
  });
}

/** Moments as strokes on the ground, one a pixel column. */
function ticksPath({ ticks }: Chart, endMs: number): string {
  const columns = new Set(Array.from(ticks?.t ?? [], (t) => Math.round((t / endMs) * WIDTH)));
  return [...columns].map((x) => `M${x} ${HEIGHT}V${HEIGHT - TICK}`).join('');
}

/** How the lines are drawn, stacked where they are to be, and the scale on which they show. */
function laidOut({ lines, unit, stacked = false, logarithmic = false }: Chart): {
  readonly drawn: readonly Float64Array[];
  readonly scale: Scale;
} {
  const values = lines.map((line) => line.values);
  const drawn = stacked ? stack(values) : values;
  return { drawn, scale: scaleOf(drawn, unit, stacked, logarithmic) };
}

function endOf({ t, binMs }: Charts): number {
  return t.length * binMs;
}

/** Round values and moments of a chart's axes, from its lower left corner. */
export function marksOf(chart: Chart, charts: Charts): { readonly values: Mark[]; readonly moments: Mark[] } {
  return { values: valueMarks(laidOut(chart).scale), moments: timeMarks(endOf(charts)) };
}

export function drawChart(chart: Chart, charts: Charts, classes: readonly string[]): Markup {
  const { drawn, scale } = laidOut(chart);
  const endMs = endOf(charts);
  const lines = valueMarks(scale).map(({ at }) => `M0 ${Math.round(HEIGHT * (1 - at))}H${WIDTH}`);
  const shapes = drawn.map((line, at) =>
    chart.stacked === true
      ? html`<path class="area ${classes[at]}" d="${raw(areaOf(line, scale))}" />`
      : html`<path class="stroke ${classes[at]}" d="${raw(pathOf(line, scale))}" />`,
  );
  return html`<svg class="drawing" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
    ${shading(charts.bands, endMs)}
    <path class="grid" d="${raw(lines.join(''))}" />
    ${chart.stacked === true ? shapes.toReversed() : shapes}
    ${chart.ticks && html`<path class="stroke tick" d="${raw(ticksPath(chart, endMs))}" />`}
  </svg>`;
}

/** The axes of a drawing in the page, whose letters keep their size whatever that of the drawing is. */
export function drawAxes(chart: Chart, charts: Charts, timeAxis: boolean): Markup {
  const { values, moments } = marksOf(chart, charts);
  const share = (part: number) => `${Number((100 * part).toFixed(2))}%`;
  return html`<svg class="marks values" aria-hidden="true">
      ${values.map(({ at, text }) => html`<text x="100%" y="${share(1 - at)}" dy=".35em">${text}</text>`)}
    </svg>
    ${
      timeAxis &&
      html`<svg class="marks moments" aria-hidden="true">
        ${moments.map(({ at, text }) => html`<text x="${share(at)}" y="17">${text}</text>`)}
      </svg>`
    }`;
}
