// Dumps that were judged → the one document of `threads`, which the text and --json are made from.

import { count } from '../../base/format.js';
import type { DeadlockLink, LockSighting } from '../../model/jvm-threads.js';
import type { DumpedThread } from '../../model/thread-dump.js';
import type { KernelThread, LockOwner, ThreadActivity, ThreadLock, ThreadRef, Threads } from '../../model/threads.js';
import { answerOf, type Blind } from './answer.js';
import { groupsOf } from './groups.js';
import type { History } from './history.js';
import { doingOf, type JudgedDump } from './judge.js';
import { INITIALISER, type Owner } from './owner.js';
import { taskWaitsIn } from './task-waits.js';
import { ownerOver, toldOf, type KernelThreads, type Track } from './tracks.js';

/** Locks that are told of: a dump of a sick JVM has some, one of a healthy JVM over a night many that were waited for once. */
const MOST_LOCKS = 50;

/** The thread as documents name it. */
function ref({ name, javaId, nativeId }: DumpedThread): ThreadRef {
  // A virtual thread mostly has no name but its number.
  const known = name === '' && javaId !== undefined ? `#${javaId}` : name;
  return { name: known, javaId: javaId ?? null, nativeId: nativeId ?? null };
}

function ownerRef({ grade, thread, because, candidates }: Owner): LockOwner {
  return { grade, thread: thread ? ref(thread) : null, because, candidates: candidates.map(ref) };
}

function kernelOf(kernel: KernelThreads | undefined, thread: DumpedThread): KernelThread | null {
  return (thread.nativeId !== undefined && kernel?.get(thread.nativeId)) || null;
}

function activityIn(
  { judged, kernel }: Pick<Track, 'judged' | 'kernel'>,
  thread: DumpedThread | undefined,
  samples: number,
): ThreadActivity | null {
  if (!thread) return null;
  const { doing, method = null } = doingOf(judged, thread);
  return { doing, method, kernel: kernelOf(kernel, thread), samples };
}

/** The locks that one dump shows waited for, the most waited for first, by themselves. */
export function sightingsIn(judged: JudgedDump, kernel?: KernelThreads): LockSighting[] {
  return judged.locks.slice(0, MOST_LOCKS).map((one) => ({
    id: one.lock.id,
    type: one.lock.type,
    kind: one.lock.kind,
    waiters: one.waiters.map(ref),
    owner: ownerRef(one.owner),
    does: activityIn({ judged, kernel }, toldOf(one), 1),
  }));
}

/** The deadlocks of one dump. */
export function deadlocksIn({ deadlocks, awaited }: JudgedDump): DeadlockLink[][] {
  return deadlocks.map((circle) =>
    circle.flatMap((thread) => {
      const wanted = awaited.get(thread)?.lock;
      return wanted ? [{ thread: ref(thread), lock: { id: wanted.id, type: wanted.type, kind: wanted.kind } }] : [];
    }),
  );
}

/** Milliseconds from one dump to another, by the times that they give; null where one gives none. */
function between(rows: Threads['dumps'], { first, last }: Track): number | null {
  const [from, to] = [rows[first]?.at, rows[last]?.at].map((at) =>
    at
      ? Date.parse(
          `${at
            .replace(' ', 'T')
            .replace(/(?:Z|[+-]\d\d:?\d\d)$/, '')
            .replace(',', '.')}Z`,
        )
      : NaN,
  );
  const ms = (to ?? NaN) - (from ?? NaN);
  return first === last || !(ms >= 0) ? null : ms;
}

