// The screen → its lines, as many as the terminal has, and where on it what stands, for the mouse.

import { bar, pad } from '../../present/text-layout.js';
import { bytes, percent } from '../../base/format.js';
import { COLUMNS, placeColumns, rowText, type ColumnId, type Placed } from './columns.js';
import { helpLines } from './help.js';
import { deviceLines, machineLines, titleOf } from './head.js';
import { shownRows, type Screen } from './screen.js';
import { barOf, fitted, span, type Line } from './spans.js';
import { STATES } from '../../model/states.js';
import type { TopSample } from '../../model/top.js';

/** Where the table stands: lines and columns from 0. */
export interface TablePlace {
  readonly headLine: number;
  readonly firstLine: number;
  readonly columns: readonly { readonly id: ColumnId; readonly from: number; readonly to: number }[];
  /** The keys of the rows from the first line on. */
  readonly keys: readonly string[];
  /** All rows in their order, shown or not. */
  readonly order: readonly string[];
}

export interface View {
  readonly lines: readonly Line[];
  readonly table: TablePlace;
}

const NO_TABLE: TablePlace = { headLine: -1, firstLine: -1, columns: [], keys: [], order: [] };
/** Devices take no more than this part of the lines. */
const DEVICES_SHARE = 0.25;
/** The table has at least so many, as far as the terminal has lines. */
const LEAST_ROWS = 3;

export function viewOf(screen: Screen): View {
  const { columns, lines } = screen;
  const made = bodyOf(screen);
  // The table scrolls by its rows; a page of text as a whole.
  const room = Math.max(0, lines - 1);
  const from = made.table === NO_TABLE ? Math.min(screen.scroll, Math.max(0, made.lines.length - room)) : 0;
  const body = made.lines.slice(from, from + room);
  const empty = Array.from({ length: Math.max(0, room - body.length) }, (): Line => []);
  const filled = [...body, ...empty, footOf(screen)];
  return { lines: filled.slice(0, lines).map((line) => fitted(line, columns)), table: made.table };
}

function bodyOf(screen: Screen): View {
  if (screen.mode === 'help') return { lines: helpLines(screen.columns), table: NO_TABLE };
  if (!screen.sample)
    return { lines: [titleOf(screen, 0), [], [span('The first sample is being taken…', 'dim')]], table: NO_TABLE };
  return screen.mode === 'detail' ? { lines: detailLines(screen), table: NO_TABLE } : tableView(screen);
}

function tableView(screen: Screen): View {
  const { sample, columns } = screen;
  if (!sample) return { lines: [], table: NO_TABLE };
  const rows = shownRows(screen);
  const head = aboveTable(screen, sample, rows.length);
  const placed = placeColumns(columns, sample.attribution.by === 'events');
  const room = Math.max(1, screen.lines - head.length - 2);
  const from = Math.min(screen.scroll, Math.max(0, rows.length - room));
  const shown = rows.slice(from, from + room);
  const body = shown.map((row): Line => {
    const text = rowText(row, placed);
    if (row.key === screen.selected) return barOf([span(text)], columns, 'selected');
    return [row.process && !row.process.ended ? span(text) : span(text, 'dim')];
  });
  return {
    lines: [...head, headLine(screen, placed), ...body],
    table: {
      headLine: head.length,
      firstLine: head.length + 1,
      columns: placed.map(({ column: { id }, from: start, width }) => ({ id, from: start, to: start + width })),
      keys: shown.map(({ key }) => key),
      order: rows.map(({ key }) => key),
    },
  };
}

/** The title, devices and the machine; on a low terminal as much of that as leaves some rows to the table. */
function aboveTable(screen: Screen, sample: TopSample, shown: number): Line[] {
  const { columns, verdict, lines } = screen;
  const most = Math.max(2, Math.floor(lines * DEVICES_SHARE));
  const title = titleOf(screen, shown);
  const devices = deviceLines(sample, most, columns, (name) => !screen.everyone && screen.totals.isIdle(name));
  const machine = machineLines(sample, verdict, columns);
  // Besides the title, the table's head, its rows and the foot.
  const room = lines - 3 - LEAST_ROWS;
  if (devices.length + machine.length <= room) return [title, ...devices, ...machine];
  // The last line says that there is a key for a verdict, where none was asked for; so does the help.
  const said = machine.slice(0, Math.max(0, verdict === undefined ? Math.min(room, machine.length - 1) : room));
  const left = room - said.length;
  // A head without a device is nothing.
  return [title, ...(left >= 2 ? devices.slice(0, left) : []), ...said];
}

