// Threads of one process that wait for each other in user space: who waits how long, and who lets them go. A futex does not name its
// holder, but the wake-up does: whoever ends the wait held what was waited for (futex(7)). Idle workers wait in the same call. They are told
// from a convoy by what they wait for, a condition that several wait for, which is a queue of work; and, where the calls were not recorded, by
// what they do when they are let go: whoever gets a lock that others wait for lets the next one go.

import { entry } from '../../base/maps.js';
import type { Segment } from '../../model/segment.js';
import type { Timeline } from '../../model/timeline.js';
import type { FutexCalls, FutexWait } from './futexes.js';
import { intersect, type Interval, type Intervals, total, union } from '../../base/intervals.js';
import type { State } from '../../model/states.js';
import { CONVOY } from '../../model/thresholds/locks.js';

/** States in which a holder of a lock is in I/O. */
export const IN_IO: readonly State[] = [
  'block-device',
  'block-queue',
  'block-held',
  'block-finish',
  'dirty-throttle',
  'journal',
  'fs-lock',
  'fs-frozen',
  'reclaim',
  'swap',
];

/** Those in which it runs, or would if it had a CPU. */
export const ON_CPU: readonly State[] = ['running', 'runnable', 'cpu-wakeup'];

export interface Convoy {
  /** The threads that waited, with the share of its life that each lost. */
  readonly waiting: ReadonlyMap<number, number>;
  readonly holder: number;
  /** Waits that the holder ended, and all waits of these threads. */
  readonly releases: number;
  readonly waits: number;
  /** Of the time that they waited: the share in which the holder was in I/O, and in which it ran. */
  readonly holderInIo: number;
  readonly holderRunning: number;
  /** When any of them waited. */
  readonly times: Intervals;
}

/** The share that each of its waiters lost, on average. */
export function shareOfConvoy({ waiting }: Convoy): number {
  return [...waiting.values()].reduce((sum, share) => sum + share, 0) / waiting.size;
}

interface Wait extends Interval {
  readonly by: number;
  /** The futex that it waited for; 0 for one that nobody shares, or that is not known. */
  readonly word: number;
}

/** All waits of one thread that another thread of its process ended. */
interface Waiter {
  readonly thread: number;
  readonly waits: readonly Wait[];
  readonly life: number;
}

/** A thread's sleeps in futex, each with its call. */
interface Sleeper {
  readonly thread: number;
  readonly sleeps: readonly { readonly sleep: Segment; readonly call: FutexWait | undefined }[];
  readonly life: number;
}

function sleeperOf(thread: number, segments: Timeline, calls: FutexCalls): Sleeper {
  const sleeps = Array.from(segments.filter(({ state }) => state === 'user-lock'));
  const known = calls(thread, sleeps);
  return {
    thread,
    sleeps: sleeps.map((sleep, index) => ({ sleep, call: known[index] })),
    life: (segments.at(-1)?.to ?? 0) - (segments.at(0)?.from ?? 0),
  };
}

/** The words of conditions that several threads wait for. A lock that is made of one is not told from a queue of work, and is not claimed. */
function queuesOf(all: readonly Sleeper[]): ReadonlySet<number> {
  return sharedWords(
    all.map(({ thread, sleeps }) => ({
      thread,
      words: sleeps.flatMap(({ call }) => (call?.isCondition ? call.word : [])),
    })),
  );
}

/** The words that several threads wait for. */
function sharedWords(waits: readonly { readonly thread: number; readonly words: readonly number[] }[]): Set<number> {
  const threads = new Map<number, Set<number>>();
  for (const { thread, words } of waits)
    for (const word of words) entry(threads, word, () => new Set<number>()).add(thread);
  return new Set([...threads].filter(([, those]) => those.size > 1).map(([word]) => word));
}

/** The same without the waits for work: of a thread that mostly waits for work where that is known, what is not known is such a wait too. */
function withoutWork({ sleeps, ...rest }: Sleeper, queues: ReadonlySet<number>): Sleeper {
  const isForWork = (call: FutexWait | undefined) => call !== undefined && queues.has(call.word);
  const known = total(sleeps.flatMap(({ sleep, call }) => (call ? [sleep] : [])));
  const forWork = total(sleeps.flatMap(({ sleep, call }) => (isForWork(call) ? [sleep] : [])));
  const isWorker = forWork > 0 && forWork >= CONVOY.forWork * known;
  return { ...rest, sleeps: sleeps.filter(({ call }) => (call ? !isForWork(call) : !isWorker)) };
}

function waiterOf({ thread, sleeps, life }: Sleeper, lines: ReadonlyMap<number, Timeline>): Waiter {
  const known = completed(sleeps.map(({ call }) => call?.word));
  const waits = sleeps.flatMap(({ sleep: { from, to, wokenBy } }, index) =>
    wokenBy !== undefined && wokenBy !== thread && lines.has(wokenBy)
      ? [{ from, to, by: wokenBy, word: known[index] ?? 0 }]
      : [],
  );
  return { thread, waits, life };
}

type Words = readonly (number | undefined)[];

/**
 * Calls are recorded for a part of the time, and the words of the other waits follow from them: a thread that was only ever seen to wait for one
 * waited for that. Where they differ and most are not known, none is: half a convoy is none.
 */
function completed(words: Words): Words {
  const known = words.filter((word) => word !== undefined);
  const [only] = known;
  if (new Set(known).size === 1) return words.map(() => only);
  return known.length * 2 > words.length ? words : words.map(() => undefined);
}

