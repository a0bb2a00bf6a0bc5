// A key or a click and the screen before it → the screen after it, and what is to be done besides. Pure: whoever runs the screen does it.

import type { Input } from './input.js';
import { TOGETHER } from './ended.js';
import type { Screen } from './screen.js';
import type { ColumnId } from './columns.js';
import { SORT_ORDER, type TablePlace } from './view.js';

export type Action = 'quit' | 'suspend' | 'redraw' | 'delays' | 'verdict' | 'detail';

export interface Step {
  readonly screen: Screen;
  readonly action?: Action;
}

type Change = (screen: Screen, table: TablePlace) => Step;

const change = (screen: Screen, of: Partial<Screen>): Step => ({ screen: { ...screen, message: undefined, ...of } });

/** The line that is `by` further down, and the table scrolled so that it can be seen. */
function move(screen: Screen, { order, keys }: TablePlace, by: number): Step {
  // A page of text has no lines to choose.
  if (screen.mode !== 'table') return change(screen, { scroll: Math.max(0, screen.scroll + by) });
  if (order.length === 0) return { screen };
  const before = screen.selected === undefined ? -1 : order.indexOf(screen.selected);
  const at = before < 0 ? (by > 0 ? 0 : order.length - 1) : Math.min(order.length - 1, Math.max(0, before + by));
  const room = Math.max(1, keys.length);
  const scroll = Math.min(Math.max(screen.scroll, at - room + 1), at);
  return change(screen, { selected: order[at], scroll });
}

function scrollBy(screen: Screen, { order, keys }: TablePlace, by: number): Step {
  if (screen.mode !== 'table') return change(screen, { scroll: Math.max(0, screen.scroll + by) });
  const most = Math.max(0, order.length - keys.length);
  return change(screen, { scroll: Math.min(most, Math.max(0, screen.scroll + by)) });
}

function sortBy(screen: Screen, id: ColumnId): Step {
  const isSame = screen.sort === id;
  return change(screen, { sort: id, reversed: isSame && !screen.reversed, scroll: 0 });
}

function nextColumn(screen: Screen, { columns }: TablePlace, by: number): Step {
  const ids = columns.length > 0 ? columns.map(({ id }) => id) : SORT_ORDER;
  const at = ids.findIndex((id) => id === screen.sort);
  const next = ids[(at < 0 ? (by > 0 ? 0 : ids.length - 1) : at + by + ids.length) % ids.length];
  return next === undefined ? { screen } : change(screen, { sort: next, reversed: false, scroll: 0 });
}

const KEYS: Readonly<Record<string, Change>> = {
  q: (screen) => ({ screen, action: 'quit' }),
  interrupt: (screen) => ({ screen, action: 'quit' }),
  suspend: (screen) => ({ screen, action: 'suspend' }),
  redraw: (screen) => ({ screen, action: 'redraw' }),
  '?': (screen) => change(screen, { mode: screen.mode === 'help' ? 'table' : 'help', scroll: 0 }),
  h: (screen) => change(screen, { mode: screen.mode === 'help' ? 'table' : 'help', scroll: 0 }),
  escape: (screen) =>
    screen.mode === 'table'
      ? change(screen, { filter: '', selected: undefined })
      : change(screen, { mode: 'table', detail: undefined, scroll: 0 }),
  up: (screen, table) => move(screen, table, -1),
  down: (screen, table) => move(screen, table, 1),
  'page-up': (screen, table) => move(screen, table, -Math.max(1, table.keys.length)),
  'page-down': (screen, table) => move(screen, table, Math.max(1, table.keys.length)),
  home: (screen, table) => move(screen, table, -table.order.length),
  end: (screen, table) => move(screen, table, table.order.length),
  left: (screen, table) => nextColumn(screen, table, -1),
  right: (screen, table) => nextColumn(screen, table, 1),
  b: (screen) => change(screen, { sort: 'activity', reversed: false, scroll: 0 }),
  r: (screen) => change(screen, { reversed: !screen.reversed }),
  o: (screen) => change(screen, { everyone: !screen.everyone, scroll: 0 }),
  p: (screen) => change(screen, { byThread: !screen.byThread, selected: undefined, scroll: 0 }),
  a: (screen) => change(screen, { accumulated: !screen.accumulated, scroll: 0 }),
  ' ': (screen) => change(screen, { paused: !screen.paused }),
  '/': (screen) => change(screen, { mode: 'filter', filter: '', scroll: 0 }),
  f: (screen) => change(screen, { mode: 'filter', filter: '', scroll: 0 }),
  enter: (screen) =>
    screen.selected?.includes('/') === true && !['kernel/', TOGETHER].some((of) => screen.selected?.startsWith(of))
      ? { ...change(screen, { mode: 'detail', detail: undefined, scroll: 0 }), action: 'detail' }
      : change(screen, { message: 'Choose the line of a process first: ↑ ↓ or a click.' }),
  delays: (screen) => ({ ...change(screen, {}), action: 'delays' }),
  v: (screen) => ({ ...change(screen, {}), action: 'verdict' }),
};

function typed(screen: Screen, key: string): Step {
  if (key === 'interrupt') return { screen, action: 'quit' };
  if (key === 'suspend') return { screen, action: 'suspend' };
  if (key === 'enter') return change(screen, { mode: 'table' });
  if (key === 'escape') return change(screen, { mode: 'table', filter: '' });
  if (key === 'backspace') return change(screen, { filter: Array.from(screen.filter).slice(0, -1).join('') });
  // The names of other keys are longer than what they would type.
  return Array.from(key).length === 1 ? change(screen, { filter: screen.filter + key }) : { screen };
}

function click(screen: Screen, { headLine, firstLine, columns, keys }: TablePlace, line: number, column: number): Step {
  if (headLine < 0) return change(screen, { mode: 'table', detail: undefined });
  if (line === headLine) {
    const found = columns.find(({ from, to }) => column >= from && column <= to);
    return found ? sortBy(screen, found.id) : { screen };
  }
  const key = keys[line - firstLine];
  if (line < firstLine || key === undefined) return { screen };
  const enter = KEYS['enter'];
  return key === screen.selected && enter ? enter(screen, NO_PLACE) : change(screen, { selected: key });
}

const NO_PLACE: TablePlace = { headLine: -1, firstLine: -1, columns: [], keys: [], order: [] };

export function step(screen: Screen, table: TablePlace, input: Input): Step {
  if (input.kind === 'click') return click(screen, table, input.line, input.column);
  if (input.kind === 'wheel') return scrollBy(screen, table, input.by);
  if (screen.mode === 'filter') return typed(screen, input.key);
  const found = Object.hasOwn(KEYS, input.key) ? KEYS[input.key] : undefined;
  return found ? found(screen, table) : { screen };
}
