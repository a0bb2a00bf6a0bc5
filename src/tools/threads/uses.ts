// A thread of a dump → the lock that it waits for and those that it holds. A file of its own because a dump's words mean other things than they
// say: a 'locked' object is released while its thread is in Object.wait, and what is 'waited on' is mostly no lock at all.

import { isParkedAt, OBJECT_WAIT } from '../../base/java-names.js';
import type { DumpedLock, DumpedThread, DumpFormat, LockNote } from '../../model/thread-dump.js';

/**
 * A monitor; a synchronizer with one owner; a read-write lock, whose readers nobody records; a lock that records no owner; a class that is being
 * initialised.
 */
export type LockKind = 'monitor' | 'owned' | 'read-write' | 'ownerless' | 'class';

export interface AwaitedLock extends DumpedLock {
  readonly kind: LockKind;
}

/** Synchronizers of java.util.concurrent on which a parked thread waits for another to let go. Any other parked thread is idle, or waits for work. */
const SYNCHRONIZERS: readonly (readonly [type: RegExp, kind: LockKind])[] = [
  [/(?:^|\.)ReentrantLock\$(?:Nonf|F)airSync$/, 'owned'],
  [/(?:^|\.)ReentrantReadWriteLock\$(?:Nonf|F)airSync$/, 'read-write'],
  [/(?:^|\.)StampedLock$/, 'ownerless'],
];

/** Undefined for what is no lock: a condition, a queue, a future, a semaphore's permits. `isOwned`: whether some thread owns it. */
export function kindOfSynchronizer(type: string, isOwned: boolean): LockKind | undefined {
  return SYNCHRONIZERS.find(([pattern]) => pattern.test(type))?.[1] ?? (isOwned ? 'owned' : undefined);
}

/** The monitor of a blocked thread that JDK 8 and older show as locked by its innermost frame. */
function wantedUnsaid({ state, notes }: DumpedThread): LockNote | undefined {
  if (state !== 'BLOCKED') return undefined;
  const waited = notes.find(({ use, frame }) => use === 'waits' && frame === 0);
  return waited ?? notes.find(({ use, frame }) => use === 'holds' && frame === 0);
}

/**
 * JDK 11 prints 'waiting to re-lock in wait()' of every thread in Object.wait (github.com/olivergondza/dumpling/issues/93); only one that is blocked goes on.
 */
function wantedOf({ state, notes }: DumpedThread): LockNote | undefined {
  return notes.find(({ use }) => use === 'wants' || (use === 'rewants' && state === 'BLOCKED'));
}

/** The lock that it waits for; undefined where it waits for none. `owned`: ids of synchronizers that the dump shows an owner of. */
export function awaitedBy(thread: DumpedThread, owned: ReadonlySet<string>): AwaitedLock | undefined {
  const parked = thread.notes.find(({ use }) => use === 'parks');
  const kind = parked && kindOfSynchronizer(parked.type, owned.has(parked.id));
  if (parked && kind) return { id: parked.id, type: parked.type, kind };
  const note = wantedOf(thread) ?? wantedUnsaid(thread);
  if (note) return { id: note.id, type: note.type, kind: 'monitor' };
  const initialised = thread.notes.find(({ use }) => use === 'initialises');
  return initialised && { id: initialised.id, type: initialised.type, kind: 'class' };
}

/** The methods of java.util.concurrent in which a thread waits for a lock. */
const LOCKS =
  /^java\.util\.concurrent\.locks\.(?:ReentrantLock|ReentrantReadWriteLock\$(?:Read|Write)Lock|StampedLock)\.(?:lock|lockInterruptibly|tryLock|readLock|writeLock|tryReadLock|tryWriteLock|readLockInterruptibly|writeLockInterruptibly)\(/;
/** What stands above them on the stack of one that is parked there. */
const PARKS =
  /^(?:(?:jdk\.internal|sun)\.misc\.Unsafe|java\.util\.concurrent\.locks\.[\w$]+|java\.lang\.(?:VirtualThread|System\$\d+)|jdk\.internal\.(?:vm|misc)\.[\w$]+)\./;

/** Whether its frames show that it is parked in one of them. */
function isParkedForLock({ frames }: DumpedThread): boolean {
  return isParkedAt(frames[0]) && LOCKS.test(frames.find((frame) => !PARKS.test(frame) || LOCKS.test(frame)) ?? '');
}

/**
 * Whether it waits for a lock that no line names: for a monitor (the agent's word for blocked has a wider meaning), or, in dumps that don't tell what
 * threads are parked on, for one of java.util.concurrent.
 */
export function awaitsUnnamed(thread: DumpedThread, format: DumpFormat): boolean {
  if (thread.state === 'BLOCKED' && format !== 'jhsdb') return true;
  return !thread.notes.some(({ use }) => use === 'parks') && isParkedForLock(thread);
}

/**
 * Ids of the monitors that it holds for certain: none that it waits for, or has released for the time of Object.wait. Where it waits in
 * Object.wait and the dump does not tell on what, any of them may be the released one.
 */
export function monitorsOf(thread: DumpedThread): ReadonlySet<string> {
  const { notes, frames } = thread;
  const letGo = new Set(notes.filter(({ use }) => use !== 'holds' && use !== 'parks').map(({ id }) => id));
  if (OBJECT_WAIT.test(frames[0] ?? '') && letGo.size === 0) return new Set();
  const unsaid = wantedOf(thread) ? undefined : wantedUnsaid(thread);
  if (unsaid) letGo.add(unsaid.id);
  return new Set(notes.filter(({ use, id }) => use === 'holds' && !letGo.has(id)).map(({ id }) => id));
}

/** Whether it waits in Object.wait, on a condition or parked for something else: for news, as it waits for no lock. */
export function awaitsNews({ state, notes, frames }: DumpedThread): boolean {
  return (
    state !== 'BLOCKED' &&
    (OBJECT_WAIT.test(frames[0] ?? '') ||
      isParkedAt(frames[0]) ||
      notes.some(({ use }) => use === 'waits' || use === 'parks'))
  );
}
