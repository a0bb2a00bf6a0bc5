// A heap dump → a dump of threads that is judged like any other: what blocked threads wait for becomes what a thread dump says, and the holder of each
// monitor is concluded from who has it in a frame. A name is given only where nobody else can hold it: a compiled method forgets `this` once it needs it
// no more, so whoever is in a method of the object's class may hold it unseen.

import { CARRIES } from '../threads/owner.js';
import type { HeapDump, HeapObject, HeapThread } from '../../model/heap-dump.js';
import type { ConcludedOwner, DumpedThread, LockNote, ThreadDump } from '../../model/thread-dump.js';
import { awaitedMonitor, classOf, mayBeParameter, type AwaitedMonitor, type Lineages } from './awaited.js';

const CLASS = 'java.lang.Class';
const OBJECT = 'java.lang.Object';

export interface ConcludedDump {
  readonly dump: ThreadDump;
  /** Threads that wait for a monitor of which the dump does not tell which it is. */
  readonly open: readonly DumpedThread[];
}

interface Waiter {
  readonly at: number;
  readonly awaited: AwaitedMonitor;
}

export function concludeMonitors(heap: HeapDump): ConcludedDump {
  const { threads, lineage, coverage } = heap;
  const mirrors = mirrorsOf(threads);
  const waiters = new Map<string, Waiter[]>();
  const open: number[] = [];
  const awaited = threads.map((thread, at) => {
    if (thread.thread.state !== 'BLOCKED' || CARRIES.test(thread.thread.frames[0] ?? '')) return undefined;
    const found = thread.inWait
      ? thread.waitsOn && { object: thread.waitsOn, atEntry: false }
      : awaitedMonitor(thread, lineage, mirrors.get(classOf(thread.methods[0] ?? '')));
    if (!found) open.push(at);
    else waiters.set(found.object.id, [...(waiters.get(found.object.id) ?? []), { at, awaited: found }]);
    return found;
  });
  const final = threads.map((thread, at) => withNotes(thread, awaited[at]));
  // Of whom the dump does not tell the state, it may wait for any.
  const stateless = threads.flatMap(({ thread }, at) => (thread.state === undefined ? [at] : []));
  const mayWait = new Set([...open, ...stateless]);
  const concluded = new Map<string, ConcludedOwner>();
  for (const [id, group] of waiters) {
    const owner = coverage.rootsWhole ? ownerOf(heap, group, mayWait) : UNTOLD;
    const thread = owner.at === undefined ? undefined : final[owner.at];
    concluded.set(id, {
      because: owner.because,
      ...(thread && { thread }),
      candidates: owner.candidates.flatMap((at) => final[at] ?? []),
    });
  }
  const dump: ThreadDump = {
    format: 'heap',
    ...(heap.takenAt !== undefined && { takenAt: heap.takenAt }),
    threads: final,
    reported: [],
    concluded,
    ended: coverage.ended,
    refused: 0,
  };
  return { dump, open: open.flatMap((at) => final[at] ?? []) };
}

/** Class objects by the class that they stand for, as far as frames have them. */
function mirrorsOf(threads: readonly HeapThread[]): Map<string, HeapObject> {
  const mirrors = new Map<string, HeapObject>();
  for (const { topClass } of threads) if (topClass) mirrors.set(topClass.represents ?? '', topClass);
  return mirrors;
}

function withNotes({ thread, waitsOn }: HeapThread, awaited: AwaitedMonitor | undefined): DumpedThread {
  const notes: LockNote[] = [...thread.notes];
  if (awaited) notes.push({ id: awaited.object.id, type: awaited.object.type, use: 'wants', frame: 0 });
  else if (waitsOn) notes.push({ id: waitsOn.id, type: waitsOn.type, use: 'waits', frame: 0 });
  return { ...thread, notes };
}

interface FoundOwner {
  readonly at?: number;
  readonly because: string;
  readonly candidates: readonly number[];
}

const UNTOLD: FoundOwner = { because: 'not all roots of the dump could be read', candidates: [] };