function headLine({ sort, reversed, byThread, accumulated }: Screen, placed: readonly Placed[]): Line {
  return placed.flatMap(({ column, width }) => {
    const isSorted = column.id === sort;
    const title = column.id === 'id' && byThread ? 'TID' : column.title;
    const isAmount = ['read', 'write', 'caused'].includes(column.id);
    const unit = isAmount && !accumulated ? '/s' : '';
    const arrow = isSorted ? (reversed ? '▲' : '▼') : '';
    return [span(pad(`${title}${unit}${arrow}`, width, column.align), isSorted ? 'sorted' : 'head'), span(' ')];
  });
}

function footOf({ mode, message, filter }: Screen): Line {
  if (mode === 'filter')
    return [span('filter: ', 'key'), span(`${filter}▏`), span('  Enter keeps it, Esc clears it', 'dim')];
  if (message !== undefined) return [span(message, 'warm')];
  if (mode === 'help' || mode === 'detail')
    return [
      span('Esc', 'key'),
      span(' back  ', 'dim'),
      span('↑ ↓', 'key'),
      span(' more  ', 'dim'),
      span('q', 'key'),
      span(' quit', 'dim'),
    ];
  const keys: readonly (readonly [string, string])[] = [
    ['?', 'help'],
    ['q', 'quit'],
    ['o', 'all'],
    ['p', 'threads'],
    ['a', 'sums'],
    ['/', 'filter'],
    ['space', 'pause'],
    ['Enter', 'detail'],
    ['^T', 'IO wait'],
    ['v', 'verdict'],
  ];
  return keys.flatMap(([key, what]) => [span(key, 'key'), span(` ${what}  `, 'dim')]);
}

const SPARKS = '▁▂▃▄▅▆▇█';

/** One character a sample, the largest the highest; 0 is the lowest line. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const most = Math.max(...shown, 1);
  return shown.map((value) => SPARKS[Math.min(7, Math.round((value / most) * 7))] ?? ' ').join('');
}

function detailLines(screen: Screen): Line[] {
  const { detail, totals, columns } = screen;
  const row = shownRows({ ...screen, everyone: true, filter: '' }).find(({ key }) => key === screen.selected);
  const process = row?.process;
  if (!row || !process)
    return [titleOf(screen, shownRows(screen).length), [], [span('It has done nothing since, or has ended.', 'dim')]];
  const history = totals.historyOf(row.key);
  const facts = [
    `process ${process.pid}${process.tid === null ? '' : `, thread ${process.tid}`}`,
    `user ${process.user ?? '-'}`,
    `priority ${process.priority ?? '-'}`,
    ...(process.unit === null ? [] : [process.unit]),
    ...(process.cgroup === null ? [] : [`cgroup ${process.cgroup}`]),
  ];
  const out: Line[] = [
    [span(process.command, 'title')],
    [span(facts.join('  '), 'dim')],
    [],
    [
      span('read+written ', 'name'),
      span(sparkline(history, Math.max(10, columns - 34))),
      span(`  most ${bytes(Math.max(0, ...history))}/s`, 'dim'),
    ],
    [
      span('caused       ', 'name'),
      span(
        row.caused.map((one) => `${one.device} ${bytes(one.bytes)}${screen.accumulated ? '' : '/s'}`).join(', ') || '-',
      ),
    ],
    [],
    [span('WAITS FOR, in the last 10 s', 'head')],
  ];
  for (const { state, share, wchan } of detail?.waits ?? [])
    out.push([
      span(`  ${pad(percent(share), 6, 'right')} ${bar(share, 12)} ${pad(state, 15)} ${STATES[state]}`),
      span(wchan === null ? '' : `  ${wchan}`, 'dim'),
    ]);
  out.push([], [span('KERNEL STACKS of its threads that wait', 'head')]);
  if (detail?.noStacks !== null && detail?.noStacks !== undefined) out.push([span(`  ${detail.noStacks}`, 'dim')]);
  for (const { tid, frames } of detail?.stacks ?? []) out.push([span(`  ${tid}  `), span(frames.join(' ← '), 'dim')]);
  out.push([], [span('OPEN FILES', 'head')]);
  if (detail?.noFiles !== null && detail?.noFiles !== undefined) out.push([span(`  ${detail.noFiles}`, 'dim')]);
  for (const file of detail?.files ?? []) out.push([span(`  ${file}`)]);
  return out;
}

export const SORT_ORDER: readonly ColumnId[] = COLUMNS.map(({ id }) => id);
