// A thread dump of the same JVM beside a heap dump: the kernel's numbers of threads, which a heap dump lacks, and the holders of monitors, where the same
// threads wait in both. The two are of different moments, so what is taken over is inferred, and where they disagree nobody is named.

import type { ConcludedOwner, DumpedThread, ThreadDump } from '../../model/thread-dump.js';
import { judgeDump, type JudgedLock } from '../threads/judge.js';

export interface Joined {
  readonly dump: ThreadDump;
  /** Threads that both dumps have. */
  readonly shared: number;
}

/** Threads of the heap dump → the same ones of the thread dump: one number and one name. */
function pairs(heap: ThreadDump, beside: ThreadDump): Map<DumpedThread, DumpedThread> {
  const known = new Map(beside.threads.map((thread) => [thread.javaId, thread]));
  const found = new Map<DumpedThread, DumpedThread>();
  for (const thread of heap.threads) {
    const other = thread.javaId === undefined ? undefined : known.get(thread.javaId);
    if (other && other.name === thread.name) found.set(thread, other);
  }
  return found;
}

function isMonitorOf({ lock }: JudgedLock, id: string, heap: ThreadDump): boolean {
  const note = heap.threads.flatMap(({ notes }) => notes).find((each) => each.id === id && each.use === 'wants');
  return lock.kind === 'monitor' && lock.type === note?.type;
}

/** The owner that the thread dump shows of the one monitor for which all of these threads wait there as well. */
function shownOwner(
  waiters: readonly DumpedThread[],
  awaited: ReadonlyMap<DumpedThread, JudgedLock>,
): JudgedLock | undefined {
  const locks = new Set(waiters.map((waiter) => awaited.get(waiter)));
  const [lock] = locks;
  return locks.size === 1 && lock?.owner.grade === 'exact' ? lock : undefined;
}

function agreed(concluded: ConcludedOwner, shown: DumpedThread | undefined): ConcludedOwner {
  const { thread, candidates } = concluded;
  if (!shown || thread === shown) return concluded;
  if (thread) return { because: 'the two dumps name different threads', candidates: [thread, shown] };
  if (!candidates.includes(shown)) return concluded;
  return { thread: shown, because: 'the thread dump shows it, where the same threads wait', candidates: [] };
}

export function joinThreadDump(heap: ThreadDump, beside: ThreadDump): Joined {
  const paired = pairs(heap, beside);
  const back = new Map([...paired].map(([thread, other]) => [other, thread]));
  const { awaited } = judgeDump(beside);
  const final = new Map(
    heap.threads.map((thread) => {
      const nativeId = paired.get(thread)?.nativeId;
      return [thread, nativeId === undefined ? thread : { ...thread, nativeId }];
    }),
  );
  const renewed = ({ because, thread, candidates }: ConcludedOwner): ConcludedOwner => ({
    because,
    ...(thread && { thread: final.get(thread) ?? thread }),
    candidates: candidates.map((each) => final.get(each) ?? each),
  });
  const concluded = new Map<string, ConcludedOwner>();
  for (const [id, owner] of heap.concluded ?? []) {
    const waiters = heap.threads.filter(({ notes }) => notes.some((note) => note.id === id && note.use === 'wants'));
    const others = waiters.flatMap((waiter) => paired.get(waiter) ?? []);
    const lock = others.length === waiters.length ? shownOwner(others, awaited) : undefined;
    const shown = lock?.owner.thread && isMonitorOf(lock, id, heap) ? back.get(lock.owner.thread) : undefined;
    concluded.set(id, renewed(agreed(owner, shown)));
  }
  const dump = {
    ...heap,
    ...(beside.vm !== undefined && { vm: beside.vm }),
    threads: heap.threads.map((thread) => final.get(thread) ?? thread),
    concluded,
  };
  return { dump, shared: paired.size };
}
