// One dump → its locks that are waited for, each with waiters, owner and where the waiting ends; its cut stacks and its deadlocks. All that is told
// of a dump rests on this.

import { addToList } from '../../base/maps.js';
import type { DumpedThread, ThreadDump } from '../../model/thread-dump.js';
import { activityOf, type Activity } from './activity.js';
import { cutStacks, type Cut } from './cut.js';
import { ownerOf, type Owner } from './owner.js';
import { awaitedBy, awaitsNews, awaitsUnnamed, monitorsOf, type AwaitedLock } from './uses.js';

export interface JudgedLock {
  readonly lock: AwaitedLock;
  readonly waiters: readonly DumpedThread[];
  readonly owner: Owner;
}

/** From a lock along its owner to what that waits for, and so on. */
export interface Step {
  readonly lock: JudgedLock;
  /** What the owner does; absent without one. */
  readonly activity?: Activity;
}

export interface JudgedDump {
  readonly dump: ThreadDump;
  /** The most waited for first. */
  readonly locks: readonly JudgedLock[];
  readonly cuts: readonly Cut[];
  /** Each as its threads in a circle, every one waiting for a lock of the next. */
  readonly deadlocks: readonly (readonly DumpedThread[])[];
  /** Threads that wait for a lock, of which the dump does not say which. */
  readonly unnamed: readonly DumpedThread[];
  /** The lock that a thread waits for. */
  readonly awaited: ReadonlyMap<DumpedThread, JudgedLock>;
}

function holdersIn(threads: readonly DumpedThread[]): Map<string, DumpedThread[]> {
  const holders = new Map<string, DumpedThread[]>();
  for (const thread of threads) {
    const ids = new Set(monitorsOf(thread));
    for (const { id } of thread.synchronizers ?? []) ids.add(id);
    for (const id of ids) addToList(holders, id, thread);
  }
  return holders;
}

export function judgeDump(dump: ThreadDump): JudgedDump {
  const { threads } = dump;
  const cuts = cutStacks(dump);
  const owned = new Set(threads.flatMap(({ synchronizers = [] }) => synchronizers.map(({ id }) => id)));
  const wanted = new Map<string, { readonly lock: AwaitedLock; readonly waiters: DumpedThread[] }>();
  for (const thread of threads) {
    const lock = awaitedBy(thread, owned);
    const known = lock && wanted.get(lock.id);
    if (known) known.waiters.push(thread);
    else if (lock) wanted.set(lock.id, { lock, waiters: [thread] });
  }
  const holders = wanted.size === 0 ? undefined : holdersIn(threads);
  const locks = [...wanted.values()]
    .map(({ lock, waiters }) => {
      const evidence = { dump, lock, waiters, holders: holders?.get(lock.id) ?? [], cuts };
      return { lock, waiters, owner: ownerOf(evidence) };
    })
    .sort((a, b) => b.waiters.length - a.waiters.length);
  const awaited = new Map(locks.flatMap((lock) => lock.waiters.map((waiter) => [waiter, lock] as const)));
  const unnamed = threads.filter((thread) => !awaited.has(thread) && awaitsUnnamed(thread, dump.format));
  return { dump, locks, cuts, deadlocks: deadlocksIn(awaited), unnamed, awaited };
}

/** An owner that a circle may rest on: who initialises a class is inferred by name alone, and of one instant. */
function isSure({ lock, owner }: JudgedLock): boolean {
  return owner.grade === 'exact' || (lock.kind === 'class' && owner.grade === 'inferred');
}

/**
 * Circles of owners that wait for each other. Others make none, and neither does a wait that ends by itself: tryLock with a time limit, which the JVM's own
 * report counts, as it does not count classes.
 */
function deadlocksIn(awaited: ReadonlyMap<DumpedThread, JudgedLock>): DumpedThread[][] {
  const circles: DumpedThread[][] = [];
  const done = new Set<DumpedThread>();
  for (const first of awaited.keys()) {
    const way: DumpedThread[] = [];
    let thread: DumpedThread | undefined = first;
    while (thread && !done.has(thread)) {
      done.add(thread);
      way.push(thread);
      const lock = awaited.get(thread);
      thread = lock && isSure(lock) ? lock.owner.thread : undefined;
      const circle = thread && way.includes(thread) ? way.slice(way.indexOf(thread)) : [];
      if (circle.length > 0 && !circle.some(({ state }) => state === 'TIMED_WAITING')) circles.push(circle);
    }
  }
  return circles;
}

/** What a thread does, locks that it waits for included. */
export function doingOf(judged: JudgedDump, thread: DumpedThread): Activity {
  const awaitsLock = judged.awaited.has(thread) || judged.unnamed.includes(thread);
  return activityOf(thread, awaitsLock ? 'lock' : awaitsNews(thread) ? 'news' : undefined);
}

/** From a lock to where the waiting ends: an owner that waits for no lock, one that is not known, or one that was met before. */
export function chainFrom(judged: JudgedDump, lock: JudgedLock): Step[] {
  const steps: Step[] = [];
  const met = new Set<JudgedLock>();
  let next: JudgedLock | undefined = lock;
  while (next && !met.has(next)) {
    met.add(next);
    const { thread }: Owner = next.owner;
    steps.push({ lock: next, ...(thread && { activity: doingOf(judged, thread) }) });
    next = thread && judged.awaited.get(thread);
  }
  return steps;
}
