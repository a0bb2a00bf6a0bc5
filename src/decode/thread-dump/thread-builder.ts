// One thread of a dump while its lines come: the header first, then frames, and lines about locks that belong to the frame above them.

import { isParkedAt, OBJECT_WAIT } from '../../base/java-names.js';
import {
  UNNAMED_CLASS,
  type DumpedLock,
  type DumpedThread,
  type JavaState,
  type LockNote,
  type LockUse,
  type NamedOwner,
} from '../../model/thread-dump.js';
import type { Header } from './headers.js';
import type { LockLine } from './lock-lines.js';
import { nameOf } from './text.js';

/** What a ThreadInfo's one lock is to its thread. */
export function useOfAwaited(state: JavaState | undefined, isParked: boolean): LockUse {
  if (state === 'BLOCKED') return 'wants';
  return isParked ? 'parks' : 'waits';
}

export class ThreadBuilder {
  readonly header: Header;
  private frames: readonly string[] = [];
  /** The same list where it is this thread's alone. */
  private ownFrames: string[] | undefined;
  private readonly notes: LockNote[] = [];
  private synchronizers: DumpedLock[] | undefined;
  private state: JavaState | undefined;
  private on: string | undefined;
  private ownedBy: NamedOwner | undefined;
  private elided = false;
  private broken = false;
  /** Lines now tell of synchronizers. */
  private listing = false;
  private hasStateLine = false;
  /** Lines since the header. */
  private lines = 0;
  /** A blank line came behind the header itself: the whole text is spaced. */
  private isSpaced = false;
  private hasGap = false;

  constructor(header: Header) {
    this.header = header;
    this.state = header.state;
    this.on = header.on;
    this.ownedBy = header.ownedBy;
  }

  /** A blank line ends a stack, but for what follows of synchronizers. */
  blank(): void {
    if (this.lines === 0) this.isSpaced = true;
    else this.hasGap = true;
  }

  /** Whether a blank line came behind the last one of it. */
  get isEnded(): boolean {
    return this.hasGap && !this.isSpaced;
  }

  /** Whether it has had what a thread has once: a second one is of a thread whose header was lost. */
  hasHad(what: 'state' | 'synchronizers'): boolean {
    if (what === 'synchronizers') return this.synchronizers !== undefined;
    return this.frames.length > 0 || (this.hasStateLine && this.hasGap);
  }

  frame(text: string): void {
    this.lines += 1;
    this.own().push(text);
  }

  /** Several at once, of a list that others may have as well. */
  stack(frames: readonly string[]): void {
    this.lines += frames.length;
    if (this.frames.length === 0) this.frames = frames;
    else for (const frame of frames) this.own().push(frame);
  }

  private own(): string[] {
    if (!this.ownFrames) this.frames = this.ownFrames = [...this.frames];
    return this.ownFrames;
  }

  note({ id, type, use, ownedBy }: LockLine): void {
    this.lines += 1;
    this.notes.push({ id, type, use, frame: Math.max(0, this.frames.length - 1) });
    if (ownedBy) this.ownedBy = ownedBy;
  }

  /** `on`: 'CLASS@HASH', where the line of the state names what it waits for. */
  inState(state: JavaState, on?: string, owner?: string): void {
    this.lines += 1;
    this.hasStateLine = true;
    this.state = state;
    this.on = on ?? this.on;
    if (owner !== undefined) this.ownedBy = { name: owner };
  }

  listSynchronizers(): void {
    this.listing = true;
    this.synchronizers ??= [];
  }

  get isListing(): boolean {
    return this.listing;
  }

  owns(lock: DumpedLock): void {
    this.synchronizers?.push(lock);
  }

  goesOn(): void {
    this.elided = true;
  }

  fails(): void {
    this.broken = true;
  }

  build(): DumpedThread {
    const { name, javaId, nativeId, virtual } = this.header;
    const { state, on, ownedBy } = this;
    const isParked = isParkedAt(this.frames[0]);
    const notes = this.notes.map((note) =>
      isParked && (note.use === 'waits' || note.use === 'wants') ? { ...note, use: 'parks' as const } : note,
    );
    return {
      name: nameOf(name),
      ...(javaId !== undefined && { javaId }),
      ...(nativeId !== undefined && { nativeId }),
      virtual,
      ...(state && this.hasJavaState() && { state }),
      frames: this.frames,
      notes: [
        ...(on === undefined ? notes : withAwaited(notes, on, state, isParked)),
        ...(this.awaitsClass() ? [classAt(this.frames[0] ?? '')] : []),
      ],
      ...(this.synchronizers && { synchronizers: this.synchronizers }),
      ...(ownedBy && { ownedBy: namedOwner(ownedBy) }),
      elided: this.elided,
      broken: this.broken,
    };
  }

  /**
   * HotSpot waits for another thread to initialise or load a class as it does in Object.wait(), in a thread that it calls runnable, and JDK 11 and older
   * say no more of it (javaVFrame::print_lock_info_on).
   */
  private awaitsClass(): boolean {
    const [top] = this.frames;
    if (this.header.isInWait !== true || this.state !== 'RUNNABLE' || top === undefined) return false;
    return !OBJECT_WAIT.test(top) && !this.notes.some(({ use }) => use === 'initialises');
  }

  /** HotSpot's words behind a header are of any thread; one without frames is the VM's own, or tells its state in a line. */
  private hasJavaState(): boolean {
    return this.hasStateLine || this.frames.length > 0 || this.header.format !== 'hotspot';
  }
}

/** A class that no line names: threads at the same place wait for the same one. */
function classAt(frame: string): LockNote {
  return { id: `class at ${frame}`, type: UNNAMED_CLASS, use: 'initialises', frame: 0 };
}

function namedOwner({ name, javaId }: NamedOwner): NamedOwner {
  return { name: nameOf(name), ...(javaId !== undefined && { javaId }) };
}

/** What a ThreadInfo's header says that it waits for, where no line below repeats it. */
function withAwaited(
  notes: readonly LockNote[],
  on: string,
  state: JavaState | undefined,
  isParked: boolean,
): readonly LockNote[] {
  if (notes.some(({ id, use }) => id === on && use !== 'holds')) return notes;
  return [{ id: on, type: on.replace(/@[\da-f]+$/i, ''), use: useOfAwaited(state, isParked), frame: 0 }, ...notes];
}
