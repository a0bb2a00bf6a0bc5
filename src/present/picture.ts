// What every picture of 1200 × 630 for a ticket or a chat shares: its frame, its text, and a chart with its legend. An SVG that stands alone.

import { harmless } from '../base/format.js';
import type { Chart, Charts } from '../model/charts.js';
import type { Palette } from './html/colours.js';
import { drawChart, marksOf } from './html/drawing.js';
import { html, raw, type Markup } from './html/markup.js';

const WIDTH = 1200;
export const HEIGHT = 630;
export const MARGIN = 48;
export const INNER = WIDTH - 2 * MARGIN;
/** More lines than this have their names in two rows. */
const NAMES_IN_ROW = 5;
const LEGEND_LINE = 20;

/** What a picture needs besides colours; it has no style sheet of the page's. */
const STYLE = `
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif;fill:#1a1d21}
.quiet{fill:#565d66}.strong{font-weight:600}
.stroke{fill:none;stroke:currentColor;stroke-width:1.5;vector-effect:non-scaling-stroke}.area{fill:currentColor}.name{stroke-width:3}
.reads{stroke-dasharray:6 3}.flushes{stroke-dasharray:2 3}.line-limit{stroke-dasharray:8 4;color:#1a1d21}
.shade{fill:#3c424a;opacity:.06}.grid{fill:none;stroke:#e3e6ea;vector-effect:non-scaling-stroke}
.value{text-anchor:end}.moment{text-anchor:middle}.tick{color:#b3261e}
`;

/** Where something stands in a picture, px. */
export interface Box {
  readonly x: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The colours of lines and states as the page has them on paper. */
function paperColours(css: string): string {
  const rules = css.matchAll(/\.((?:line|rest|before|state)-[\w-]+)\s*\{\s*color:\s*light-dark\((#[0-9a-f]+)/g);
  return [...rules].map(([, name = '', colour = '']) => `.${name}{color:${colour}}`).join('');
}

export function text(x: number, y: number, size: number, words: string, classes = ''): Markup {
  return html`<text x="${x}" y="${y}" font-size="${size}" class="${classes}">${words}</text>`;
}

/** The names of its lines, in one row or two. */
function legend(
  { lines: all }: Chart,
  classes: readonly string[],
  { x: left, top, width }: Omit<Box, 'height'>,
): Markup[] {
  const inRow = all.length > NAMES_IN_ROW ? Math.ceil(all.length / 2) : all.length;
  const each = width / Math.max(1, inRow);
  return all.slice(0, 2 * NAMES_IN_ROW).map(({ name }, at) => {
    const x = left + (at % inRow) * each;
    const y = top + Math.floor(at / inRow) * LEGEND_LINE;
    return html`<path d="M${x} ${y - 5}h22" class="stroke name ${classes[at]}" />
      ${text(x + 28, y, 14, harmless(name), 'quiet')}`;
  });
}

/** What the values beside a chart take, and the moments below it. */
const VALUES = 46;
const MOMENTS = 18;
/** A moment so far along ends where the chart does. */
const NEAR_END = 0.98;

/** A chart with its axes, and its legend below it. */
export function chartAt(chart: Chart, charts: Charts, palette: Palette, { x, top, width, height: all }: Box): Markup {
  const classes = chart.lines.map((_, at) => palette(chart, at));
  const rows = chart.lines.length > NAMES_IN_ROW ? 2 : 1;
  const inner: Box = {
    x: x + VALUES,
    top: top + 16,
    width: width - VALUES,
    height: all - 58 - MOMENTS - rows * LEGEND_LINE,
  };
  const bottom = inner.top + inner.height;
  const { values, moments } = marksOf(chart, charts);
  return html`${text(x, top + 4, 15, `${chart.title}, ${chart.unit}`, 'strong')}
    <svg x="${inner.x}" y="${inner.top}" width="${inner.width}" height="${inner.height}">
      ${drawChart(chart, charts, classes)}
    </svg>
    ${values.map(({ at, text: value }) => text(inner.x - 7, bottom - at * inner.height + 4, 12, value, 'quiet value'))}
    ${moments.map(({ at, text: moment }) =>
      text(inner.x + at * inner.width, bottom + 15, 12, moment, at > NEAR_END ? 'quiet value' : 'quiet moment'),
    )}
    ${legend(chart, classes, { x: inner.x, top: bottom + MOMENTS + 21, width: inner.width })}`;
}

/** The frame around what a picture shows. `css` is the page's style sheet. */
export function framePicture(title: string, content: Markup, css: string): string {
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    width="${WIDTH}"
    height="${HEIGHT}"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
  >
    <title>${title}</title>
    <style>
      ${raw(STYLE + paperColours(css))}
    </style>
    <rect width="100%" height="100%" fill="#fff" />
    ${content}
  </svg> `.text;
}
