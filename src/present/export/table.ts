// Requests and states as tables of columns, for formats that are tables. The columns stand in docs/export.md, which a test holds against
// these.

import { UserError } from '../../base/errors.js';
import type { RequestRows, Rows, StateRows } from '../../model/rows.js';
import type { TableName } from './format.js';

export interface Column<T> {
  readonly name: string;
  /** The value of a row; null where it is not known. */
  readonly at: (row: number) => T | null;
}

export interface Table {
  readonly name: TableName;
  readonly rows: number;
  readonly columns: readonly (
    | ({ readonly type: 'number' | 'integer' } & Column<number>)
    | ({ readonly type: 'text' } & Column<string>)
    | ({ readonly type: 'truth' } & Column<boolean>)
  )[];
}

/** The table that is asked for. Throws a UserError where there is nothing of it. */
export function tableOf(name: TableName, { requests, states }: Rows, path: string): Table {
  if (name === 'requests' && requests) return requestTable(requests);
  if (name === 'states' && states) return stateTable(states);
  const why = {
    requests: 'no request was recorded (it takes kernel events: record as root, or a block trace)',
    states: 'no process was watched',
  }[name];
  throw new UserError(`${path} has no table of ${name}: ${why}.`);
}

type Numbers = ArrayLike<number>;

/** A number; NaN is not known. */
function number(name: string, values: Numbers): Table['columns'][number] {
  return { name, type: 'number', at: (row) => known(values[row]) };
}

/** A whole number; `none` is what stands for not known. */
function integer(name: string, values: Numbers, none?: number): Table['columns'][number] {
  return { name, type: 'integer', at: (row) => (values[row] === none ? null : known(values[row])) };
}

function known(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** A text by its place in `names`; the empty one is not known. */
function text(name: string, names: readonly string[], values: Numbers): Table['columns'][number] {
  return { name, type: 'text', at: (row) => names[values[row] ?? 0] || null };
}

function requestTable(all: RequestRows): Table {
  return {
    name: 'requests',
    rows: all.length,
    columns: [
      text('device', all.names, all.device),
      { name: 'kind', type: 'text', at: (row) => all.kind[row] ?? null },
      integer('sector', all.sector),
      integer('bytes', all.bytes),
      number('queued_ms', all.queuedMs),
      number('dispatched_ms', all.dispatchedMs),
      number('completed_ms', all.completedMs),
      { name: 'answered', type: 'truth', at: (row) => row < all.answered },
      integer('queued_by_tid', all.thread, 0),
      text('queued_by', all.names, all.threadName),
      integer('owner_pid', all.ownerPid, 0),
      text('owner', all.names, all.owner),
      text('via', all.names, all.via),
      number('owner_share', all.ownerShare),
      { name: 'of_victim', type: 'truth', at: (row) => all.victims[row] === 1 },
      integer('stands_for', all.weight),
    ],
  };
}

function stateTable(all: StateRows): Table {
  const stacks = all.stacks.map((frames) => frames.join(';'));
  return {
    name: 'states',
    rows: all.length,
    columns: [
      { name: 'pid', type: 'integer', at: () => all.pid },
      integer('tid', all.thread),
      { name: 'thread', type: 'text', at: (row) => all.threads.get(all.thread[row] ?? 0) || null },
      number('from_ms', all.fromMs),
      number('to_ms', all.toMs),
      { name: 'state', type: 'text', at: (row) => all.state[row] ?? null },
      integer('woken_by_tid', all.wokenBy, 0),
      { name: 'stack', type: 'text', at: (row) => stacks[all.stack[row] ?? -1] ?? null },
    ],
  };
}
