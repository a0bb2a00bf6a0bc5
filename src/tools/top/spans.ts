// A line of the screen as pieces of text that each have one style, and how a terminal is told to show them: on a dark ground, on a light one, or
// without colours, where only what has to stand out does so by boldness and reversal.

import { styleText } from 'node:util';
import { harmless } from '../../base/format.js';
import { clip, pad, widthOf } from '../../present/text-layout.js';

export type Look = 'title' | 'head' | 'sorted' | 'selected' | 'dim' | 'good' | 'warm' | 'hot' | 'key' | 'name';
export interface Span {
  readonly text: string;
  readonly look?: Look;
}
export type Line = readonly Span[];

export type Ground = 'dark' | 'light' | 'none';
type Style = Parameters<typeof styleText>[0];

/** Yellow and cyan can't be read on white, blue not on black. */
const STYLES: Readonly<Record<Ground, Readonly<Record<Look, Style>>>> = {
  dark: {
    title: 'bold',
    head: ['bold', 'cyan'],
    sorted: ['bold', 'cyan', 'underline'],
    selected: 'inverse',
    dim: 'gray',
    good: 'green',
    warm: 'yellow',
    hot: ['bold', 'red'],
    key: ['bold', 'cyan'],
    name: 'cyan',
  },
  light: {
    title: 'bold',
    head: ['bold', 'blue'],
    sorted: ['bold', 'blue', 'underline'],
    selected: 'inverse',
    dim: 'gray',
    good: 'green',
    warm: 'magenta',
    hot: ['bold', 'red'],
    key: ['bold', 'blue'],
    name: 'blue',
  },
  none: {
    title: 'bold',
    head: 'bold',
    sorted: ['bold', 'underline'],
    selected: 'inverse',
    dim: 'reset',
    good: 'reset',
    warm: 'reset',
    hot: 'bold',
    key: 'bold',
    name: 'reset',
  },
};

export function span(text: string, look?: Look): Span {
  return look === undefined ? { text } : { text, look };
}

/** The text of a line in exactly `width` columns at most, without styles and with nothing that a terminal would obey. */
export function plainText(line: Line): string {
  return line.map(({ text }) => harmless(text)).join('');
}

/** Cut to `width` columns. */
export function fitted(line: Line, width: number): Line {
  const spans: Span[] = [];
  let left = width;
  for (const one of line) {
    const text = harmless(one.text);
    const kept = clip(text, left);
    spans.push({ ...one, text: kept });
    left -= widthOf(kept);
    if (kept !== text || left <= 0) break;
  }
  return spans;
}

/** In one look up to the full width. */
export function barOf(line: Line, width: number, look: Look): Line {
  return [span(pad(plainText(fitted(line, width)), width), look)];
}

/** What a terminal is sent for a line. */
export function painted(line: Line, ground: Ground): string {
  return line
    .map(({ text, look }) =>
      look === undefined || STYLES[ground][look] === 'reset'
        ? text
        : styleText(STYLES[ground][look], text, { validateStream: false }),
    )
    .join('');
}
