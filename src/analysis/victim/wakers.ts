// Who ended the victim's waits of some kind, by program: whoever lets a lock go held it, and whoever answers was asked. What an interrupt
// woke is nobody's doing, but for sockets: what one process sends another over the loopback is delivered in a soft interrupt of the sender's
// (net/core/dev.c, process_backlog). What comes from another machine is delivered in one of whoever has the CPU: the sender is told from that
// one by the victim's own packets, which wake it in turn. And what such a process did meanwhile, as far as its I/O tells.

import type { VictimAccount } from '../../model/account.js';
import type { Case } from '../../model/case.js';
import type { Segment } from '../../model/segment.js';
import type { State } from '../../model/states.js';
import { WAKERS } from '../../model/thresholds/victim.js';
import { addTo, entry, sharedBy } from '../../base/maps.js';
import { isKernelThread, processesOf, threadsOf } from '../machine/processes.js';
import { column } from '../machine/time-walk.js';
import { intersect, type Interval, type Intervals, union } from '../../base/intervals.js';
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

/** Names of the programs that sent what was delivered in soft interrupts on their CPU: those that the victim woke in turn. */
function senders(account: VictimAccount, input: Case, delivered: Iterable<Segment>): ReadonlySet<string> {
  const processes = processesOf(input);
  const packets = new Map<string, number>();
  for (const { wokenBy = 0 } of delivered) addTo(packets, processes.name(wokenBy), 1);
  if (packets.size === 0) return new Set();
  const table = input.events?.tables.get('sched_waking');
  const woken = column(table, 'pid');
  const answers = new Map<string, number>();
  for (let row = 0; row < (table?.length ?? 0); row += 1)
    if (account.threads.has(table?.pid[row] ?? 0)) addTo(answers, processes.name(woken[row] ?? 0), 1);
  const isSender = (name: string) => (answers.get(name) ?? 0) >= WAKERS.leastAnswered * (packets.get(name) ?? Infinity);
  return new Set([...packets.keys()].filter(isSender));
}

/** A program that was waited for, and when, in order of time. */
export interface Asked {
  readonly pids: readonly number[];
  readonly waits: readonly Interval[];
}

/** The wakers of the waits that were in one of these states as a whole, the one that ended most first; several of one name are one. */
export function wakersOf(account: VictimAccount, input: Case, states: readonly State[]): Waker[] {
  const processes = processesOf(input);
  const isEnded = ({ state, whole, wokenBy = 0, byInterrupt }: Segment) =>
    states.includes(whole ?? state) &&
    wokenBy > 0 &&
    !isKernelThread(input, wokenBy) &&
    byInterrupt !== 'hard' &&
    (byInterrupt !== 'soft' || state === 'pipe-socket');
  const ended = account.segments.filter(isEnded);
  const isDelivered = ({ byInterrupt }: Segment) => byInterrupt === 'soft';
  const sent = senders(account, input, ended.filter(isDelivered));
  const found = new Map<string, { own: boolean; name: string; byPid: Map<number, number>; waits: Segment[] }>();
  for (const segment of ended) {
    const { from, to, wokenBy = 0 } = segment;
    const name = processes.name(wokenBy);
    if (isDelivered(segment) && !sent.has(name)) continue;
    const own = account.threads.has(wokenBy);
    const one = entry(found, `${own} ${name || wokenBy}`, () => ({
      own,
      name: name || `thread ${wokenBy}`,
      byPid: new Map<number, number>(),
      waits: [],
    }));
    addTo(one.byPid, processes.of(wokenBy), to - from);
    one.waits.push(segment);
  }
  return [...found.values()]
    .flatMap(({ own, name, byPid, waits }) => {
      const shared = sharedBy(byPid);
      return shared ? [{ own, name, pid: shared.most, pids: shared.members, ms: shared.sum, waits }] : [];
    })
    .sort((x, y) => y.ms - x.ms);
}

/**
 * When a program had I/O of its own under way within the waits that it ended: requests that it queued itself, or since a call for durability,
 * whose requests a journal sends.
 */
export function ioWithin({ pids, waits }: Asked, input: Case, requests: Requests): Intervals {
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
