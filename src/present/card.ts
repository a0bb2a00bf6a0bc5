// The verdict as a picture for a ticket or a chat: 1200 × 630, an SVG that stands alone. Sentence, key figures, and what shows it.

import { harmless } from '../base/format.js';
import type { Charts } from '../model/charts.js';
import type { Diagnosis } from '../model/diagnosis.js';
import { paletteOf } from './html/colours.js';
import { drawChart } from './html/drawing.js';
import { html, raw, type Markup } from './html/markup.js';
import { widthOf, wrap } from './text-layout.js';
import { clockText, OUTCOME_LOOK, OUTCOME_WORDS, outcomeOf, sureText } from './words.js';

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

/** What a picture needs besides colours; it has no style sheet of the page's. */
const STYLE = `
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif;fill:#1a1d21}
.quiet{fill:#565d66}.strong{font-weight:600}
.stroke{fill:none;stroke:currentColor;stroke-width:1.5;vector-effect:non-scaling-stroke}.area{fill:currentColor}
.reads{stroke-dasharray:6 3}.flushes{stroke-dasharray:2 3}.line-limit{stroke-dasharray:8 4;color:#1a1d21}
.shade{fill:#3c424a;opacity:.06}.tick{color:#b3261e}
`;

/** The colours of lines and states as the page has them on paper. */
function paperColours(css: string): string {
  const rules = css.matchAll(/\.((?:line|rest|state)-[\w-]+)\s*\{\s*color:\s*light-dark\((#[0-9a-f]+)/g);
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

function tiles({ keyFigures }: Diagnosis, top: number): Markup[] {
  const width = (INNER - TILE_GAP * (keyFigures.length - 1)) / Math.max(1, keyFigures.length);
  return keyFigures.map(({ label, value, beside }, at) => {
    const x = MARGIN + at * (width + TILE_GAP);
    return html`<rect x="${x}" y="${top}" width="${width}" height="112" rx="8" fill="#f5f6f8" />
      ${text(x + 14, top + 26, 15, harmless(label), 'quiet')}
      ${text(x + 14, top + 62, widthOf(value) > 16 ? 22 : 30, harmless(value), 'strong')}
      ${lines(beside, TILE_COLUMNS, 2).map((line, row) => text(x + 14, top + 84 + row * 17, 13, line, 'quiet'))}`;
  });
}

/** The first chart of the proof, with its legend on one line. */
function picture(charts: Charts, top: number): Markup | undefined {
  const [chart] = charts.proof;
  if (!chart) return undefined;
  const palette = paletteOf(charts);
  const classes = chart.lines.map((_, at) => palette(chart, at));
  const height = HEIGHT - top - 78;
  const legend = chart.lines.slice(0, 5);
  const each = INNER / Math.max(1, legend.length);
  return html`${text(MARGIN, top + 4, 15, `${chart.title}, ${chart.unit}`, 'strong')}
    <svg x="${MARGIN}" y="${top + 16}" width="${INNER}" height="${height}">${drawChart(chart, charts, classes)}</svg>
    ${legend.map(
      ({ name }, at) =>
        html`<rect
            x="${MARGIN + at * each}"
            y="${top + height + 30}"
            width="16"
            height="5"
            class="area ${classes[at]}"
          />
          ${text(MARGIN + at * each + 22, top + height + 37, 14, harmless(name), 'quiet')}`,
    )}`;
}

/** `css` is the page's style sheet. */
export function renderCard(diagnosis: Diagnosis, charts: Charts, css: string): string {
  const { verdict, recording, tool } = diagnosis;
  const outcome = outcomeOf(verdict);
  const { paper } = OUTCOME_LOOK[outcome];
  const sentence = lines(verdict.sentence, SENTENCE_COLUMNS, MOST_LINES);
  const below = 92 + sentence.length * SENTENCE_LINE;
  const where = [
    recording.host ?? 'unknown host',
    recording.startedAt === null ? 'time unknown' : clockText(recording.startedAt),
    tool,
  ];
  const sure = [verdict.cause, sureText(verdict)].filter((part) => part !== undefined).join(', ');
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    width="${WIDTH}"
    height="${HEIGHT}"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
  >
    <title>${OUTCOME_WORDS[outcome]}: ${verdict.sentence}</title>
    <style>
      ${raw(STYLE + paperColours(css))}
    </style>
    <rect width="100%" height="100%" fill="#fff" />
    <rect width="10" height="100%" fill="${paper}" />
    <text x="${MARGIN}" y="56" font-size="18" font-weight="650" style="${raw(`fill:${paper}`)}">
      ${OUTCOME_WORDS[outcome]} – ${sure}
    </text>
    ${sentence.map((line, row) => text(MARGIN, 96 + row * SENTENCE_LINE, SENTENCE_SIZE, line, 'strong'))}
    ${tiles(diagnosis, below)} ${picture(charts, below + 152)}
    ${text(MARGIN, HEIGHT - 18, 14, harmless(where.join(' · ')), 'quiet')}
  </svg> `.text;
}
