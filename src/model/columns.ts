// Rows of one event as they come, CPU after CPU, into growing typed arrays; sorted by time at the end.

import type { EventTable } from './events.js';

/** Appends rows of a fixed number of numeric fields. */
export class TableBuilder {
  length = 0;
  t = new Float64Array(1024);
  cpu = new Uint16Array(1024);
  pid = new Int32Array(1024);
  readonly columns: Float64Array[];

  constructor(fields: number) {
    this.columns = Array.from({ length: fields }, () => new Float64Array(1024));
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

  private move(from: number, to: number): void {
    for (const column of [this.t, this.cpu, this.pid, ...this.columns]) column[to] = column[from] ?? 0;
  }

  private grow(): void {
    const size = this.t.length * 2;
    this.t = grown(this.t, new Float64Array(size));
    this.cpu = grown(this.cpu, new Uint16Array(size));
    this.pid = grown(this.pid, new Int32Array(size));
    for (let index = 0; index < this.columns.length; index += 1) {
      const column = this.columns[index];
      if (column) this.columns[index] = grown(column, new Float64Array(size));
    }
  }
}

function grown<T extends Float64Array | Uint16Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** The order of rows by time; rows of equal time keep their order. */
export function orderByTime(t: Float64Array): Uint32Array {
  const order = new Uint32Array(t.length);
  for (let row = 0; row < order.length; row += 1) order[row] = row;
  let sorted = true;
  for (let row = 1; row < t.length && sorted; row += 1) sorted = (t[row] ?? 0) >= (t[row - 1] ?? 0);
  return sorted ? order : order.sort((a, b) => (t[a] ?? 0) - (t[b] ?? 0) || a - b);
}

export function reorder<T extends Float64Array | Uint16Array | Int32Array>(values: T, order: Uint32Array, into: T): T {
  for (let row = 0; row < order.length; row += 1) into[row] = values[order[row] ?? 0] ?? 0;
  return into;
}

/** The finished table, in order of time. */
export function finishTable(name: string, fields: readonly string[], rows: TableBuilder): EventTable {
  const order = orderByTime(rows.t.subarray(0, rows.length));
  return {
    name,
    length: rows.length,
    t: reorder(rows.t, order, new Float64Array(rows.length)),
    cpu: reorder(rows.cpu, order, new Uint16Array(rows.length)),
    pid: reorder(rows.pid, order, new Int32Array(rows.length)),
    fields: new Map(
      fields.map((field, index) => [
        field,
        reorder(rows.columns[index] ?? new Float64Array(0), order, new Float64Array(rows.length)),
      ]),
    ),
  };
}
