// Walks several event tables as one stream in order of time, without copying them.

import type { Column, EventTable } from '../../model/events.js';

/** Several tables as one stream that is walked piece by piece; of equal times the earlier table comes first. */
export class TimeWalk {
  private readonly tables: readonly (EventTable | undefined)[];
  private readonly next: Uint32Array;
  private readonly times: Float64Array;

  constructor(tables: readonly (EventTable | undefined)[]) {
    this.tables = tables;
    this.next = new Uint32Array(tables.length);
    this.times = Float64Array.from(tables, (table) => table?.t[0] ?? Infinity);
  }

  /** Calls `visit(table index, row)` for every row up to and including time `t`, in order of time. */
  upTo(t: number, visit: (table: number, row: number) => void): void {
    const { next, times, tables } = this;
    for (;;) {
      let first = -1;
      let earliest = Infinity;
      for (let index = 0; index < times.length; index += 1) {
        const time = times[index] ?? Infinity;
        if (time < earliest) {
          earliest = time;
          first = index;
        }
      }
      if (first < 0 || earliest > t) return;
      const row = next[first] ?? 0;
      next[first] = row + 1;
      times[first] = tables[first]?.t[row + 1] ?? Infinity;
      visit(first, row);
    }
  }
}

/** Calls `visit(table index, row)` for every row of every table, in order of time. */
export function walkByTime(
  tables: readonly (EventTable | undefined)[],
  visit: (table: number, row: number) => void,
): void {
  new TimeWalk(tables).upTo(Infinity, visit);
}

const NOTHING = new Float64Array(0);

/** A field's column, empty where the table or the field is missing. */
export function column(table: EventTable | undefined, field: string): Column {
  return table?.fields.get(field) ?? NOTHING;
}
