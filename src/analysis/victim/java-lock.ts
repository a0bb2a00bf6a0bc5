// The thread dumps of the victim's JVM, and what the kernel recorded of the same threads → the lock that most of them waited for, who had it, and what that
// thread did meanwhile. Dumps tell whose lock it is, at some moments; the kernel tells how long the waits were in which these moments fell.

import { entry, grouped } from '../../base/maps.js';
import { intersect, total, union, type Interval, type Intervals } from '../../base/intervals.js';
import type { VictimAccount } from '../../model/account.js';
import type { Case } from '../../model/case.js';
import type { Events } from '../../model/events.js';
import type { JvmThreads, LockSighting } from '../../model/jvm-threads.js';
import type { State } from '../../model/states.js';
import type { LockOwner, ThreadActivity, ThreadRef } from '../../model/threads.js';
import { JAVA_LOCK } from '../../model/thresholds/locks.js';
import { sleepsBelow } from './calls.js';
import { IN_IO, ON_CPU, shareOfConvoy, shareWithin, type Convoy } from './convoy.js';

/** Whoever has the lock, with the number that the kernel has for it. */
export interface JavaHolder {
  readonly thread: ThreadRef;
  readonly task: number;
  readonly grade: 'exact' | 'inferred';
  /** Words that follow 'because'. */
  readonly because: string;
  /** In how many of the dumps that show the lock, and when these were taken, ms. */
  readonly dumps: number;
  readonly seenMs: readonly number[];
  /** What it did in most of these, in how many, and in how many of those the kernel had it where `kernel` says; null where no dump tells. */
  readonly does: (ThreadActivity & { readonly dumps: number; readonly there: number }) | null;
  /** Of the time that others waited: the share in which it was in I/O on this machine, in which it waited at a socket, and in which it ran. */
  readonly inIo: number;
  readonly atSocket: number;
  readonly running: number;
  /** Of the kernel's functions that dumps saw it asleep in, the one in which it slept longest, and its share; absent where there is none. */
  readonly asleep?: { readonly place: string; readonly share: number };
  /** The state that it was in most of that time. */
  readonly mostly?: { readonly state: State; readonly share: number };
}

export interface JavaLock {
  /** As the last dump shows it that has most waiters. */
  readonly lock: LockSighting;
  /** All that were seen to wait for it, those that waited most often first, and when. */
  readonly waiters: readonly { readonly name: string; readonly task: number; readonly seenMs: readonly number[] }[];
  /** Dumps that were taken, and those of them that show it waited for. */
  readonly dumps: number;
  readonly seen: number;
  /** The share of their time that its waiters waited for it, on average. */
  readonly share: number;
  /** The waits in which the dumps fell. */
  readonly times: Intervals;
  /** Absent where neither a dump nor the kernel tells it; `owner` then says why. */
  readonly holder?: JavaHolder;
  readonly owner: LockOwner;
}

/** Where a thread is that waits for a lock: of one that hardly moves it may not be known what it sleeps for. */
export const WAITS: readonly State[] = ['user-lock', 'asleep'];

/** The number that the recorder has for a thread of a dump. */
type TaskOf = (thread: ThreadRef) => number | undefined;

type Sighting = JvmThreads['dumps'][number]['locks'][number] & { readonly atMs: number };

/** The thread dumps of the victim, where it is a JVM that was asked. */
export function jvmOf({ threads }: VictimAccount, { jvms = [] }: Pick<Case, 'jvms'>): JvmThreads | undefined {
  return jvms.find(({ pid }) => threads.has(pid));
}

/**
 * Threads of the victim's JVM that wait for work: several dumps, and every one that shows them, have them wait for news and for no lock. The kernel sees all of
 * them in the same call.
 */
export function withoutLock(account: VictimAccount, input: Pick<Case, 'jvms'>): ReadonlySet<number> {
  return jvmOf(account, input)?.resting ?? new Set();
}

/** Undefined where no lock keeps two threads waiting in some dumps. `convoy`: the one that wake-ups tell. */
export function findJavaLock(
  account: VictimAccount,
  input: Pick<Case, 'jvms' | 'events'>,
  convoy: Convoy | undefined,
): JavaLock | undefined {
  const jvm = jvmOf(account, input);
  if (!jvm) return undefined;
  const all = jvm.dumps.flatMap(({ atMs, locks }) => locks.map((lock): Sighting => ({ ...lock, atMs })));
  const [sightings] = [...grouped(all, ({ id, type }) => `${type} ${id}`).values()].sort(
    (a, b) => waitsIn(b) - waitsIn(a),
  );
  if (!sightings || sightings.length < JAVA_LOCK.leastDumps) return undefined;
  const fullest = sightings.reduce((a, b) => (b.waiters.length >= a.waiters.length ? b : a));
  if (fullest.waiters.length < JAVA_LOCK.leastWaiters) return undefined;
  return lockIn({ account, events: input.events, jvm, sightings, convoy }, fullest);
}

