// What the thread dumps in a recording show of one JVM, judged, with what joins them with everything else that was recorded: when each was taken,
// and which of the kernel's threads is meant.

import type { LockOwner, ThreadActivity, ThreadLock, ThreadRef, Threads } from './threads.js';

/** A lock that one dump shows waited for. */
export interface LockSighting extends Pick<ThreadLock, 'id' | 'type' | 'kind'> {
  readonly waiters: readonly ThreadRef[];
  readonly owner: LockOwner;
  /** What the owner did, or the only one who may be it. */
  readonly does: ThreadActivity | null;
}

/** A thread of a deadlock, and the lock that it waits for, which the next one of the circle has. */
export interface DeadlockLink {
  readonly thread: ThreadRef;
  readonly lock: Pick<ThreadLock, 'id' | 'type' | 'kind'>;
}

export interface JvmThreads {
  readonly pid: number;
  /**
   * Of each of the document's dumps when it was taken, ms since the recording's start, the locks that it shows, the most waited for first, and its deadlocks.
   */
  readonly dumps: readonly {
    readonly atMs: number;
    readonly locks: readonly LockSighting[];
    readonly deadlocks: readonly (readonly DeadlockLink[])[];
  }[];
  readonly document: Threads;
  /** From question to answer, of all dumps together, ms: the JVM stood still within that time. */
  readonly askedMs: number;
  /** The recorder's numbers of threads that several dumps show, all of them waiting for news and for no lock. */
  readonly resting: ReadonlySet<number>;
  /** From numbers in the JVM's pid namespace to the recorder's; absent where they are the same. */
  readonly tasks?: ReadonlyMap<number, number>;
}
