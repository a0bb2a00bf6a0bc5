// Which class colours a line: a device or program has one colour on the whole page, whichever charts it is in; what is limit, rest or loss looks
// the same everywhere. Reads are dashed and flushes dotted. What was before is grey, whatever it is.

import type { Chart, Charts } from '../../model/charts.js';
import { stateOf } from '../words.js';

const COLOURS = 8;

/** The class of a line, by chart and place. */
export type Palette = (chart: Chart, line: number) => string;

export function paletteOf({ proof, charts }: Pick<Charts, 'proof' | 'charts'>): Palette {
  const known = new Map<string, number>();
  for (const chart of [...proof, ...charts])
    for (const { subject } of chart.lines)
      if (subject !== undefined && !known.has(subject)) known.set(subject, known.size);
  return (chart, at) => {
    const line = chart.lines[at];
    const state = chart.stacked === true ? stateOf(line?.name ?? '') : undefined;
    if (state !== undefined) return `state-${state}`;
    if (line?.before === true) return beforeClass(chart, at);
    if (line?.role !== undefined)
      return line.role === 'rest' ? `rest-${restBefore(chart, at) % 3}` : `line-${line.role}`;
    const own = at - beforeUpTo(chart, at);
    const place = line?.subject === undefined ? own : (known.get(line.subject) ?? own);
    // More subjects than colours there are told by their names alone.
    const colour = place < COLOURS ? `line-${place}` : 'rest-1';
    return line?.direction === undefined ? colour : `${colour} ${line.direction}`;
  };
}

function restBefore({ lines }: Chart, at: number): number {
  return lines.slice(0, at).filter(({ role }) => role === 'rest').length;
}

/** Greys of the earlier recording's lines; the strokes tell limit, reads and flushes as ever. */
const GREYS = 2;

function beforeClass(chart: Chart, at: number): string {
  const line = chart.lines[at];
  const grey = `before-${beforeUpTo(chart, at) % GREYS}`;
  return [grey, line?.role === 'limit' ? 'line-limit' : line?.direction].filter((part) => part !== undefined).join(' ');
}

function beforeUpTo({ lines }: Chart, at: number): number {
  return lines.slice(0, at).filter(({ before }) => before === true).length;
}
