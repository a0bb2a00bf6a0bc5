// The columns of the table: what each shows of a row, how wide it is, by what it sorts, and which are left out first where the terminal is narrow.

import { bytes, percent } from '../../base/format.js';
import { clip, pad, widthOf } from '../../present/text-layout.js';
import { activityOf } from './totals.js';
import type { CausedBytes, Row } from './rows.js';

export type ColumnId =
  'id' | 'priority' | 'user' | 'read' | 'write' | 'cancelled' | 'swapIn' | 'io' | 'waits' | 'caused' | 'command';

interface Column {
  readonly id: ColumnId;
  readonly title: string;
  readonly width: number;
  /** More of it where there is room, up to so much. */
  readonly mostWidth?: number;
  readonly align: 'left' | 'right';
  readonly cell: (row: Row, width: number) => string;
  /** The greater the higher up. */
  readonly rank: (row: Row) => number | string;
}

/** Unknown, or not there to be known. */
const NONE = '-';

function amount(value: number | null): string {
  return value === null ? NONE : bytes(value);
}

function share(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : percent(value);
}

/** 'loop1 50.3 MB, vda 50.3 MB', or as many as there is room for. */
function causedCell(caused: readonly CausedBytes[], width: number): string {
  const all = caused.map((one) => `${one.device} ${bytes(one.bytes)}`);
  for (let shown = all.length; shown > 0; shown -= 1) {
    const more = all.length - shown;
    const text = `${all.slice(0, shown).join(', ')}${more > 0 ? ` +${more}` : ''}`;
    if (widthOf(text) <= width) return text;
  }
  return all[0] === undefined ? NONE : clip(all[0], width);
}

function waitsCell({ process }: Row): string {
  const waits = process?.waits;
  if (!waits) return NONE;
  return waits.share >= 1 ? waits.state : `${waits.state} ${Math.round(waits.share * 100)}%`;
}

const known = (value: number | null | undefined): number => value ?? -1;

export const COLUMNS: readonly Column[] = [
  {
    id: 'id',
    title: 'PID',
    width: 7,
    align: 'right',
    cell: ({ process }) => (process ? String(process.tid ?? process.pid) : ''),
    rank: ({ process }) => -(process?.tid ?? process?.pid ?? Infinity),
  },
  {
    id: 'priority',
    title: 'PRIO',
    width: 4,
    align: 'left',
    cell: ({ process }) => process?.priority ?? NONE,
    rank: ({ process }) => process?.priority ?? '',
  },
  {
    id: 'user',
    title: 'USER',
    width: 8,
    mostWidth: 16,
    align: 'left',
    cell: ({ process }, width) => clip(process?.user ?? NONE, width),
    rank: ({ process }) => process?.user ?? '',
  },
  {
    id: 'read',
    title: 'READ',
    width: 7,
    align: 'right',
    cell: ({ read }) => amount(read),
    rank: ({ read }) => known(read),
  },
  {
    id: 'write',
    title: 'WRITE',
    width: 7,
    align: 'right',
    cell: ({ write }) => amount(write),
    rank: ({ write }) => known(write),
  },
  {
    id: 'cancelled',
    title: 'CANCEL',
    width: 7,
    align: 'right',
    cell: ({ cancelled }) => amount(cancelled),
    rank: ({ cancelled }) => known(cancelled),
  },
  {
    id: 'swapIn',
    title: 'SWAPIN',
    width: 6,
    align: 'right',
    cell: ({ process }) => share(process?.swapIn),
    rank: ({ process }) => known(process?.swapIn),
  },
  {
    id: 'io',
    title: 'IO',
    width: 6,
    align: 'right',
    cell: ({ process }) => share(process?.blockIo),
    rank: ({ process }) => known(process?.blockIo),
  },
  {
    id: 'waits',
    title: 'WAITS FOR',
    width: 16,
    mostWidth: 19,
    align: 'left',
    cell: (row, width) => clip(waitsCell(row), width),
    rank: ({ process }) => (process?.waits ? process.waits.share : -1),
  },
  {
    id: 'caused',
    title: 'CAUSED',
    width: 17,
    mostWidth: 46,
    align: 'left',
    cell: ({ caused }, width) => causedCell(caused, width),
    rank: ({ caused }) => caused[0]?.bytes ?? -1,
  },
  {
    id: 'command',
    title: 'COMMAND',
    width: 14,
    mostWidth: Infinity,
    align: 'left',
    cell: ({ name, process }) => (process?.ended === true ? `${name} (ended)` : name),
    rank: ({ name }) => name,
  },
];

/** Left out in this order until the rest fits: who it is stays on any terminal. */
const EXPENDABLE: readonly ColumnId[] = [
  'swapIn',
  'priority',
  'cancelled',
  'io',
  'user',
  'caused',
  'waits',
  'read',
  'write',
];

/** A column in its place on the line. */
export interface Placed {
  readonly column: Column;
  readonly from: number;
  readonly width: number;
}

/**
 * The columns that fit into `width`, with what is left given to those that take more. Where nothing is attributed there is no column of what was caused: it
 * would be empty, and take a quarter of the line from the commands.
 */
export function placeColumns(width: number, isAttributed: boolean): Placed[] {
  const kept = new Set(COLUMNS.map(({ id }) => id));
  const shown = (): readonly Column[] => COLUMNS.filter(({ id }) => kept.has(id));
  const needed = (): number => shown().reduce((sum, column) => sum + column.width + 1, -1);
  for (const id of EXPENDABLE) if (needed() > width) kept.delete(id);
  if (!isAttributed) kept.delete('caused');
  let left = Math.max(0, width - needed());
  let from = 0;
  return shown().map((column) => {
    const more = Math.min(left, Math.max(0, (column.mostWidth ?? column.width) - column.width));
    // The command comes last and takes what the others leave.
    const given = column.id === 'command' ? left : Math.min(more, Math.ceil(left / 3));
    left -= given;
    const placed = { column, from, width: column.width + given };
    from += placed.width + 1;
    return placed;
  });
}

/** The cells of a row as one text. */
export function rowText(row: Row, placed: readonly Placed[]): string {
  return placed
    .map(({ column, width }) => pad(clip(column.cell(row, width), width), width, column.align))
    .join(' ')
    .trimEnd();
}

/** Sorted by a column, the most active first where that is the same. */
export function sorted(rows: readonly Row[], by: ColumnId, isReversed: boolean): Row[] {
  const rank = (COLUMNS.find(({ id }) => id === by) ?? COLUMNS[0])?.rank ?? activityOf;
  const compare = (a: Row, b: Row): number => {
    const [x, y] = [rank(a), rank(b)];
    if (typeof x === 'string' || typeof y === 'string') return String(x).localeCompare(String(y));
    return y === x ? 0 : y - x;
  };
  const sign = isReversed ? -1 : 1;
  return rows.toSorted((a, b) => sign * compare(a, b) || activityOf(b) - activityOf(a) || a.name.localeCompare(b.name));
}
