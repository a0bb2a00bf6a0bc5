// Who ended the victim's waits of some kind, by program: whoever lets a lock go held it, and whoever answers was asked. What an interrupt
// woke is nobody's doing, but for sockets: what one process sends another over the loopback is delivered in an interrupt of the sender's
// (net/core/dev.c, process_backlog). And what such a process did meanwhile, as far as its I/O tells.

import type { VictimAccount } from '../../model/account.js';
import type { Case } from '../../model/case.js';
import type { Segment } from '../../model/segment.js';
import type { State } from '../../model/states.js';
import { addTo, entry, sharedBy } from '../../base/maps.js';
import { isKernelThread, processesOf, threadsOf } from '../machine/processes.js';
import { intersect, type Intervals, union } from '../../base/intervals.js';
import type { Requests } from '../requests/requests.js';
import { underWay } from './own-requests.js';
import { syncTimes } from './syncs.js';

export interface Waker {
  readonly name: string;
  /** The process of that name that ended most of it. */
  readonly pid: number;
  /** All of that name that ended any: the workers of one service work for each other. */
  readonly pids: readonly number[];
  /** True for the victim's own threads. */
  readonly own: boolean;
  /** ms of the waits that it ended. */
  readonly ms: number;
  readonly waits: readonly Segment[];
}

/** The wakers of the waits that were in one of these states as a whole, the one that ended most first; several of one name are one. */
export function wakersOf(account: VictimAccount, input: Case, states: readonly State[]): Waker[] {
  const processes = processesOf(input);
  const found = new Map<string, { own: boolean; name: string; byPid: Map<number, number>; waits: Segment[] }>();
  for (const segment of account.segments) {
    const { state, whole, from, to, wokenBy = 0, byInterrupt } = segment;
    if (!states.includes(whole ?? state) || wokenBy <= 0 || isKernelThread(input, wokenBy)) continue;
    if (byInterrupt === true && state !== 'pipe-socket') continue;
    const own = account.threads.has(wokenBy);
    const pid = processes.of(wokenBy);
    const name = processes.name(wokenBy) || `thread ${wokenBy}`;
    const one = entry(found, `${own} ${name}`, () => ({ own, name, byPid: new Map<number, number>(), waits: [] }));
    addTo(one.byPid, pid, to - from);
    one.waits.push(segment);
  }
  return [...found.values()]
    .flatMap(({ own, name, byPid, waits }) => {
      const shared = sharedBy(byPid);
      return shared ? [{ own, name, pid: shared.most, pids: shared.members, ms: shared.sum, waits }] : [];
    })
    .sort((a, b) => b.ms - a.ms);
}

/**
 * When a program had I/O of its own under way within the waits that it ended: requests that it queued itself, or since a call for durability,
 * whose requests a journal sends.
 */
export function ioWithin({ pids, waits }: Pick<Waker, 'pids' | 'waits'>, input: Case, requests: Requests): Intervals {
  const threads = threadsOf(input, ...pids);
  const calls = syncTimes(input, threads);
  let at = 0;
  // Waits and calls are both in order of time.
  const synced = waits.flatMap(({ from, to }) => {
    while ((calls[at] ?? Infinity) < from) at += 1;
    const first = calls[at] ?? Infinity;
    return first < to ? [{ from: first, to }] : [];
  });
  const asked = underWay(requests, (row) => threads.has(requests.pid[row] ?? 0));
  return intersect(union([...asked, ...synced]), union(waits));
}
