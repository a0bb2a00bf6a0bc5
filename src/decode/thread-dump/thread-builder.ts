// One thread of a dump while its lines come: the header first, then frames, and lines about locks that belong to the frame above them.

import type {
  DumpedLock,
  DumpedThread,
  JavaState,
  LockNote,
  LockUse,
  NamedOwner,
} from '../../model/thread-dump.js';
import type { Header } from './headers.js';
import { nameOf } from './text.js';

/** Thread.dump_to_file and ThreadInfo say 'waiting on' of what a thread is parked on. */
const PARK = /\bUnsafe\.park\(/;

export class ThreadBuilder {
  readonly header: Header;
  private readonly frames: string[] = [];
  private readonly notes: LockNote[] = [];
  private synchronizers: DumpedLock[] | undefined;
  private state: JavaState | undefined;
  private elided = false;
  private broken = false;
  /** Lines now tell of synchronizers. */
  private listing = false;

  constructor(header: Header) {
    this.header = header;
    this.state = header.state;
  }

  frame(text: string): void {
    this.frames.push(text);
  }

  note(lock: DumpedLock & { readonly use: LockUse }): void {
    this.notes.push({ ...lock, frame: Math.max(0, this.frames.length - 1) });
  }

  inState(state: JavaState): void {
    this.state = state;
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
    const { name, javaId, nativeId, virtual, ownedBy, on } = this.header;
    const isParked = PARK.test(this.frames[0] ?? '');
    const notes = this.notes.map((note) => (note.use === 'waits' && isParked ? { ...note, use: 'parks' as const } : note));
    const { state } = this;
    return {
      name: nameOf(name),
      ...(javaId !== undefined && { javaId }),
      ...(nativeId !== undefined && { nativeId }),
      virtual,
      ...(state && this.hasJavaState() && { state }),
      frames: this.frames,
      notes: on === undefined ? notes : withAwaited(notes, on, state, isParked),
      ...(this.synchronizers && { synchronizers: this.synchronizers }),
      ...(ownedBy && { ownedBy: namedOwner(ownedBy) }),
      elided: this.elided,
      broken: this.broken,
    };
  }

  /** HotSpot's words behind a header are of any thread; one without frames is the VM's own, or tells its state in a line. */
  private hasJavaState(): boolean {
    return this.state !== this.header.state || this.frames.length > 0 || this.header.format !== 'hotspot';
  }
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
  const use = state === 'BLOCKED' ? 'wants' : isParked ? 'parks' : 'waits';
  return [{ id: on, type: on.replace(/@[\da-f]+$/i, ''), use, frame: 0 }, ...notes];
}
