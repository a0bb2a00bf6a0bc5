// Which word in memory each wait for a lock in user space was for: the futex call that a thread made last before it slept (futex(2)).
// The word tells apart what the sleep alone does not: threads that wait for one lock, and idle workers that wait for work beside them.

import { addToList } from '../../base/maps.js';
import type { Events } from '../../model/events.js';
import type { Interval } from '../../base/intervals.js';
import { column } from '../machine/time-walk.js';

/** The command without its flags: FUTEX_PRIVATE_FLAG is 128, FUTEX_CLOCK_REALTIME 256 (include/uapi/linux/futex.h). */
const COMMAND = 127;
/** FUTEX_WAIT, FUTEX_LOCK_PI, FUTEX_WAIT_BITSET, FUTEX_WAIT_REQUEUE_PI, FUTEX_LOCK_PI2. */
const WAITS: ReadonlySet<number> = new Set([0, 6, 9, 11, 13]);

/** The address that each of a thread's waits, in order of time, was for; undefined where its call was not recorded. */
export function futexWords(events: Events | undefined): (thread: number, waits: readonly Interval[]) => Words {
  const table = events?.tables.get('sys_enter_futex');
  const addresses = column(table, 'uaddr');
  const operations = column(table, 'op');
  const calls = new Map<number, number[]>();
  for (let row = 0; row < (table?.length ?? 0); row += 1) {
    addToList(calls, table?.pid[row] ?? 0, row);
  }
  return (thread, waits) => {
    const rows = calls.get(thread) ?? [];
    let next = 0;
    return waits.map(({ from }, index) => {
      while (next < rows.length && (table?.t[rows[next] ?? 0] ?? 0) <= from) next += 1;
      const row = rows[next - 1];
      if (row === undefined || !WAITS.has((operations[row] ?? -1) & COMMAND)) return undefined;
      // A call from before the wait before was that wait's own: this one's is missing.
      return (table?.t[row] ?? 0) >= (waits[index - 1]?.to ?? 0) ? addresses[row] : undefined;
    });
  };
}

export type Words = readonly (number | undefined)[];
