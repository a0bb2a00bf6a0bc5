// Rows of one event as they come, CPU after CPU, into growing typed arrays; sorted by time at the end.

import type { Interval } from '../base/intervals.js';
import { copied } from '../base/number-list.js';
import { inOrder, orderByTime } from '../base/order.js';
import type { Column, EventTable } from './events.js';

/** What a field's numbers need: those of 32 bits take half the bytes of those that may be larger, fractions or missing. */
export type ColumnKind = 'signed' | 'unsigned' | 'any';

const MOST_OF_16_BITS = 2 ** 16 - 1;
const MOST_OF_32_BITS = 2 ** 32 - 1;
const [LEAST_SIGNED, MOST_SIGNED] = [-(2 ** 31), 2 ** 31 - 1];

function roomOf(kind: ColumnKind, rows: number): Column {
  if (kind === 'signed') return new Int32Array(rows);
  return kind === 'unsigned' ? new Uint32Array(rows) : new Float64Array(rows);
}

/** Room for these numbers, in as few bytes as hold all of them: most sectors, sizes and numbers of texts need few of those that a field may have. */
function roomThatHolds(values: Column, rows: number): Column {
  let [least, most, areWhole] = [0, 0, true];
  for (let row = 0; row < rows; row += 1) {
    const value = values[row] ?? NaN;
    if (value < least) least = value;
    if (value > most) most = value;
    if (!Number.isInteger(value)) areWhole = false;
  }
  if (areWhole && least >= 0 && most <= MOST_OF_16_BITS) return new Uint16Array(rows);
  if (areWhole && least >= 0 && most <= MOST_OF_32_BITS) return new Uint32Array(rows);
  return areWhole && least >= LEAST_SIGNED && most <= MOST_SIGNED ? new Int32Array(rows) : new Float64Array(rows);
}

/** Appends rows of a fixed number of numeric fields. */
export class TableBuilder {
  length = 0;
  t = new Float64Array(1024);
  cpu = new Uint16Array(1024);
  pid = new Int32Array(1024);
  readonly columns: Column[];
  readonly kinds: readonly ColumnKind[];

  constructor(kinds: readonly ColumnKind[]) {
    this.kinds = kinds;
    this.columns = kinds.map((kind) => roomOf(kind, 1024));
  }

  /** Adds a row and returns its index; the caller fills the columns. */
  add(t: number, cpu: number, pid: number): number {
    if (this.length === this.t.length) this.grow();
    this.t[this.length] = t;
    this.cpu[this.length] = cpu;
    this.pid[this.length] = pid;
    return this.length++;
  }

  /** Drops the rows whose time is not wanted, and returns how many. */
  keep(isWanted: (t: number) => boolean): number {
    let kept = 0;
    for (let row = 0; row < this.length; row += 1) {
      if (!isWanted(this.t[row] ?? NaN)) continue;
      if (kept < row) this.move(row, kept);
      kept += 1;
    }
    const dropped = this.length - kept;
    this.length = kept;
    return dropped;
  }

  /** For one who has copied times, CPUs and threads, and takes no more rows. */
  giveUpTimes(): void {
    this.length = 0;
    this.t = new Float64Array(0);
    this.cpu = new Uint16Array(0);
    this.pid = new Int32Array(0);
  }

  private move(from: number, to: number): void {
    for (const column of [this.t, this.cpu, this.pid, ...this.columns]) column[to] = column[from] ?? 0;
  }

  private grow(): void {
    const size = this.t.length * 2;
    this.t = copied(this.t, new Float64Array(size));
    this.cpu = copied(this.cpu, new Uint16Array(size));
    this.pid = copied(this.pid, new Int32Array(size));
    for (let index = 0; index < this.columns.length; index += 1) {
      const column = this.columns[index];
      if (column) this.columns[index] = copied(column, roomOf(this.kinds[index] ?? 'any', size));
    }
  }
}

/** The rows by number, as a table. Each column of the builder is given up once it is copied, where it is not used any more. */
export function finishTable(name: string, fields: readonly string[], rows: TableBuilder): EventTable {
  return tableOf(name, fields, rows, orderByTime(rows.t.subarray(0, rows.length)), true);
}

/** A table of the rows of a part, whose times count from its beginning; the builder stays as it is. */
export function tableWithin(name: string, fields: readonly string[], rows: TableBuilder, part: Interval): EventTable {
  const found = rowsWithin(rows, part);
  const times = Float64Array.from(found, (row) => rows.t[row] ?? NaN);
  const order = orderByTime(times).map((index) => found[index] ?? 0);
  const table = tableOf(name, fields, rows, order, false);
  if (part.from > 0) for (let row = 0; row < table.length; row += 1) table.t[row] = (table.t[row] ?? 0) - part.from;
  return table;
}

function rowsWithin({ t, length }: TableBuilder, { from, to }: Interval): Uint32Array {
  const found = new Uint32Array(length);
  let count = 0;
  for (let row = 0; row < length; row += 1) {
    const at = t[row] ?? NaN;
    if (at >= from && at <= to) found[count++] = row;
  }
  return found.subarray(0, count);
}

function tableOf(
  name: string,
  fields: readonly string[],
  rows: TableBuilder,
  order: Uint32Array,
  isLast: boolean,
): EventTable {
  const { length } = order;
  const t = inOrder(rows.t, order, new Float64Array(length));
  const cpu = inOrder(rows.cpu, order, new Uint16Array(length));
  const pid = inOrder(rows.pid, order, new Int32Array(length));
  if (isLast) rows.giveUpTimes();
  const columns = fields.map((field, index): [string, Column] => {
    const values = rows.columns[index] ?? NO_ROWS;
    const room = isLast ? roomThatHolds(values, length) : roomOf(rows.kinds[index] ?? 'any', length);
    const column = inOrder(values, order, room);
    if (isLast) rows.columns[index] = NO_ROWS;
    return [field, column];
  });
  return { name, length, t, cpu, pid, fields: new Map(columns) };
}

const NO_ROWS = new Float64Array(0);
