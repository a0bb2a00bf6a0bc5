// Which word in memory each wait for a lock in user space was for, and in what way: the futex call that a thread made last before it slept
// (futex(2)). That tells apart what the sleep alone does not: threads that wait for one lock, and idle workers that wait for work beside them.
//
// Source: glibc 2.36, nptl/pthread_cond_wait.c (waits for a bit of a group's signals, of which there are none) and nptl/lowlevellock.c.

import { addToList } from '../../base/maps.js';
import type { Events } from '../../model/events.js';
import type { Interval } from '../../base/intervals.js';
import { column } from '../machine/time-walk.js';

/** The command without its flags: FUTEX_PRIVATE_FLAG is 128, FUTEX_CLOCK_REALTIME 256 (include/uapi/linux/futex.h). */
const COMMAND = 127;
/** FUTEX_WAIT, FUTEX_LOCK_PI, FUTEX_WAIT_BITSET, FUTEX_WAIT_REQUEUE_PI, FUTEX_LOCK_PI2. */
const WAITS: ReadonlySet<number> = new Set([0, 6, 9, 11, 13]);
const WAIT_BITSET = 9;

/** What a wait was for. */
export interface FutexWait {
  /** The futex's address. */
  readonly word: number;
  /** True for a wait as a condition variable makes it; locks wait for a word that says that it is taken, which is not 0. */
  readonly isCondition: boolean;
}

/** The call of each of a thread's waits, in order of time; undefined where it was not recorded. */
export type FutexCalls = (thread: number, waits: readonly Interval[]) => readonly (FutexWait | undefined)[];

export function futexCalls(events: Events | undefined): FutexCalls {
  const table = events?.tables.get('sys_enter_futex');
  const addresses = column(table, 'uaddr');
  const operations = column(table, 'op');
  const expected = column(table, 'val');
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
      const command = (operations[row ?? -1] ?? -1) & COMMAND;
      if (row === undefined || !WAITS.has(command)) return undefined;
      // A call from before the wait before was that wait's own: this one's is missing.
      if ((table?.t[row] ?? 0) < (waits[index - 1]?.to ?? 0)) return undefined;
      return { word: addresses[row] ?? 0, isCondition: command === WAIT_BITSET && expected[row] === 0 };
    });
  };
}
