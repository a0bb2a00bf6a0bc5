// What else changed when a stall set in, as rows of text that a terminal and a page share: what moved before it, what moved with it, what after it.

import { grouped } from '../base/maps.js';
import { duration } from '../base/format.js';
import type { AboutOnset, OrderAboutOnset } from '../model/onset.js';
import { changeText } from './differences/words.js';
import type { TerminalPage } from './terminal-page.js';

export interface AboutRow {
  readonly atMs: number;
  /** 'before', 'with' or 'after' the onset; settings are looked at once a second, which tells none of these. */
  readonly order: OrderAboutOnset | '';
  readonly what: string;
  readonly change: string;
}

export const ABOUT_ONSET = 'What else changed when it set in: leads, no causes';

/** 'encoder (812)', 'encoder (812 and 11 more)' */
function startedRows({ appeared }: AboutOnset): AboutRow[] {
  const alike = grouped(appeared, ({ name, order }) => `${order} ${name}`);
  return [...alike.values()].flatMap(([first, ...rest]) =>
    first === undefined
      ? []
      : [
          {
            atMs: first.atMs,
            order: first.order,
            what: `process ${first.name} (${first.pid}${rest.length > 0 ? ` and ${rest.length} more` : ''})`,
            change: 'started',
          },
        ],
  );
}

const ORDERS: readonly AboutRow['order'][] = ['before', '', 'with', 'after'];

/** What moved first stands first. */
export function aboutRows(about: AboutOnset): AboutRow[] {
  const rows: AboutRow[] = [
    ...about.settings.map(({ atMs, what, before, after }) => ({
      atMs,
      order: '' as const,
      what,
      change: `${before ?? 'not there'} → ${after ?? 'gone'}`,
    })),
    ...startedRows(about),
    ...about.counters.map((one) => ({ atMs: one.atMs, order: one.order, what: one.label, change: changeText(one) })),
  ];
  return rows.sort((a, b) => ORDERS.indexOf(a.order) - ORDERS.indexOf(b.order) || a.atMs - b.atMs);
}

/** Whether a counter moved first; which of them, the rows tell. */
export function movedFirstText({ counters, searched }: AboutOnset): string {
  const first = counters.filter(({ order }) => order === 'before').length;
  const together = counters.length - first;
  const of = `of ${searched} counters and measures`;
  if (counters.length === 0) return `None ${of} moved about then.`;
  return first === 0
    ? `None ${of} moved before it, ${together} with it or after it.`
    : `${first} ${of} moved before it, ${together} with it or after it.`;
}

/** '3.95 s, before it', '4.02 s, first seen' */
export function whenText({ atMs, order }: AboutRow): string {
  return `${duration(atMs)}${order === '' ? ', first seen' : `, ${order} it`}`;
}

/** A line of a terminal for each of the first so many. */
export function aboutLines(page: TerminalPage, about: AboutOnset, most: number): string[] {
  const rows = aboutRows(about);
  return page.pairs(
    rows.map((row) => [`${whenText(row)}: ${row.what}`, row.change]),
    most,
  );
}
