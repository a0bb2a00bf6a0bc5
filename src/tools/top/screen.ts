// What the screen stands for, apart from how it looks: the last sample, the sums, what is asked for by keys, and one process in detail. A key or a
// sample makes a new one of it (keys.ts), and the view reads it.

import { AT_EASE } from '../../model/states.js';
import type { TopSample, TopWait } from '../../model/top.js';
import { sorted, type ColumnId } from './columns.js';
import { endedTogether } from './ended.js';
import { parseFilter } from './filter.js';
import { rowsOf, type Row } from './rows.js';
import { activityOf, type Totals } from './totals.js';

/** One process, as it was looked at when the sample was taken. */
export interface Detail {
  readonly key: string;
  /** Shares of its waits, most first. */
  readonly waits: readonly TopWait[];
  /** Kernel stacks of its threads that wait, innermost frame first; why there are none where there are none. */
  readonly stacks: readonly { readonly tid: number; readonly frames: readonly string[] }[];
  readonly noStacks: string | null;
  /** Paths of regular files that it has open; why not, where they can't be read. */
  readonly files: readonly string[];
  readonly noFiles: string | null;
}

export interface Screen {
  readonly columns: number;
  readonly lines: number;
  readonly sample: TopSample | undefined;
  readonly totals: Totals;
  readonly mode: 'table' | 'help' | 'detail' | 'filter';
  readonly sort: ColumnId | 'activity';
  readonly reversed: boolean;
  readonly byThread: boolean;
  readonly accumulated: boolean;
  readonly everyone: boolean;
  readonly paused: boolean;
  readonly filter: string;
  /** The row that keys are about. */
  readonly selected: string | undefined;
  /** Rows above the first that is shown. */
  readonly scroll: number;
  readonly detail: Detail | undefined;
  /** What was said of the last verdict, or of why there is none. */
  readonly verdict: string | undefined;
  /** An answer to the last key, in a sentence. */
  readonly message: string | undefined;
}

export function newScreen(totals: Totals, of: Partial<Screen> = {}): Screen {
  return {
    columns: 80,
    lines: 24,
    sample: undefined,
    totals,
    mode: 'table',
    sort: 'activity',
    reversed: false,
    byThread: false,
    accumulated: false,
    everyone: false,
    paused: false,
    filter: '',
    selected: undefined,
    scroll: 0,
    detail: undefined,
    verdict: undefined,
    message: undefined,
    ...of,
  };
}

/** The rows of the table in their order. */
export function shownRows(screen: Screen): Row[] {
  const { sample, totals, accumulated, byThread, everyone, filter, sort, reversed } = screen;
  if (!sample) return [];
  const test = parseFilter(filter);
  const each = (accumulated ? totals.rows() : rowsOf(sample, true)).filter(test);
  const all = byThread ? each : endedTogether(each);
  const rows = everyone ? all : all.filter((row) => activityOf(row) > 0 || isWaiting(row));
  return sort === 'activity'
    ? rows.toSorted((a, b) => (reversed ? -1 : 1) * (activityOf(b) - activityOf(a)) || a.name.localeCompare(b.name))
    : sorted(rows, sort, reversed);
}

/** True for one that waits for something that it did not choose. */
function isWaiting({ process }: Row): boolean {
  const state = process?.waits?.state;
  return state !== undefined && !AT_EASE.has(state);
}