function waitsIn(sightings: readonly Sighting[]): number {
  return sightings.reduce((sum, { waiters }) => sum + waiters.length, 0);
}

/** All that tells of one lock. */
interface Evidence {
  readonly account: VictimAccount;
  readonly events: Events | undefined;
  readonly jvm: JvmThreads;
  /** Where dumps show it, in their order. */
  readonly sightings: readonly Sighting[];
  readonly convoy: Convoy | undefined;
}

function lockIn(evidence: Evidence, fullest: Sighting): JavaLock {
  const { account, jvm, sightings, convoy } = evidence;
  const taskOf = ({ nativeId }: ThreadRef) => (nativeId === null ? undefined : (jvm.tasks?.get(nativeId) ?? nativeId));
  const waiters = waitersIn(sightings, taskOf);
  const span = { from: sightings[0]?.atMs ?? 0, to: sightings.at(-1)?.atMs ?? 0 };
  const waits = sightings.flatMap(({ atMs, waiters: now }) =>
    now.flatMap((waiter) => [...waitAt(account, taskOf(waiter), atMs, span)]),
  );
  const times = union(waits.length > 0 ? waits : [span]);
  const owner = ownerIn(jvm, sightings, taskOf, convoy);
  const owned = owner.thread ? taskOf(owner.thread) : undefined;
  const isSame = convoy !== undefined && owned === convoy.holder;
  return {
    lock: fullest,
    waiters,
    dumps: jvm.dumps.length,
    seen: sightings.length,
    share: isSame
      ? shareOfConvoy(convoy)
      : sampledShare(
          account,
          jvm,
          sightings,
          waiters.map(({ task }) => task),
        ),
    times: isSame ? union([...times, ...convoy.times]) : times,
    owner,
    ...(owner.thread &&
      owner.grade !== 'unknown' &&
      owned !== undefined && {
        holder: holderOf(
          evidence,
          { thread: owner.thread, grade: owner.grade, because: owner.because, task: owned },
          times,
        ),
      }),
  };
}

function waitersIn(sightings: readonly Sighting[], taskOf: TaskOf): JavaLock['waiters'] {
  const all = new Map<number, { name: string; task: number; seenMs: number[] }>();
  for (const { atMs, waiters } of sightings)
    for (const waiter of waiters) {
      const task = taskOf(waiter);
      if (task !== undefined) entry(all, task, () => ({ name: waiter.name, task, seenMs: [] })).seenMs.push(atMs);
    }
  return [...all.values()].sort((a, b) => b.seenMs.length - a.seenMs.length);
}

/** A name of a function of the kernel, for an expression. */
function escaped(name: string): string {
  return name.replace(/[^\w]/g, '\\$&');
}

/** Of all moments at which dumps looked at its waiters, those at which they waited for it; never more than they slept. */
function sampledShare(
  { lines }: VictimAccount,
  jvm: JvmThreads,
  sightings: readonly Sighting[],
  waiters: readonly number[],
): number {
  const sampled = waitsIn(sightings) / (jvm.dumps.length * waiters.length);
  const known = waiters.flatMap((task) => lines.get(task) ?? []);
  const lives = known.reduce((sum, line) => sum + (line.at(-1)?.to ?? 0) - (line.at(0)?.from ?? 0), 0);
  const waited = known.reduce((sum, line) => sum + total(line.timesIn(WAITS)), 0);
  return lives > 0 ? Math.min(sampled, waited / lives) : sampled;
}

/** The sleep of a thread into which a moment falls; none where the kernel has it doing something else. Of one that never moved nothing may be recorded. */
function waitAt({ lines }: VictimAccount, task: number | undefined, atMs: number, span: Interval): Iterable<Interval> {
  const line = task === undefined ? undefined : lines.get(task);
  return line ? line.timesOf(({ state, from, to }) => WAITS.includes(state) && from <= atMs && atMs < to) : [span];
}

