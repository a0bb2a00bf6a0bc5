// When processes were stopped by signals, and by whom. A file of its own because a victim is stopped (cpu.stopped), and so may be whoever it
// waits for (wait.server). Source: signal(7); signal:signal_generate, recorded for SIGSTOP, SIGTSTP and SIGCONT of everybody; what the recorder saw
// to be stopped once a second, which a signal of before the recording has stopped as well, and which counters tell.

import { intersect, IntervalList, type Intervals, NO_INTERVALS, total, union, without } from '../../base/intervals.js';
import { entry } from '../../base/maps.js';
import { FOR_READER, FOR_WRITER } from '../../base/pipe-waits.js';
import type { VictimAccount } from '../../model/account.js';
import type { Case } from '../../model/case.js';
import type { SharedEnd } from '../../model/recording.js';
import { sleepsBelow } from './calls.js';
import { processesOf, threadName } from '../machine/processes.js';
import { valueAt } from '../machine/series.js';
import { column } from '../machine/time-walk.js';

const STOP_SIGNALS: ReadonlyMap<number, string> = new Map([
  [19, 'SIGSTOP'],
  [20, 'SIGTSTP'],
]);
const SIGCONT = 18;

export interface Sender {
  readonly name: string;
  readonly pid: number;
  readonly signal: string;
}

/** Who sent one of these threads the last signal that stops it. */
export function lastStopper(input: Case, isTarget: (thread: number) => boolean): Sender | undefined {
  const table = input.events?.tables.get('signal_generate');
  const targets = column(table, 'pid');
  const row = column(table, 'sig').findLastIndex(
    (signal, at) => STOP_SIGNALS.has(signal) && isTarget(valueAt(targets, at)),
  );
  const signal = STOP_SIGNALS.get(valueAt(column(table, 'sig'), row));
  const pid = table?.pid[row];
  if (signal === undefined || pid === undefined) return undefined;
  return { name: threadName(input, pid) || 'a process', pid, signal };
}

/** When any of these processes was stopped: from a signal that stops it until one that lets it go on, or the end. */
export function stoppedTimes(input: Case, pids: readonly number[]): Intervals {
  const table = input.events?.tables.get('signal_generate');
  const [signals, targets] = [column(table, 'sig'), column(table, 'pid')];
  const processes = processesOf(input);
  const since = new Map<number, number>();
  const times = new IntervalList();
  for (let row = 0; row < (table?.length ?? 0); row += 1) {
    const pid = processes.of(valueAt(targets, row));
    const at = table?.t[row] ?? 0;
    if (!pids.includes(pid)) continue;
    if (STOP_SIGNALS.has(signals[row] ?? 0)) {
      if (!since.has(pid)) since.set(pid, at);
    } else if (signals[row] === SIGCONT) {
      const from = since.get(pid);
      if (from !== undefined) times.push(from, at);
      since.delete(pid);
    }
  }
  for (const from of since.values()) times.push(from, input.durationMs);
  return union(times);
}

/** When a process was seen to be stopped, and what of its ends it shared with the victim then. */
interface Sighting {
  readonly name: string;
  readonly does: Set<SharedEnd['does']>;
  readonly times: IntervalList;
  /** Whether it shared any with whom the victim waits for. */
  ofBeyond: boolean;
  /** Since when it is stopped; undefined while it is not. */
  since: number | undefined;
}

/** `beyond`: who was seen at the ends of the victim's chains, whose shared ends are told apart. */
function sightingsOf(
  { stopped, durationMs }: Case,
  victim: number,
  beyond: ReadonlySet<number>,
): Map<number, Sighting> {
  const found = new Map<number, Sighting>();
  for (const { pid, comm, stopped: isStopped, shared, atMs } of stopped) {
    const one = entry(found, pid, (): Sighting => ({
      name: comm,
      does: new Set(),
      ofBeyond: false,
      times: new IntervalList(),
      since: undefined,
    }));
    if (!isStopped && one.since !== undefined) one.times.push(one.since, atMs);
    one.since = isStopped ? (one.since ?? atMs) : undefined;
    for (const end of shared) {
      if (end.victim === victim) one.does.add(end.does);
      if (beyond.has(end.victim)) one.ofBeyond = true;
    }
  }
  for (const { since, times } of found.values()) if (since !== undefined) times.push(since, durationMs);
  return found;
}

/** A stopped process at the other end of what the victim waits at. */
export interface StoppedPeer {
  readonly name: string;
  readonly pid: number;
  /** The victim's waits meanwhile. */
  readonly times: Intervals;
  /** False where it waits for any of what it has open (poll), at a socket of several, at one whose peer is not known, or for another that may do so. */
  readonly certain: boolean;
}

/** The stopped process that the victim waited for longest; one that it waits for for certain before any other. */
export function stoppedPeerOf(account: VictimAccount, input: Case): StoppedPeer | undefined {
  const below = (functions: RegExp) => {
    const isBelow = sleepsBelow(input.events, functions);
    return union(account.segments.timesOf((segment) => segment.state === 'pipe-socket' && isBelow(segment)));
  };
  const [forReader, forWriter] = [below(FOR_READER), below(FOR_WRITER)];
  const anywhere = union(account.segments.timesIn(['pipe-socket']));
  const elsewhere = without(anywhere, union([...forReader, ...forWriter]));
  const beyond = new Set(
    input.chains.flatMap(({ pid, hops }) => (pid === account.pid ? hops.slice(-1).map((hop) => hop.pid) : [])),
  );
  const peers = [...sightingsOf(input, account.pid, beyond)].flatMap(
    ([pid, { name, does, ofBeyond, times }]): StoppedPeer[] => {
      const held = union([...(does.has('reads') ? forReader : []), ...(does.has('writes') ? forWriter : [])]);
      const [certainly, perhaps] = [
        intersect(held, union(times)),
        ofBeyond
          ? intersect(anywhere, union(times))
          : does.size > 0
            ? intersect(elsewhere, union(times))
            : NO_INTERVALS,
      ];
      return [
        { name, pid, times: certainly, certain: true },
        { name, pid, times: perhaps, certain: false },
      ];
    },
  );
  const longest = peers.filter(({ times }) => times.length > 0).sort((a, b) => total(b.times) - total(a.times));
  return longest.find(({ certain }) => certain) ?? longest[0];
}
