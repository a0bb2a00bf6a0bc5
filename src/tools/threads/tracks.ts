// Locks of one dump after the other → each lock over the dumps in a row that show it. An object has another address after a garbage collection, so it is
// known again by its address, or by its class with waiters that all still wait together. Only what the last dump shows is kept of threads.

import { THREADS } from '../../model/thresholds/threads.js';
import type { DumpedThread } from '../../model/thread-dump.js';
import type { KernelThread } from '../../model/threads.js';
import { chainFrom, type JudgedDump, type JudgedLock, type Step } from './judge.js';
import type { Owner } from './owner.js';

/** The kernel's view of threads by their number in the JVM's namespace. */
export type KernelThreads = ReadonlyMap<number, KernelThread>;

export interface Track {
  readonly first: number;
  last: number;
  samples: number;
  mostWaiters: number;
  /** Of the last dump. */
  lock: JudgedLock;
  chain: readonly Step[];
  judged: JudgedDump;
  kernel: KernelThreads | undefined;
  /** Threads that waited in every one of its dumps. */
  always: ReadonlySet<string>;
  /** Nobody was seen to hold it, and the same single stack was cut in each. */
  suspect: DumpedThread | undefined;
  /** How often the thread that is told of did what it does now. */
  same: number;
}

/** Who a thread is from one dump to the next. */
export function identity({ name, javaId, nativeId }: DumpedThread): string {
  return javaId === undefined ? `${nativeId ?? ''} ${name}` : `#${javaId}`;
}

/** The owner, or the only one who may be it. */
export function toldOf({ owner }: JudgedLock): DumpedThread | undefined {
  return owner.thread ?? (owner.candidates.length === 1 ? owner.candidates[0] : undefined);
}

/** Since JDK 24 a virtual thread keeps its monitors while it is not mounted (JEP 491), and these dumps show only mounted ones. */
function mayHideOwners({ dump }: JudgedDump): boolean {
  if (dump.format !== 'hotspot' && dump.format !== 'jhsdb') return false;
  const major = Number(/\((\d+)/.exec(dump.vm ?? '')?.[1]);
  return !(major < 24);
}

function suspectOf(judged: JudgedDump, { lock, owner }: JudgedLock): DumpedThread | undefined {
  const isSeen = owner.grade !== 'unknown' || lock.kind !== 'monitor' || mayHideOwners(judged);
  return isSeen || owner.candidates.length !== 1 ? undefined : owner.candidates[0];
}

export class Tracks {
  private readonly tracks: Track[] = [];
  private open: Track[] = [];
  private count = 0;

  take(judged: JudgedDump, kernel?: KernelThreads): void {
    const now = judged.locks.map((lock) => {
      const waiters = new Set(lock.waiters.map(identity));
      const track = this.open.find((each) => isSame(each, lock, waiters));
      return track ? this.goOn(track, judged, lock, waiters, kernel) : this.begin(judged, lock, waiters, kernel);
    });
    this.open = now;
    this.count += 1;
  }

  /** Every lock that was waited for. */
  all(): readonly Track[] {
    return this.tracks;
  }

  private begin(
    judged: JudgedDump,
    lock: JudgedLock,
    always: ReadonlySet<string>,
    kernel: KernelThreads | undefined,
  ): Track {
    const track: Track = {
      first: this.count,
      last: this.count,
      samples: 1,
      mostWaiters: always.size,
      lock,
      chain: chainFrom(judged, lock),
      judged,
      kernel,
      always,
      suspect: suspectOf(judged, lock),
      same: 1,
    };
    this.tracks.push(track);
    return track;
  }

  private goOn(
    track: Track,
    judged: JudgedDump,
    lock: JudgedLock,
    waiters: ReadonlySet<string>,
    kernel: KernelThreads | undefined,
  ): Track {
    const suspect = suspectOf(judged, lock);
    const isSuspect = suspect && track.suspect && identity(suspect) === identity(track.suspect);
    const hasLostNone = [...track.always].every((each) => waiters.has(each));
    const chain = chainFrom(judged, lock);
    track.suspect = isSuspect && hasLostNone ? suspect : undefined;
    track.same = isSameWork(track, lock, chain) ? track.same + 1 : 1;
    track.always = new Set([...track.always].filter((each) => waiters.has(each)));
    track.mostWaiters = Math.max(track.mostWaiters, waiters.size);
    track.last = this.count;
    track.samples += 1;
    Object.assign(track, { lock, chain, judged, kernel });
    return track;
  }
}

function isSame(track: Track, lock: JudgedLock, waiters: ReadonlySet<string>): boolean {
  if (track.lock.lock.kind !== lock.lock.kind || track.lock.lock.type !== lock.lock.type) return false;
  if (track.lock.lock.id === lock.lock.id) return true;
  // What has moved has an address; a hash stays.
  if (!lock.lock.id.startsWith('0x') || waiters.size < THREADS.leastTogether) return false;
  return (
    track.lock.waiters.length >= THREADS.leastTogether &&
    track.lock.waiters.every((each) => waiters.has(identity(each)))
  );
}

function isSameWork(track: Track, lock: JudgedLock, chain: readonly Step[]): boolean {
  const [before, now] = [toldOf(track.lock), toldOf(lock)];
  if (!before || !now || identity(before) !== identity(now)) return false;
  return before.frames[0] === now.frames[0] && track.chain[0]?.activity?.doing === chain[0]?.activity?.doing;
}

/** The owner in the last dump, or the one that all its dumps leave over. */
export function ownerOver(track: Track): Owner {
  const { suspect, samples, lock } = track;
  if (lock.owner.grade !== 'unknown' || !suspect || samples < THREADS.leastSamples) return lock.owner;
  return {
    grade: 'inferred',
    thread: suspect,
    because: `in ${samples} dumps the same threads wait, no whole stack shows the lock, and this is the only stack that is cut`,
    candidates: [],
  };
}