function lockOf(rows: Threads['dumps'], track: Track): ThreadLock {
  const { lock, waiters } = track.lock;
  const owner = ownerOver(track);
  return {
    id: lock.id,
    type: lock.type,
    kind: lock.kind,
    waiters: waiters.map(ref),
    mostWaiters: track.mostWaiters,
    owner: ownerRef(owner),
    does: activityIn(track, owner.thread ?? toldOf(track.lock), track.same),
    chain: track.chain.slice(1).map((step) => ({
      id: step.lock.lock.id,
      type: step.lock.lock.type,
      kind: step.lock.lock.kind,
      owner: ownerRef(step.lock.owner),
      does: activityIn(track, toldOf(step.lock), 1),
    })),
    first: track.first,
    last: track.last,
    samples: track.samples,
    forMs: between(rows, track),
  };
}

/** The thread that HotSpot has once a virtual thread was started: VirtualThread-unparker (JDK 21 to 23), VirtualThread-unblocker (since 24). */
function hidesVirtualThreads({ dump: { format, threads } }: JudgedDump): boolean {
  return (
    (format === 'hotspot' || format === 'jhsdb') &&
    threads.some(({ name }) => /^VirtualThread-un(park|block)er/.test(name))
  );
}

function blindnessOf(judged: JudgedDump): Blind | undefined {
  const { format, threads } = judged.dump;
  if (threads.every(({ frames }) => frames.length === 0)) return 'stackless';
  const isToFile = format === 'dump-to-file' || format === 'dump-to-file-json';
  if (isToFile && threads.every(({ state }) => state === undefined)) return 'lockless';
  return hidesVirtualThreads(judged) ? 'hides-virtual' : undefined;
}

/** Forms without HotSpot's own lines show a thread that waits for a class as one that runs. */
function initialisersSentence({ dump: { format, threads } }: JudgedDump): string[] {
  if (format === 'hotspot' || format === 'jhsdb' || format === 'javacore') return [];
  const within = threads.filter(({ frames }) => frames.some((frame) => frame.includes(INITIALISER))).length;
  if (within === 0) return [];
  return [
    `${within === 1 ? 'One thread is within the initialiser of a class' : `${count(within)} threads are within initialisers of classes`}, and such a dump does not show who waits until a class is initialised: jstack does.`,
  ];
}

/** `limits`: what could not be read, in sentences. */
export function threadsDocument(tool: string, history: History, limits: readonly string[]): Threads {
  const last = history.last();
  const told = history.locks();
  const blind = last && blindnessOf(last);
  const document = {
    schema: 'iowitness.threads/1' as const,
    tool,
    dumps: history.rows,
    locks: told.slice(0, MOST_LOCKS).map((track) => lockOf(history.rows, track)),
    unnamed: last?.unnamed.map(ref) ?? [],
    taskWaits: last ? taskWaitsIn(last).map(({ method, threads }) => ({ method, threads: threads.map(ref) })) : [],
    cutStacks: last?.cuts.map(({ thread, why }) => ({ thread: ref(thread), frames: thread.frames.length, why })) ?? [],
    deadlocks: last?.deadlocks.map((circle) => circle.map(ref)) ?? [],
    groups: groupsOf(last?.dump.threads ?? []),
    limits: [
      ...limits,
      ...(history.rows.some(({ format }) => format === 'jhsdb')
        ? [
            'jhsdb does not tell what a parked thread waits for, so which java.util.concurrent locks are waited for is not known.',
          ]
        : []),
      ...(last ? initialisersSentence(last) : []),
      ...(last?.dump.isOpen === true
        ? ['What closes a whole dump is missing in the last one, so threads may be missing as well.']
        : []),
      ...(blind === 'hides-virtual'
        ? [
            'Virtual threads are in use: those that are not mounted are in no such dump, nor is what they wait for or hold; `jcmd PID Thread.dump_to_file FILE` has them.',
          ]
        : []),
      ...(history.refused > 0 ? [`${history.refused} frames were passed over: a dump has more than can be kept.`] : []),
      ...(told.length > MOST_LOCKS ? [`${told.length - MOST_LOCKS} more locks were waited for.`] : []),
    ],
  };
  return { ...document, answer: answerOf(document, blind) };
}
