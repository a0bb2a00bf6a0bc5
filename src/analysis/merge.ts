// Walks several event tables as one stream in order of time, without copying them.

import type { EventTable } from '../model/events.js';

/** Calls `visit(table index, row)` for every row of every table, in order of time; of equal times the earlier table first. */
export function walkByTime(
  tables: readonly (EventTable | undefined)[],
  visit: (table: number, row: number) => void,
): void {
  const next = new Uint32Array(tables.length);
  const times = new Float64Array(tables.length);
  for (let index = 0; index < tables.length; index += 1) times[index] = tables[index]?.t[0] ?? Infinity;
  for (;;) {
    let first = -1;
    let earliest = Infinity;
    for (let index = 0; index < times.length; index += 1) {
      const t = times[index] ?? Infinity;
      if (t < earliest) {
        earliest = t;
        first = index;
      }
    }
    if (first < 0) return;
    const row = next[first] ?? 0;
    visit(first, row);
    next[first] = row + 1;
    times[first] = tables[first]?.t[row + 1] ?? Infinity;
  }
}

const NOTHING = new Float64Array(0);

/** A field's column, empty where the table or the field is missing. */
export function column(table: EventTable | undefined, field: string): Float64Array {
  return table?.fields.get(field) ?? NOTHING;
}