/** `open`: threads that wait for nobody knows which monitor, this one perhaps. */
function ownerOf({ threads, lineage }: HeapDump, waiters: readonly Waiter[], open: ReadonlySet<number>): FoundOwner {
  const [first] = waiters;
  if (!first) return UNTOLD;
  const { object } = first.awaited;
  const waiting = new Set(waiters.map(({ at }) => at));
  const others = threads.flatMap((thread, at) =>
    waiting.has(at) || isReleased(thread, object) ? [] : [{ thread, at }],
  );
  const entered = new Set(
    waiters.filter(({ awaited }) => awaited.atEntry).map(({ at }) => threads[at]?.methods[0] ?? ''),
  );
  const inside = others.filter(({ thread, at }) =>
    isInside(thread, object, { entered, lineage, isOpen: open.has(at) }),
  );
  const having = others.filter(({ thread }) => has(thread, object));
  const types = new Set(
    object.represents === undefined ? (lineage.get(object.type) ?? [object.type]) : [object.represents],
  );
  types.delete(OBJECT);
  types.delete(CLASS);
  const unseen = others.filter(
    ({ thread }) => !has(thread, object) && thread.methods.some((each) => mayLock(each, types)),
  );
  const [holder] = inside.length > 0 ? inside : having;
  const alike = new Set(waiters.map(({ at }) => threads[at]?.methods[0] ?? ''));
  const likely = [...having, ...unseen].filter(({ thread }) => thread.methods.some((each) => alike.has(each)));
  const candidates = [...new Set([...inside, ...likely, ...having, ...unseen].map(({ at }) => at))];
  if (inside.length === 1 && holder && !holder.thread.inWait)
    return {
      at: holder.at,
      because: 'it alone is within the synchronized method that they wait to enter',
      candidates: [],
    };
  if (
    inside.length === 0 &&
    having.length === 1 &&
    unseen.length === 0 &&
    holder &&
    isSure(holder.thread) &&
    !open.has(holder.at)
  )
    return { at: holder.at, because: 'its stack alone refers to the object', candidates: [] };
  if (having.length === 0 && unseen.length === 0)
    return { because: 'no stack refers to it: it is being handed over, or was taken by native code', candidates: [] };
  return {
    because: 'a heap dump does not record it, and several threads may hold it unseen or refer to it',
    candidates,
  };
}

/** Whether a method may lock an object of one of these classes by being synchronized, which neither constructors nor lambdas are. */
function mayLock(method: string, types: ReadonlySet<string>): boolean {
  return types.has(classOf(method)) && !/\.(?:<init>|<clinit>|lambda\$[^(]*)\(/.test(method);
}

/** Whether it has let go of the object for the time of Object.wait. */
function isReleased({ inWait, waitsOn }: HeapThread, { id }: HeapObject): boolean {
  return inWait && waitsOn?.id === id;
}

/** In Object.wait for what the dump does not tell, it may just have let go of it. */
function isSure({ inWait, waitsOn }: HeapThread): boolean {
  return !inWait || waitsOn !== undefined;
}

function has({ references }: HeapThread, { id }: HeapObject): boolean {
  return [...references.values()].some((objects) => objects.some((each) => each.id === id));
}

interface Entry {
  /** The synchronized methods that are waited for. */
  readonly entered: ReadonlySet<string>;
  readonly lineage: Lineages;
  /** It may wait itself to enter the innermost one. */
  readonly isOpen: boolean;
}

/** Whether it is in one of the synchronized methods, for this object: that of a class needs no object. */
function isInside({ methods, references }: HeapThread, object: HeapObject, entry: Entry): boolean {
  return methods.some((method, frame) => {
    if (!entry.entered.has(method) || (entry.isOpen && frame === 0)) return false;
    const objects = references.get(frame) ?? [];
    return (
      object.represents !== undefined ||
      (objects[0]?.id === object.id && !mayBeParameter(method, object, objects, entry.lineage))
    );
  });
}
