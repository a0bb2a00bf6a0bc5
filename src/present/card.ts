// The verdict as a picture for a ticket or a chat: 1200 × 630, an SVG that stands alone. Sentence, key figures, and what shows it.

import { clockText, harmless } from '../base/format.js';
import type { Chart, Charts } from '../model/charts.js';
import type { Diagnosis, KeyFigure } from '../model/diagnosis.js';
import { paletteOf } from './html/colours.js';
import { html, raw, type Markup } from './html/markup.js';
import { chartAt, framePicture, HEIGHT, INNER, MARGIN, text } from './picture.js';
import { widthOf, wrap } from './text-layout.js';
import { OUTCOME_LOOK, OUTCOME_WORDS, outcomeOf, sentenceBeside, sureText, type Outcome } from './words.js';

type Tile = Pick<KeyFigure, 'label' | 'value' | 'beside'>;

/** Columns of the sentence's type on a line. */
const SENTENCE_COLUMNS = 80;
const MOST_LINES = 4;
const SENTENCE_SIZE = 22;
const SENTENCE_LINE = 30;
const TILE_GAP = 18;
const TILE_COLUMNS = 34;
/** The width of a bold digit as a part of its type’s size. */
const DIGIT = 0.64;

/** At most so many lines, the last one cut where more was to come. */
function lines(words: string, columns: number, most: number): string[] {
  const all = wrap(harmless(words), columns);
  if (all.length <= most) return all;
  return [...all.slice(0, most - 1), `${all[most - 1] ?? ''} …`];
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
  return framePicture(
    `${head}: ${sentence}`,
    html`<rect width="10" height="100%" fill="${paper}" />
      <text x="${MARGIN}" y="56" font-size="18" font-weight="700" style="${raw(`fill:${paper}`)}">${head}</text>
      ${said.map((line, row) => text(MARGIN, 96 + row * SENTENCE_LINE, SENTENCE_SIZE, line, 'strong'))}
      ${tileRow(tiles, below)}
      ${chart && chartAt(chart, charts, paletteOf(charts), { x: MARGIN, top: below + 152, width: INNER, height: HEIGHT - below - 152 })}
      ${text(MARGIN, HEIGHT - 18, 14, harmless(foot.join(' · ')), 'quiet')}`,
    css,
  );
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
      sentence: sentenceBeside(verdict),
      tiles: keyFigures,
      chart: charts.proof[0],
      charts,
      foot: [recording.host ?? 'unknown host', when, tool],
    },
    css,
  );
}
