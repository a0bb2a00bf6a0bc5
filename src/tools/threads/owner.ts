// What a dump shows of a lock → its owner, and how sure that is. The rule is that a wrong name is worse than none: where two threads are shown as
// the owner, or the dump's threads were not looked at in one instant, or stacks are cut, it says so instead of choosing.

import { shortClass } from '../../base/java-names.js';
import {
  isOneInstant,
  UNNAMED_CLASS,
  type ConcludedOwner,
  type DumpedThread,
  type ThreadDump,
} from '../../model/thread-dump.js';
import type { Cut } from './cut.js';
import type { AwaitedLock } from './uses.js';

/** `exact`: the dump itself shows it; `inferred`: nothing else fits; `unknown`: the dump does not tell. */
export type Grade = 'exact' | 'inferred' | 'unknown';

export interface Owner {
  readonly grade: Grade;
  readonly thread?: DumpedThread;
  /** Why it is that grade: words that follow 'because'. */
  readonly because: string;
  /** Threads of which it may be one, where it is unknown. */
  readonly candidates: readonly DumpedThread[];
}

export interface LockEvidence {
  readonly dump: ThreadDump;
  readonly lock: AwaitedLock;
  readonly waiters: readonly DumpedThread[];
  /** Threads that the dump shows with it. */
  readonly holders: readonly DumpedThread[];
  readonly cuts: readonly Cut[];
}

/** A thread that does nothing but run a virtual one: what ThreadMXBean tells of it is that one's. */
export const CARRIES = /^jdk\.internal\.vm\.Continuation\.run\(/;

function unknown(because: string, candidates: readonly DumpedThread[] = []): Owner {
  return { grade: 'unknown', because, candidates };
}

/** The one thread that the JVM names as the owner; undefined where it names none, two, or a name that several threads have. */
function namedByJvm({ dump, lock, waiters }: LockEvidence): DumpedThread | undefined {
  const named = new Set<DumpedThread | undefined>();
  for (const { ownedBy } of waiters) if (ownedBy) named.add(only(dump.threads, ownedBy.name, ownedBy.javaId));
  for (const { lock: reported, owner } of dump.reported)
    if (reported.id === lock.id) named.add(only(dump.threads, owner));
  const [owner] = named;
  return named.size === 1 ? owner : undefined;
}

function only(threads: readonly DumpedThread[], name: string, javaId?: number): DumpedThread | undefined {
  const found = threads.filter((thread) =>
    javaId !== undefined && thread.javaId !== undefined ? thread.javaId === javaId : thread.name === name,
  );
  return found.length === 1 ? found[0] : undefined;
}

/** In a frame: its thread initialises a class. */
export const INITIALISER = '.<clinit>(';

/** The one thread that runs the initialiser of a class. Where none does, an initialiser that runs may be of a class that has to be ready before it. */
function initialiserOf({ dump, lock, waiters }: LockEvidence): Owner {
  const others = dump.threads.filter((thread) => !waiters.includes(thread));
  const runners = (words: string) => others.filter(({ frames }) => frames.some((frame) => frame.includes(words)));
  if (lock.type === UNNAMED_CLASS)
    return unknown('the dump does not say which class it is, nor who initialises or loads it', runners(INITIALISER));
  const first = `${lock.type}${INITIALISER}`;
  const found = runners(first).filter(({ frames }) => frames.some((frame) => frame.startsWith(first)));
  const [thread] = found;
  if (thread && found.length === 1)
    return { grade: 'inferred', thread, because: 'it alone runs the initialiser', candidates: [] };
  if (thread) return unknown('several threads run an initialiser of a class of that name', found);
  return unknown('no stack shows its initialiser, which may wait for that of another class', runners(INITIALISER));
}

function concluded({ thread, because, candidates }: ConcludedOwner): Owner {
  return thread ? { grade: 'inferred', thread, because, candidates: [] } : unknown(because, candidates);
}

/** Where owners of locks of java.util.concurrent stand: `jstack -l` has none of virtual threads, and no dump of text has before JDK 26. */
function whoLists({ waiters }: LockEvidence): string {
  return waiters.some(({ virtual }) => virtual)
    ? 'the dump names no owners of such locks, nor does jstack -l where virtual threads may be; a heap dump does'
    : 'the dump does not list ownable synchronizers: jstack -l does';
}

function withoutHolder(evidence: LockEvidence): Owner {
  const { dump, lock, waiters, cuts } = evidence;
  const found = dump.concluded?.get(lock.id);
  if (found) return concluded(found);
  if (lock.kind === 'class') return initialiserOf(evidence);
  if (lock.kind === 'ownerless') return unknown(`the JVM keeps no owner of a ${shortClass(lock.type)}`);
  if (lock.kind !== 'monitor') {
    const lists = dump.threads.some(({ synchronizers }) => synchronizers !== undefined);
    if (!lists) return unknown(whoLists(evidence));
    if (lock.kind === 'read-write')
      return unknown('readers hold it, whom the JVM does not record, or it is being handed over');
    return unknown('no thread of the dump owns it: it is being handed over, or its owner is a virtual thread');
  }
  const candidates = cuts.map(({ thread }) => thread).filter((thread) => !waiters.includes(thread));
  if (candidates.length > 0)
    return unknown('no stack shows it, and with the frames that are cut goes what tells that it was taken', candidates);
  return unknown(
    'no stack shows it: it is being handed over, or was taken by native code, a virtual thread or a thread that the dump lacks',
  );
}

export function ownerOf(evidence: LockEvidence): Owner {
  const { dump, lock, waiters } = evidence;
  const holders = evidence.holders.filter((thread) => !waiters.includes(thread));
  const named = namedByJvm(evidence);
  const [holder, another] = named && !holders.includes(named) ? [named, ...holders] : holders;
  if (holder === undefined) return withoutHolder(evidence);
  if (another !== undefined) return unknown('the dump shows it with several threads', [holder, another]);
  if (CARRIES.test(holder.frames[0] ?? ''))
    return unknown('the dump names the carrier of a virtual thread, and that is the one that holds it', [holder]);
  if (waiters.includes(holder)) return unknown('the dump shows its owner waiting for it');
  if (named) return { grade: 'exact', thread: holder, because: 'the JVM names it', candidates: [] };
  if (!isOneInstant(dump))
    return {
      grade: 'inferred',
      thread: holder,
      because: 'its stack shows the lock, but the threads were looked at one after the other',
      candidates: [],
    };
  const how =
    lock.kind === 'monitor'
      ? 'its stack shows where it took the lock'
      : dump.format === 'heap'
        ? 'the lock itself names it'
        : 'the JVM lists the lock as its own';
  return { grade: 'exact', thread: holder, because: how, candidates: [] };
}
