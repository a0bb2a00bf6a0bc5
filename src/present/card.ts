// The verdict as a picture for a ticket or a chat: 1200 × 630, an SVG that stands alone. Sentence, key figures, and what shows it.

import { figure, harmless } from '../base/format.js';
import type { Chart, Charts } from '../model/charts.js';
import type { Diagnosis, KeyFigure } from '../model/diagnosis.js';
import { paletteOf } from './html/colours.js';
import { drawChart } from './html/drawing.js';
import { html, raw, type Markup } from './html/markup.js';
import { stack } from './html/scale.js';
import { spreadOf } from './html/statistics.js';
import { widthOf, wrap } from './text-layout.js';
import { clockText, OUTCOME_LOOK, OUTCOME_WORDS, outcomeOf, sureText, type Outcome } from './words.js';

type Tile = Pick<KeyFigure, 'label' | 'value' | 'beside'>;

const WIDTH = 1200;
const HEIGHT = 630;
const MARGIN = 48;
const INNER = WIDTH - 2 * MARGIN;
/** Columns of the sentence's type on a line. */
const SENTENCE_COLUMNS = 80;
const MOST_LINES = 4;
const SENTENCE_SIZE = 22;
const SENTENCE_LINE = 30;
const TILE_GAP = 18;
const TILE_COLUMNS = 34;
/** The width of a bold digit as a part of its type’s size. */
const DIGIT = 0.64;
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

/** The colours of lines and states as the page has them on paper. */
function paperColours(css: string): string {
  const rules = css.matchAll(/\.((?:line|rest|before|state)-[\w-]+)\s*\{\s*color:\s*light-dark\((#[0-9a-f]+)/g);
  return [...rules].map(([, name = '', colour = '']) => `.${name}{color:${colour}}`).join('');
}

/** At most so many lines, the last one cut where more was to come. */
function lines(words: string, columns: number, most: number): string[] {
  const all = wrap(harmless(words), columns);
  if (all.length <= most) return all;
  return [...all.slice(0, most - 1), `${all[most - 1] ?? ''} …`];
}

function text(x: number, y: number, size: number, words: string, classes = ''): Markup {
  return html`<text x="${x}" y="${y}" font-size="${size}" class="${classes}">${words}</text>`;
}

/** A figure’s type is as large as its tile takes. */
function sizeOf(value: string, width: number): number {
  return Math.min(30, Math.floor(width / (widthOf(value) * DIGIT)));
}

function tileRow(tiles: readonly Tile[], top: number): Markup[] {
  const width = (INNER - TILE_GAP * (tiles.length - 1)) / Math.max(1, tiles.length);
  return tiles.map(({ label, value, beside }, at) => {
    const x = MARGIN + at * (width + TILE_GAP);
    return html`<rect x="${x}" y="${top}" width="${width}" height="112" rx="8" fill="#f5f6f8" />
      ${text(x + 14, top + 26, 15, harmless(label), 'quiet')}
      ${text(x + 14, top + 62, sizeOf(value, width - 28), harmless(value), 'strong')}
      ${lines(beside, TILE_COLUMNS, 2).map((line, row) => text(x + 14, top + 84 + row * 17, 13, line, 'quiet'))}`;
  });
}

/** The names of its lines, in one row or two. */
function legend({ lines: all }: Chart, classes: readonly string[], top: number): Markup[] {
  const inRow = all.length > NAMES_IN_ROW ? Math.ceil(all.length / 2) : all.length;
  const each = INNER / Math.max(1, inRow);
  return all.slice(0, 2 * NAMES_IN_ROW).map(({ name }, at) => {
    const x = MARGIN + (at % inRow) * each;
    const y = top + Math.floor(at / inRow) * LEGEND_LINE;
    return html`<path d="M${x} ${y - 5}h22" class="stroke name ${classes[at]}" />
      ${text(x + 28, y, 14, harmless(name), 'quiet')}`;
  });
}

/** A chart with its legend below it. */
function picture(chart: Chart, charts: Charts, top: number): Markup {
  const palette = paletteOf(charts);
  const classes = chart.lines.map((_, at) => palette(chart, at));
  const rows = chart.lines.length > NAMES_IN_ROW ? 2 : 1;
  const height = HEIGHT - top - 58 - rows * LEGEND_LINE;
  const values = chart.lines.map((line) => line.values);
  const most = (chart.stacked === true ? stack(values) : values).flatMap((line) => spreadOf(line)?.max ?? []);
  // A picture has no axis: this is how high the highest line goes.
  const scale = most.length > 0 ? `, up to ${figure(Math.max(...most))} ${chart.unit}` : '';
  return html`${text(MARGIN, top + 4, 15, `${chart.title}${scale}`, 'strong')}
    <svg x="${MARGIN}" y="${top + 16}" width="${INNER}" height="${height}">${drawChart(chart, charts, classes)}</svg>
    ${legend(chart, classes, top + height + 37)}`;
}

/** What a card shows, from top to bottom. */
export interface CardContent {
  readonly outcome: Outcome;
  /** The line above the sentence, in the outcome's colour. */
  readonly head: string;
  readonly sentence: string;
  readonly tiles: readonly Tile[];
  /** Absent where nothing can be drawn. */
  readonly chart: Chart | undefined;
  readonly charts: Charts;
  readonly foot: readonly string[];
}

/** `css` is the page's style sheet. */
export function drawCard({ outcome, head, sentence, tiles, chart, charts, foot }: CardContent, css: string): string {
  const { paper } = OUTCOME_LOOK[outcome];
  const said = lines(sentence, SENTENCE_COLUMNS, MOST_LINES);
  const below = 92 + said.length * SENTENCE_LINE;
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    width="${WIDTH}"
    height="${HEIGHT}"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
  >
    <title>${head}: ${sentence}</title>
    <style>
      ${raw(STYLE + paperColours(css))}
    </style>
    <rect width="100%" height="100%" fill="#fff" />
    <rect width="10" height="100%" fill="${paper}" />
    <text x="${MARGIN}" y="56" font-size="18" font-weight="700" style="${raw(`fill:${paper}`)}">${head}</text>
    ${said.map((line, row) => text(MARGIN, 96 + row * SENTENCE_LINE, SENTENCE_SIZE, line, 'strong'))}
    ${tileRow(tiles, below)} ${chart && picture(chart, charts, below + 152)}
    ${text(MARGIN, HEIGHT - 18, 14, harmless(foot.join(' · ')), 'quiet')}
  </svg> `.text;
}

/** The verdict's card. */
export function renderCard(diagnosis: Diagnosis, charts: Charts, css: string): string {
  const { verdict, recording, tool, keyFigures } = diagnosis;
  const outcome = outcomeOf(verdict);
  const sure = [verdict.cause, sureText(verdict)].filter((part) => part !== undefined).join(', ');
  const when = recording.startedAt === null ? 'time unknown' : clockText(recording.startedAt);
  return drawCard(
    {
      outcome,
      head: `${OUTCOME_WORDS[outcome]} – ${sure}`,
      sentence: verdict.sentence,
      tiles: keyFigures,
      chart: charts.proof[0],
      charts,
      foot: [recording.host ?? 'unknown host', when, tool],
    },
    css,
  );
}
