// Rows of decoded events in words, to be held against those of the same trace read another way.

import assert from 'node:assert/strict';
import type { Case } from '../../src/model/case.js';
import type { Events } from '../../src/model/events.js';

export function eventsOf(input: Case): Events {
  assert.ok(input.events);
  return input.events;
}

/** Rows of an event in words, with times in µs, as text has them. */
export function rows({ tables, strings }: Events, event: string): string[] {
  const table = tables.get(event);
  assert.ok(table, event);
  const start = table.t[0] ?? 0;
  return Array.from(table.t, (t, row) => {
    const fields = [...table.fields].flatMap(([name, values]) => {
      const value = values[row] ?? NaN;
      // The text has no number for a preempted task's state, and none at all for a priority.
      if (name === 'ioprio' || name === 'prev_state' || name === 'common_flags') return [];
      return [`${name}=${name === 'rwbs' ? strings.get(value) : value}`];
    });
    return [Math.round((t - start) * 1000), table.cpu[row], table.pid[row], ...fields].join(' ');
  });
}

/** Rows as sets: those of one µs are in any order, and rounding may move a time by 1. */
export function assertSameRows(found: readonly string[], wanted: readonly string[]): void {
  const [ours, theirs] = [found, wanted].map((list) => list.map((row) => row.split(' ')));
  assert.equal(ours?.length, theirs?.length);
  const sorted = (list: string[][] | undefined) =>
    (list ?? []).map((row) => row.slice(1).join(' ')).toSorted((a, b) => a.localeCompare(b));
  assert.deepEqual(sorted(ours), sorted(theirs));
  const times = (list: string[][] | undefined) => (list ?? []).map(([us]) => Number(us));
  const [a, b] = [times(ours), times(theirs)];
  for (const [row, us] of a.entries())
    assert.ok(Math.abs(us - (b[row] ?? NaN)) <= 1, `row ${row}: ${us} µs, ${b[row]}`);
}

/** A row without its time. */
export function bare(row: string | undefined): string | undefined {
  return row?.split(' ').slice(1).join(' ');
}
