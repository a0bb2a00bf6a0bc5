// The thread dumps of the victim's JVM → threads of it that wait for each other's locks in a circle, and how much of the JVM they hold up. A dump is taken
// while all threads stand still, so a circle in it is one; the next dump tells that nobody has undone it (Thread.interrupt) meanwhile.

import { grouped } from '../../base/maps.js';
import { total, union, type Intervals } from '../../base/intervals.js';
import type { VictimAccount } from '../../model/account.js';
import type { Case } from '../../model/case.js';
import type { DeadlockLink, JvmThreads, LockSighting } from '../../model/jvm-threads.js';
import { WAITING, type State } from '../../model/states.js';
import { JAVA_DEADLOCK } from '../../model/thresholds/locks.js';
import { jvmOf } from './java-lock.js';

export interface JavaDeadlock {
  /** In the circle's order, as the last dump has it; `task`: the recorder's number of the thread. */
  readonly circle: readonly (DeadlockLink & { readonly task: number | undefined })[];
  /** Threads that wait for a lock of these, or for one of a thread that does. */
  readonly behind: number;
  /** Dumps that were taken, and those of them that show it. */
  readonly dumps: number;
  readonly seen: number;
  /** From the first dump that shows it on. */
  readonly times: Intervals;
  /** Of the time of all threads that had something to do, the part that was lost in it. */
  readonly share: number;
}

type Dump = JvmThreads['dumps'][number];

/** What had a thread busy or held up: it had something to do. */
const AT_WORK: ReadonlySet<State> = new Set<State>([...WAITING, 'running']);

/** Undefined where the last of its dumps shows no circle, or that is the only one. Of several the one that most threads are in or behind. */
export function findJavaDeadlock(account: VictimAccount, input: Pick<Case, 'jvms'>): JavaDeadlock | undefined {
  const jvm = jvmOf(account, input);
  const last = jvm?.dumps.at(-1);
  if (!jvm || !last) return undefined;
  const byCircle = grouped(
    jvm.dumps.flatMap((dump) => dump.deadlocks.map((circle) => ({ key: keyOf(circle), atMs: dump.atMs }))),
    ({ key }) => key,
  );
  const [found] = last.deadlocks
    .map((circle) => ({ circle, sightings: byCircle.get(keyOf(circle)) ?? [], stuck: stuckIn(circle, last) }))
    .filter(({ sightings }) => sightings.length >= JAVA_DEADLOCK.leastDumps)
    .sort((a, b) => b.stuck.size - a.stuck.size);
  if (!found) return undefined;
  const { circle, sightings, stuck } = found;
  const taskOf = (nativeId: number | null) => (nativeId === null ? undefined : (jvm.tasks?.get(nativeId) ?? nativeId));
  const times = union([{ from: Math.max(account.from, sightings[0]?.atMs ?? 0), to: account.to }]);
  return {
    circle: circle.map((link) => ({ ...link, task: taskOf(link.thread.nativeId) })),
    behind: stuck.size - circle.length,
    dumps: jvm.dumps.length,
    seen: sightings.length,
    times,
    share: shareOf(account, new Set([...stuck].map(taskOf)), times),
  };
}

/** A lock's address changes when the heap is collected, a thread's number does not. */
function keyOf(circle: readonly DeadlockLink[]): string {
  return circle
    .map(({ thread }) => String(thread.nativeId ?? thread.name))
    .sort()
    .join();
}

/** The numbers of the threads in the circle and of those that wait for them, by one dump. */
function stuckIn(circle: readonly DeadlockLink[], { locks }: Dump): ReadonlySet<number | null> {
  const stuck = new Set(circle.map(({ thread }) => thread.nativeId));
  const isHeld = ({ owner }: LockSighting) => owner.thread !== null && stuck.has(owner.thread.nativeId);
  let before = 0;
  while (before < stuck.size) {
    before = stuck.size;
    for (const { waiters } of locks.filter(isHeld)) for (const { nativeId } of waiters) stuck.add(nativeId);
  }
  return stuck;
}

function shareOf({ from, to, lines }: VictimAccount, stuck: ReadonlySet<number | undefined>, times: Intervals): number {
  const others = [...lines].filter(([task]) => !stuck.has(task));
  const othersMs = others.reduce((sum, [, line]) => sum + line.msIn(AT_WORK), 0);
  return (stuck.size * total(times)) / (stuck.size * (to - from) + othersMs);
}
