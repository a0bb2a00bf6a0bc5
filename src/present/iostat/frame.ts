// What `iostat --plot` shows of its disks on a screen of a certain size: four plots a disk, as many disks as fit.

import { duration, figure, harmless } from '../../base/format.js';
import { drawBraille } from '../braille.js';
import { clip, pad, widthOf } from '../text-layout.js';

export interface Plotted {
  readonly title: string;
  readonly unit: string;
  /** In place of title and unit where there is room for little. */
  readonly short: string;
  readonly values: readonly number[];
}

export interface PlottedDisk {
  readonly name: string;
  readonly plots: readonly Plotted[];
}

export interface FrameSize {
  readonly columns: number;
  readonly lines: number;
}

/** Below this a plot shows nothing: its title and two rows of dots. */
const LEAST_HEIGHT = 3;
const GAP = 2;
/** SGR of each plot in turn: cyan, green, yellow, magenta. */
const COLOURS = [36, 32, 33, 35];
const RESET = '\u001b[0m';

function coloured(text: string, at: number, colour: boolean): string {
  return colour ? `\u001b[${COLOURS[at % COLOURS.length]}m${text}${RESET}` : text;
}

const known = (values: readonly number[]): number[] => values.filter((value) => !Number.isNaN(value));

/** A title with the latest value and the top of its scale, and the plot below it. */
function plotLines(disk: string, plot: Plotted, at: number, width: number, height: number, colour: boolean): string[] {
  const shown = known(plot.values.slice(-2 * width));
  const most = shown.reduce((a, b) => Math.max(a, b), 0);
  const now = plot.values.at(-1) ?? NaN;
  const value = Number.isNaN(now) ? '-' : figure(now);
  // The disk's name stands at its first plot alone, so that there is room for the scale of the others.
  const name = at === 0 ? `${disk} ` : '';
  const titles = [
    `${name}${at === 0 ? plot.title.toLowerCase() : plot.title} ${value} ${plot.unit}, up to ${figure(most)}`,
    `${name}${value} ${plot.short} ≤ ${figure(most)}`,
    `${name}${value} ${plot.short}`,
  ];
  const title = titles.find((one) => widthOf(one) <= width) ?? titles.at(-1) ?? '';
  const rows = drawBraille(plot.values, most, width, height - 1);
  return [pad(clip(title, width), width), ...rows.map((row) => coloured(row, at, colour))];
}

/** Plots beside each other, from the left. */
function beside(blocks: readonly (readonly string[])[]): string[] {
  return (blocks[0] ?? []).map((_, line) => blocks.map((block) => block[line] ?? '').join(' '.repeat(GAP)));
}

const plotWidth = (columns: number, inRow: number): number => Math.floor((columns - (inRow - 1) * GAP) / inRow);

/** One disk: its plots in so many rows of them. */
function diskLines(disk: PlottedDisk, inRow: number, size: FrameSize, colour: boolean): string[] {
  const width = plotWidth(size.columns, inRow);
  const rowsOfPlots = Math.ceil(disk.plots.length / inRow);
  const height = Math.floor(size.lines / rowsOfPlots);
  return Array.from({ length: rowsOfPlots }, (_, row) =>
    beside(
      disk.plots
        .slice(row * inRow, (row + 1) * inRow)
        .map((plot, at) => plotLines(harmless(disk.name), plot, row * inRow + at, width, height, colour)),
    ),
  ).flat();
}

/** The screen's lines, no more than it has rows. `status` stands at the top, `keys` at the bottom; a column of dots is `stepMs` long. */
export function plotFrame(
  disks: readonly PlottedDisk[],
  { status, keys, stepMs }: { readonly status: string; readonly keys: string; readonly stepMs: number },
  size: FrameSize,
  colour: boolean,
): string[] {
  const inner = size.lines - 2;
  // One disk has two rows of two plots where there is room; more disks have a row each.
  const inRow = disks.length <= 1 && inner >= 2 * LEAST_HEIGHT ? 2 : 4;
  const least = inRow === 2 ? 2 * LEAST_HEIGHT : LEAST_HEIGHT;
  const fit = Math.max(1, Math.min(disks.length, Math.floor(inner / least)));
  const shown = disks.slice(0, fit);
  const rows = Math.floor(inner / fit);
  const lines = shown.flatMap((disk) => diskLines(disk, inRow, { columns: size.columns, lines: rows }, colour));
  const left = disks.length - shown.length;
  const empty = disks.length === 0 ? [clip('No disk has done anything yet.', size.columns)] : [];
  const body = [...empty, ...lines].slice(0, inner);
  while (body.length < inner) body.push('');
  const span = disks.length > 0 ? [`Each plot is ${duration(2 * plotWidth(size.columns, inRow) * stepMs)} wide.`] : [];
  const more = left > 0 ? [`${left} more disks; name some to see them.`] : [];
  const last = [...more, ...span, keys].join(' ');
  return [clip(status, size.columns), ...body, clip(last, size.columns)];
}
