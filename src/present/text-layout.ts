// How lines are laid out on a terminal: columns that align, wrapped and clipped text, bars. Plain strings in and out, no colour:
// colour is put on whole lines or cells afterwards, so that widths stay true.

import { eastAsianWidth } from 'get-east-asian-width';

/** What stands on the character before it. */
const COMBINING = /\p{Mark}/u;

/** A screen shows the same few over and over. */
const knownWidths = new Map<string, number>();
const MOST_WIDTHS = 4096;

function widthOfCharacter(character: string): number {
  let width = knownWidths.get(character);
  if (width === undefined) {
    width = COMBINING.test(character) ? 0 : eastAsianWidth(character.codePointAt(0) ?? 0);
    if (knownWidths.size === MOST_WIDTHS) knownWidths.clear();
    knownWidths.set(character, width);
  }
  return width;
}

/** Letters of one column each. */
const PLAIN = /^[ -~]*$/;

/** Columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  // Most texts are plain, and a table asks for each of its cells several times.
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOfCharacter(character);
  return width;
}

/** The text cut to `width` columns, with an ellipsis where something is missing. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += widthOfCharacter(character);
    if (used > width - 1) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const fill = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'left' ? text + fill : fill + text;
}

/** A space at which a line may end: not the one between a figure and its unit. */
const BREAK = / (?!(?:%|[kMGT]?i?B(?:\/s)?|µs|ms|s|min|h|d)(?![\w/]))/;

/** Breaks a text at spaces into lines of at most `width` columns; lines after the first begin with `indent`. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(BREAK)) {
    if (line.trim() !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = indent + word;
    } else {
      line += line === '' || line === indent ? word : ` ${word}`;
    }
  }
  return [...lines, line];
}

/** A last column that has less room than this stands below its row. */
const LEAST_ROOM = 24;
const INDENT = '    ';

/**
 * Rows of cells as lines with two spaces between columns; `right` names the columns that hold figures. Where a row is wider than `width`, its last cell
 * goes on below itself, or on lines of its own.
 */
export function columns(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
  width = Infinity,
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, widthOf(cell))));
  }
  return rows.flatMap((row) => {
    const cells = row.map((cell, column) => pad(cell, widths[column] ?? 0, right.includes(column) ? 'right' : 'left'));
    const line = cells.join('  ').trimEnd();
    if (widthOf(line) <= width) return [line];
    const before = cells.slice(0, -1).join('  ');
    return withLast(before.trimEnd() === '' ? '' : `${before}  `, row.at(-1) ?? '', width);
  });
}

function withLast(before: string, last: string, width: number): string[] {
  const room = width - widthOf(before);
  const beside = room >= LEAST_ROOM ? wrap(last, room) : [];
  if (beside.length > 0 && beside.every((line) => widthOf(line) <= room))
    return beside.map((line, at) => (at === 0 ? before : ' '.repeat(widthOf(before))) + line);
  const below = wrap(last, width - INDENT.length).map((line) => INDENT + line);
  const own = before.trimEnd();
  if (own === '') return below;
  return [...(widthOf(own) <= width ? [own] : wrap(own, width, INDENT)), ...below];
}

/**
 * The same in at most `width` columns, as far as leaving out the columns that are named in `expendable`, in that order, makes it so. The first
 * row is the head.
 */
export function columnsWithin(
  rows: readonly (readonly string[])[],
  width: number,
  { right, expendable }: { readonly right: readonly number[]; readonly expendable: readonly number[] },
): string[] {
  const kept = new Set(rows[0]?.keys());
  for (const next of [...expendable, undefined]) {
    const shown = [...kept].sort((a, b) => a - b);
    const lines = columns(
      rows.map((row) => shown.map((column) => row[column] ?? '')),
      right.map((column) => shown.indexOf(column)),
    );
    if (next === undefined || lines.every((line) => widthOf(line) <= width)) return lines;
    kept.delete(next);
  }
  return [];
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A share between 0 and 1 as a bar of `cells` characters. */
export function bar(share: number, cells: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * cells * 8);
  return pad('█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? ''), cells);
}
