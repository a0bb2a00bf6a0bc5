// What the machine remembers of its disks, as text: of each the chapter in force as a table, a line of days, and what changed between chapters.

import { duration, harmless, percent, rate, count } from '../base/format.js';
import type { Baseline, BaselineChapter, BaselineDisk } from '../model/baseline.js';
import { memory } from '../model/quantity.js';
import { drawBraille } from './braille.js';
import { columns, widthOf, wrap } from './text-layout.js';

const KINDS = { read: 'reads', write: 'writes', flush: 'flushes' } as const;
const LARGEST_BOUND = 256 * 1024;
/** Lines of a table; the loads of most stretches come first. */
const MOST_ROWS = 12;
const CHART_WIDTH = 40;
const CHART_HEIGHT = 3;

type Usual = BaselineChapter['usual'][number];

function sizeWords({ does, upToBytes }: Usual): string {
  if (does === 'flush') return '';
  return upToBytes === null ? `above ${String(memory(LARGEST_BOUND))}` : `up to ${String(memory(upToBytes))}`;
}

/** What is usual at a load, in the order of BASELINE_HEAD. */
export function usualCells(one: Usual): string[] {
  return [
    KINDS[one.does],
    sizeWords(one),
    String(one.depth),
    duration(one.usualMs),
    duration(one.mostMs),
    count(one.stretches),
    String(one.days),
    one.tells ? '' : 'too few yet',
  ];
}

export const BASELINE_HEAD = ['', 'size', 'at once', 'usually', '99 %', 'stretches', 'days', ''];

export function changesOf(changed: BaselineChapter['changed']): string {
  return changed.map(({ what, before, after }) => `${what} ${before ?? 'nothing'} → ${after ?? 'nothing'}`).join(', ');
}

function chartOf({ byDay }: BaselineChapter): string[] {
  const values = byDay.map(({ usualMs }) => usualMs ?? NaN);
  const most = Math.max(0, ...values.filter((value) => !Number.isNaN(value)));
  if (values.length < 2 || most === 0) return [];
  // Two dots a day, so that one day is not lost.
  const dots = values.flatMap((value) => [value, value]);
  const rows = drawBraille(dots, most, Math.min(CHART_WIDTH, values.length), CHART_HEIGHT);
  const [first, last] = [byDay[0]?.day ?? '', byDay.at(-1)?.day ?? ''];
  return [
    `    the commonest load, day by day from ${first} to ${last}, up to ${duration(most)}`,
    ...rows.map((row) => `    ${row}`),
  ];
}

/** A sentence, whose first line begins so far from the left and whose others two further. */
function indented(text: string, by: number, width: number): string[] {
  return wrap(harmless(text), width - by, '  ').map((line) => ' '.repeat(by) + line);
}

/** A table, or a sentence a load where the terminal is too narrow for its figures. */
function loadLines(usual: readonly Usual[], width: number): string[] {
  const cells = usual.map(usualCells);
  const figures = columns(
    [BASELINE_HEAD, ...cells].map((row) => row.slice(0, -1)),
    [2, 3, 4, 5, 6],
  );
  if (figures.every((line) => widthOf(line) <= width))
    return columns([BASELINE_HEAD, ...cells], [2, 3, 4, 5, 6], width);
  return cells.flatMap(([kind, size, depth, usually, most, stretches, days, unsure = '']) =>
    wrap(
      `${[kind, size].filter(Boolean).join(' ')}, ${depth} at once: usually ${usually}, 99 % within ${most}; stretches: ${stretches}, days: ${days}${unsure && `, ${unsure}`}`,
      width,
      '  ',
    ),
  );
}

function chapterLines(chapter: BaselineChapter, width: number): string[] {
  const { since, until, days, stretches, leftOut, usual, best, writers, changed } = chapter;
  const out = leftOut > 0 ? `; ${count(leftOut)} left out, as it was slower than usual or somebody was held up` : '';
  const who = writers.map(({ program, share }) => `${program} ${percent(share)}`).join(', ');
  return [
    ...(changed.length > 0
      ? indented(`since ${since.slice(0, 10)}, another chapter: ${changesOf(changed)}`, 2, width)
      : []),
    ...indented(
      `${since.slice(0, 10)} to ${until.slice(0, 10)}: ${days} ${days === 1 ? 'day' : 'days'}, ${count(stretches)} stretches${out}`,
      2,
      width,
    ),
    ...(usual.length === 0 ? [] : loadLines(usual.slice(0, MOST_ROWS), width - 4).map((line) => `    ${line}`)),
    ...(usual.length > MOST_ROWS ? [`    and ${usual.length - MOST_ROWS} more loads (--json)`] : []),
    ...chartOf(chapter),
    `    best: ${count(Math.round(best.operationsPerSecond))} requests a second, ${rate(best.bytesPerSecond)}`,
    ...(who === '' ? [] : indented(`writes: ${who}`, 4, width)),
  ];
}

function diskLines(disk: BaselineDisk, width: number): string[] {
  const { name, model, knownBy, isHere, chapters, changedNow } = disk;
  const what = [model ?? '', `known by its ${knownBy}`, isHere ? '' : 'not here now']
    .filter((word) => word !== '')
    .join(', ');
  return [
    ...wrap(harmless(`${name}: ${what}`), width, '  '),
    ...chapters.flatMap((chapter) => chapterLines(chapter, width)),
    ...(changedNow.length > 0
      ? indented(`changed since: ${changesOf(changedNow)}; what is learnt next begins another chapter`, 2, width)
      : []),
  ];
}

/** `width`: columns of the terminal. */
export function renderBaseline({ disks, without, folder }: Baseline, width: number): string {
  const parts = [
    ...disks.map((disk) => diskLines(disk, width)),
    ...(without.length > 0 ? [without.flatMap(({ name, why }) => wrap(harmless(`${name}: ${why}`), width, '  '))] : []),
    wrap(harmless(`Kept in ${folder}, a file a disk: removing it forgets the disk.`), width),
  ];
  return parts.map((lines) => lines.join('\n')).join('\n\n');
}