/**
 * The waiters of each word. Some locks park each thread at a word of its own (Java, parking_lot): such words are one group, as is what
 * is not known, and only the wake-ups tell what belongs together in it.
 */
function byWord(all: readonly Waiter[]): Waiter[][] {
  const shared = sharedWords(all.map(({ thread, waits }) => ({ thread, words: waits.map(({ word }) => word) })));
  const groupOf = ({ word }: Wait) => (shared.has(word) ? word : 0);
  return [...new Set([0, ...shared])].map((word) =>
    all.map((one) => ({ ...one, waits: one.waits.filter((wait) => groupOf(wait) === word) })),
  );
}

/** Of the turns that these threads had while another of them still waited: the share that ended with letting one go. */
function handedOn(waiting: readonly Waiter[]): number {
  let turns = 0;
  let handed = 0;
  for (const { thread, waits } of waiting) {
    const others = waiting.filter((one) => one.thread !== thread).flatMap((one) => one.waits);
    const letGo = others
      .filter(({ by }) => by === thread)
      .map(({ to }) => to)
      .sort((a, b) => a - b);
    const asleep = others.toSorted((a, b) => a.from - b.from);
    let at = 0;
    let nextGone = 0;
    // The longest wait among those that had begun: if any covers the turn, that one does.
    let until = -Infinity;
    for (const [index, wait] of waits.entries()) {
      const end = waits[index + 1]?.from ?? Infinity;
      while ((letGo[nextGone] ?? Infinity) < wait.to) nextGone += 1;
      for (; (asleep[at]?.from ?? Infinity) <= wait.to; at += 1) until = Math.max(until, asleep[at]?.to ?? 0);
      if ((letGo[nextGone] ?? Infinity) <= end) handed += 1;
      else if (until < end) continue;
      turns += 1;
    }
  }
  return turns > 0 ? handed / turns : 0;
}

/**
 * The convoy of a process; undefined where fewer than two threads wait for a lock that they hand on to each other. `resting`: threads that are known to wait
 * for no lock.
 */
export function findConvoy(
  lines: ReadonlyMap<number, Timeline>,
  calls: FutexCalls,
  resting: ReadonlySet<number> = new Set(),
): Convoy | undefined {
  const sleepers = [...lines].flatMap(([thread, segments]) =>
    resting.has(thread) ? [] : sleeperOf(thread, segments, calls),
  );
  const queues = queuesOf(sleepers);
  const all = sleepers.map((one) => waiterOf(withoutWork(one, queues), lines));
  return byWord(all)
    .flatMap((group) => convoyOf(group, lines) ?? [])
    .toSorted((a, b) => total(b.times) - total(a.times))[0];
}

/** The share of these times in which a thread was in one of the states. */
export function shareWithin(line: Timeline | undefined, times: Intervals, states: readonly State[]): number {
  return total(intersect(times, union(line?.timesIn(states) ?? []))) / total(times);
}

/** The convoy at one lock. */
function convoyOf(all: readonly Waiter[], lines: ReadonlyMap<number, Timeline>): Convoy | undefined {
  const { leastWaits, leastShare, leastWithin, leastHandedOn } = CONVOY;
  const candidates = all.filter((one) => one.waits.length >= leastWaits && total(one.waits) >= leastShare * one.life);
  // Whoever gets a lock hands it on: a thread that waits and never lets another go is an idle worker that is given work.
  const handsOn = (thread: number) =>
    candidates.reduce((sum, one) => sum + one.waits.filter((wait) => wait.by === thread).length, 0) >= leastWaits;
  const waiting = candidates.filter((one) => handsOn(one.thread));
  if (waiting.length < 2 || handedOn(waiting) < leastHandedOn) return undefined;
  const releases = new Map<number, { count: number; ms: number }>();
  const waits = waiting.flatMap((one) => one.waits);
  for (const { by, from, to } of waits) {
    const known = releases.get(by) ?? { count: 0, ms: 0 };
    releases.set(by, { count: known.count + 1, ms: known.ms + to - from });
  }
  const waited = union(waits);
  const [holder, released] =
    [...releases]
      .map((one) => ({ one, weight: holding(one[0], one[1].ms, waited) }))
      .sort((a, b) => b.weight - a.weight)[0]?.one ?? [];
  if (holder === undefined || released === undefined) return undefined;
  const within = new Set([holder, ...waiting.map((one) => one.thread)]);
  if (total(waits.filter((wait) => within.has(wait.by))) < leastWithin * total(waits)) return undefined;
  const line = lines.get(holder);
  return {
    waiting: new Map(waiting.map((one) => [one.thread, Math.min(1, total(one.waits) / one.life)])),
    holder,
    releases: released.count,
    waits: waits.length,
    holderInIo: shareWithin(line, waited, IN_IO),
    holderRunning: shareWithin(line, waited, ON_CPU),
    times: waited,
  };

  /** A thread that was let go hands the lock on at once; the one that keeps it is busy while the others wait. */
  function holding(thread: number, releasedMs: number, others: Intervals): number {
    const busy =
      lines
        .get(thread)
        ?.timesOf(({ state }) => state !== 'user-lock' && state !== 'pipe-socket' && state !== 'asleep') ?? [];
    return releasedMs * total(intersect(others, union(busy)));
  }
}
