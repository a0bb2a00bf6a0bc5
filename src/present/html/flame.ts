// All kernel stacks that the victim slept with as one icicle: states on top, below each the functions from the call down, as wide as the time asleep.
// It is for the eye; the trees below it say the same to everybody.

import { duration, percent } from '../../base/format.js';
import type { StackNode, StateStacks } from '../../model/charts.js';
import { html, type Markup } from './markup.js';

/** Height of a row, and of the type in it, px. */
const ROW = 18;
/** A function that is narrower than this part of the whole is left out. */
const LEAST_WIDTH = 0.002;

/** Where a function stands: as parts of the whole width, and in rows from the top. */
interface Place {
  readonly left: number;
  readonly row: number;
}

function box(name: string, ms: number, wholeMs: number, { left, row }: Place, classes: string): Markup {
  const share = ms / wholeMs;
  return html`<svg
    x="${(left * 100).toFixed(3)}%"
    y="${row * ROW}"
    width="${(share * 100).toFixed(3)}%"
    height="${ROW - 1}"
    class="${classes} ${row % 2 === 0 ? 'even' : 'odd'}"
  >
    <title>${name}: ${duration(ms)}, ${percent(share)} of what is shown</title>
    <rect width="100%" height="100%" />
    <text x="4" y="${ROW - 5}">${name}</text>
  </svg> `;
}

/** Boxes of functions beside each other with all below them, and how many rows they take. */
function boxesOf(nodes: readonly StackNode[], wholeMs: number, { left, row }: Place, classes: string): Laid {
  let x = left;
  let rows = row;
  const boxes: Markup[] = [];
  for (const { frame, ms, children } of nodes) {
    const place = { left: x, row };
    x += ms / wholeMs;
    if (ms < LEAST_WIDTH * wholeMs) continue;
    const below = boxesOf(children, wholeMs, { left: place.left, row: row + 1 }, classes);
    boxes.push(box(frame, ms, wholeMs, place, classes), ...below.boxes);
    rows = Math.max(rows, row + 1, below.rows);
  }
  return { boxes, rows };
}

interface Laid {
  readonly boxes: readonly Markup[];
  readonly rows: number;
}

export function flame(all: readonly StateStacks[]): Markup {
  const wholeMs = all.reduce((sum, { ms }) => sum + ms, 0);
  let left = 0;
  let rows = 0;
  const boxes = all.map(({ state, ms, roots }) => {
    const classes = `state-${state}`;
    const below = boxesOf(roots, wholeMs, { left, row: 1 }, classes);
    const top = box(state, ms, wholeMs, { left, row: 0 }, classes);
    left += ms / wholeMs;
    rows = Math.max(rows, below.rows);
    return [top, ...below.boxes];
  });
  return html`<svg class="flame" width="100%" height="${rows * ROW}" aria-hidden="true">${boxes}</svg>`;
}
