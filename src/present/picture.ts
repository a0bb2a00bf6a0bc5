// What every picture of 1200 × 630 for a ticket or a chat shares: its frame, its text, and a chart with its legend. An SVG that stands alone.

import { figure, harmless } from '../base/format.js';
import type { Chart, Charts } from '../model/charts.js';
import type { Palette } from './html/colours.js';
import { drawChart } from './html/drawing.js';
import { html, raw, type Markup } from './html/markup.js';
import { stack } from './html/scale.js';
import { spreadOf } from './html/statistics.js';

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
.shade{fill:#3c424a;opacity:.06}.tick{color:#b3261e}
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

/** A chart with its legend below it. */
export function chartAt(chart: Chart, charts: Charts, palette: Palette, { x, top, width, height: all }: Box): Markup {
  const classes = chart.lines.map((_, at) => palette(chart, at));
  const rows = chart.lines.length > NAMES_IN_ROW ? 2 : 1;
  const height = all - 58 - rows * LEGEND_LINE;
  const values = chart.lines.map((line) => line.values);
  const most = (chart.stacked === true ? stack(values) : values).flatMap((line) => spreadOf(line)?.max ?? []);
  // A picture has no axis: this is how high the highest line goes.
  const scale = most.length > 0 ? `, up to ${figure(Math.max(...most))} ${chart.unit}` : '';
  return html`${text(x, top + 4, 15, `${chart.title}${scale}`, 'strong')}
    <svg x="${x}" y="${top + 16}" width="${width}" height="${height}">${drawChart(chart, charts, classes)}</svg>
    ${legend(chart, classes, { x, top: top + height + 37, width })}`;
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
