// What the texts of `threads`, `heap` and `jfr` are laid out with: paragraphs, and tables below a title that says of how many rows these are the first.

import { count } from '../base/format.js';
import { clip, columnsWithin } from './text-layout.js';

const DEFAULT_WIDTH = 100;
/** A pipe takes lines of any length. */
const PIPE_WIDTH = 1000;

export interface TitledTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns that hold figures. */
  readonly right: readonly number[];
  /** Columns that may be left out, the first one first. */
  readonly expendable?: readonly number[];
  /** How many rows there are, where not all are shown. */
  readonly all?: number;
}

/** Columns of a paragraph; `width`: of the terminal, Infinity in a pipe. */
export function textWidth(width: number): number {
  return Number.isFinite(width) ? width : DEFAULT_WIDTH;
}

/** A blank line, the title and the table; nothing where it has no rows. `width` as above. */
export function titledTable(
  { title, head, rows, right, expendable = [], all = rows.length }: TitledTable,
  width: number,
): string[] {
  if (rows.length === 0) return [];
  const most = Number.isFinite(width) ? width : PIPE_WIDTH;
  const lines = columnsWithin([head, ...rows], most - 2, { right, expendable });
  const of = all > rows.length ? `, ${count(rows.length)} of ${count(all)}` : '';
  return ['', clip(`${title}${of}`, most), ...lines.map((line) => `  ${clip(line, most - 2)}`)];
}

/** Of a path the end tells more than the beginning. */
export function endOfPath(path: string, longest: number): string {
  return path.length > longest ? `…${path.slice(1 - longest)}` : path;
}