/** The owner in most of the dumps; else the one that all dumps together tell, or whom the dumps leave possible and the kernel saw let the others go. */
function ownerIn(
  { document }: JvmThreads,
  sightings: readonly Sighting[],
  taskOf: TaskOf,
  convoy: Convoy | undefined,
): LockOwner {
  const told = sightings.filter(({ owner }) => owner.thread !== null);
  const [most = []] = [...grouped(told, ({ owner }) => owner.thread?.nativeId).values()].sort(
    (a, b) => b.length - a.length,
  );
  const last = most.at(-1);
  if (last && most.length >= JAVA_LOCK.leastOwned * sightings.length) return last.owner;
  const unknown: LockOwner = {
    grade: 'unknown',
    thread: null,
    because: 'dumps show it with several threads, one after the other',
    candidates: [],
  };
  const newest = sightings.at(-1);
  if (!newest || told.length > 0) return unknown;
  const over = document.locks.find(
    ({ id, type, owner }) => id === newest.id && type === newest.type && owner.thread !== null,
  );
  if (over) return over.owner;
  const woke = convoy && newest.owner.candidates.find((thread) => taskOf(thread) === convoy.holder);
  if (!woke) return newest.owner;
  return { grade: 'inferred', thread: woke, because: 'its stack is cut, and it let the waiters go', candidates: [] };
}

function holderOf(
  { account: { lines }, events, sightings }: Evidence,
  known: Pick<JavaHolder, 'thread' | 'task' | 'grade' | 'because'>,
  times: Intervals,
): JavaHolder {
  const line = lines.get(known.task);
  const { nativeId } = known.thread;
  const isItself = ({ owner }: Sighting) =>
    [owner.thread, ...owner.candidates].some((thread) => thread?.nativeId === nativeId);
  const own = sightings.filter(isItself);
  const did = own.flatMap(({ does }) => does ?? []);
  // One that ran at that moment shows neither call nor place; one that waits for a page shows its place alone.
  const seen = did.filter(({ kernel }) => typeof (kernel?.call ?? kernel?.wchan) === 'string');
  const usual = mostFrequent(seen.length > 0 ? seen : did, ({ kernel, method }) =>
    // Each request may have a connection of its own.
    typeof kernel?.call === 'string' ? `${kernel.call} ${kernel.peer?.address ?? kernel.path}` : method,
  );
  const inPlace = mostFrequent(usual, ({ kernel }) => kernel?.wchan);
  // Of hundreds of dumps most show the same place.
  const places = new Set(usual.flatMap(({ kernel }) => kernel?.wchan ?? []));
  const [longest] = [...places]
    .map((place) => ({ place, share: shareAt(place) }))
    .sort((one, other) => other.share - one.share);
  // The kernel sees it asleep in poll(2) alone; what it polls, tell the dumps.
  const sockets = did.filter(isAtSocket).length;
  const [mostly] = line?.within(times.at(0)?.from ?? 0, times.at(-1)?.to ?? 0).statesDuring(times) ?? [];
  return {
    ...known,
    dumps: own.length,
    seenMs: own.map(({ atMs }) => atMs),
    does: inPlace[0] ? { ...inPlace[0], dumps: usual.length, there: inPlace.length } : null,
    // One that slept all the time, among hundreds of threads, may have been seen by the dumps alone.
    inIo: line
      ? shareWithin(line, times, IN_IO)
      : own.filter(({ does }) => does?.kernel?.state === 'D').length / own.length,
    atSocket: line ? (2 * sockets > did.length ? shareWithin(line, times, ['pipe-socket']) : 0) : sockets / own.length,
    running: shareWithin(line, times, ON_CPU),
    ...(line && longest && { asleep: longest }),
    ...(mostly && { mostly: { state: mostly.state, share: mostly.ms / total(times) } }),
  };

  function shareAt(place: string): number {
    const isThere = sleepsBelow(events, new RegExp(`^${escaped(place)}`));
    return line ? total(intersect(times, union(line.timesOf(isThere)))) / total(times) : 0;
  }
}

/** Whether it sleeps until the other end of a socket does something, by its descriptor or, where that is not known, by its method. */
function isAtSocket({ doing, kernel }: ThreadActivity): boolean {
  if (kernel !== null && kernel.state !== 'S') return false;
  return typeof kernel?.path === 'string' ? kernel.path.startsWith('socket:') : doing === 'network';
}

/** Those with the key that most have. */
function mostFrequent<T>(all: readonly T[], keyOf: (one: T) => unknown): readonly T[] {
  return [...grouped(all, keyOf).values()].sort((one, other) => other.length - one.length)[0] ?? [];
}
