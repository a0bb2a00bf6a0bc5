// Lines of a javacore, which OpenJ9 and IBM's JVMs write → the thread dumps in it. Every line begins with a tag that says what it is. A thread's own line
// names what it waits for and who owns that; JVMs without that line (IBM's before version 6) tell it in the section of monitors alone. All threads stand
// still meanwhile. Source: OpenJ9's documentation, "Java dump".

import {
  UNNAMED_CLASS,
  type DumpedLock,
  type DumpedThread,
  type JavaState,
  type LockNote,
  type LockUse,
  type NamedOwner,
  type ThreadDump,
} from '../../model/thread-dump.js';
import { Frames, MOST_FRAMES } from './frames.js';
import { addressId } from './lock-lines.js';
import { nameOf } from './text.js';

const TAGGED = /^(\w+)\s*(.*)$/;
const DATE = /^Date:\s*(\d{4})\/(\d\d)\/(\d\d) at (\d\d:\d\d:\d\d)/;
const THREAD = /^"(.*)" (?:J9VMThread|TID):(0x[\da-f]+),.*?\bstate:(\w+)/i;
const JAVA_ID = /\bgetId:(0x[\da-f]+)/i;
const NATIVE_ID = /\bnative (?:thread )?ID:(0x[\da-f]+)/i;
const BLOCK = /^([^@\s]+)@(0x[\da-f]+)(.*)$/i;
const OWNER = /^ Owned by: "(.*)" \(J9VMThread:(0x[\da-f]+)/i;
const INITIALISER = /\bInitializing thread: "(.*)"/;
const ENTERED = /^\(entered lock: ([^@\s]+)@(0x[\da-f]+)/i;
const MONITOR = /^([^@\s]+)@(0x[\da-f]+):(?: (?:owner|Flat locked by) "(.*)" \((?:J9VMThread:)?(0x[\da-f]+)\))?/i;
const WAITER = /^"(.*)" \((?:J9VMThread:)?(0x[\da-f]+)\)/i;

const STATES: Readonly<Record<string, JavaState>> = {
  R: 'RUNNABLE',
  CW: 'WAITING',
  P: 'WAITING',
  B: 'BLOCKED',
  Z: 'TERMINATED',
};
/** The lines of a thread in their order: one that comes again, or too late, is of a thread whose own line was lost. */
const ORDER: Readonly<Record<string, number>> = {
  '3XMJAVALTHREAD': 1,
  '3XMTHREADINFO1': 2,
  '3XMTHREADBLOCK': 3,
  '4XESTACKTRACE': 4,
  '5XESTACKTRACE': 4,
};
const STACK = 4;
const USES: readonly (readonly [words: string, use: LockUse])[] = [
  ['Blocked on: ', 'wants'],
  ['Waiting on: ', 'waits'],
  ['Parked on: ', 'parks'],
];

/** A thread while its lines come. `vmThread`: the JVM's number for it, by which others name it. */
interface Open {
  readonly vmThread: string;
  readonly name: string;
  readonly state: JavaState | undefined;
  /** How far in the order of its lines. */
  reached: number;
  javaId?: number | undefined;
  nativeId?: number | undefined;
  readonly frames: string[];
  readonly notes: LockNote[];
  owner?: { readonly name: string; readonly vmThread?: string };
}

/** A monitor of the section of monitors, with those that wait to enter it. */
interface Monitor {
  readonly lock: DumpedLock;
  readonly owner: { readonly name: string; readonly vmThread: string } | undefined;
  readonly waiters: string[];
}

/** The same number, however many zeros it is printed with behind its 0x. */
function numberId(text: string): string {
  return addressId(text.slice(2));
}

function javaLock(type: string, address: string): DumpedLock {
  return { id: numberId(address), type: type.replaceAll('/', '.') };
}

function numberIn(pattern: RegExp, text: string): number | undefined {
  const value = Number(pattern.exec(text)?.[1]);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Whether a text begins as such a dump. */
export function isJavacore(beginning: string): boolean {
  return /^(?:NULL\b[^\n]*\r?\n)*0SECTION\s+TITLE\b/.test(beginning);
}

export class JavacoreReader {
  private readonly emit: (dump: ThreadDump) => void;
  private readonly frames = new Frames();
  private takenAt: string | undefined;
  private vm: string | undefined;
  private threads: Open[] = [];
  private thread: Open | undefined;
  private monitors: Monitor[] = [];
  private monitor: Monitor | undefined;
  private frameCount = 0;
  private refused = 0;
  private isEnded = false;

  constructor(emit: (dump: ThreadDump) => void) {
    this.emit = emit;
  }

  /** Takes a line without its end. */
  line(line: string): void {
    const [, tag = '', text = ''] = TAGGED.exec(line) ?? [];
    if (tag === '0SECTION') this.section(text);
    else if (tag.startsWith('3LK')) this.monitorLine(tag, text);
    else if (tag === '1TIDATETIME') this.date(text);
    else if (tag === '1CIJAVAVERSION') this.vm = text;
    else if (tag === '3XMTHREADINFO') this.header(text);
    else if (tag === 'NULL') this.thread = undefined;
    else if (tag === '2LKMONINUSE') this.monitor = undefined;
    else if (this.thread) this.threadLine(this.thread, tag, text);
  }

  /** The text ends here; `cut` is a last line that nothing ends. */
  end(cut = ''): void {
    this.line(cut);
    this.finish();
  }

  private finish(): void {
    if (this.threads.length > 0) this.emit(this.dump());
    this.forget();
  }

  private section(text: string): void {
    this.thread = undefined;
    if (text.startsWith('TITLE')) this.finish();
    else if (this.threads.length > 0) this.isEnded = true;
  }

  private date(text: string): void {
    const [, year, month, day, time] = DATE.exec(text) ?? [];
    if (time !== undefined) this.takenAt = `${year}-${month}-${day} ${time}`;
  }

  private monitorLine(tag: string, text: string): void {
    if (tag === '3LKMONOBJECT') {
      const [, type, address, name, vmThread] = MONITOR.exec(text) ?? [];
      if (type === undefined || address === undefined) return;
      const owner = name === undefined || vmThread === undefined ? undefined : { name, vmThread: numberId(vmThread) };
      this.monitor = { lock: javaLock(type, address), owner, waiters: [] };
      this.monitors.push(this.monitor);
    } else if (tag === '3LKWAITER') {
      const [, , vmThread] = WAITER.exec(text) ?? [];
      if (vmThread !== undefined) this.monitor?.waiters.push(numberId(vmThread));
    }
  }

  private header(text: string): void {
    const [, name, vmThread, state = ''] = THREAD.exec(text) ?? [];
    this.thread = undefined;
    if (name === undefined || vmThread === undefined) return;
    const known = Object.hasOwn(STATES, state) ? STATES[state] : undefined;
    this.thread = { vmThread: numberId(vmThread), name: nameOf(name), state: known, reached: 0, frames: [], notes: [] };
    this.threads.push(this.thread);
  }

  private threadLine(thread: Open, tag: string, text: string): void {
    const place = ORDER[tag];
    if (place === undefined) return;
    if (place < thread.reached || (place === thread.reached && place < STACK)) {
      this.thread = undefined;
      return;
    }
    thread.reached = place;
    if (tag === '4XESTACKTRACE') this.frame(thread, text);
    else if (tag === '5XESTACKTRACE') {
      const [, type, address] = ENTERED.exec(text) ?? [];
      if (type === undefined || address === undefined) return;
      thread.notes.push({ ...javaLock(type, address), use: 'holds', frame: Math.max(0, thread.frames.length - 1) });
    } else if (tag === '3XMTHREADBLOCK') this.block(thread, text);
    else if (tag === '3XMJAVALTHREAD') thread.javaId = numberIn(JAVA_ID, text);
    else if (tag === '3XMTHREADINFO1') thread.nativeId = numberIn(NATIVE_ID, text);
  }

  private frame(thread: Open, text: string): void {
    if (!text.startsWith('at ')) return;
    this.frameCount += 1;
    if (this.frameCount > MOST_FRAMES) this.refused += 1;
    else thread.frames.push(this.frames.ofJavacore(text.slice(3)));
  }

  private block(thread: Open, text: string): void {
    const [words, use] = USES.find(([each]) => text.startsWith(each)) ?? [];
    const [, type, address, rest = ''] = BLOCK.exec(text.slice(words?.length)) ?? [];
    if (use === undefined || type === undefined || address === undefined) return;
    const lock = javaLock(type, address);
    const [, initialiser] = INITIALISER.exec(rest) ?? [];
    if (initialiser !== undefined) {
      // Which class it is stands nowhere.
      thread.notes.push({ id: lock.id, type: UNNAMED_CLASS, use: 'initialises', frame: 0 });
      thread.owner = { name: initialiser };
      return;
    }
    thread.notes.push({ ...lock, use, frame: 0 });
    const [, name, vmThread] = OWNER.exec(rest) ?? [];
    // Whoever owns a monitor that is waited on in Object.wait holds nobody up.
    if (name !== undefined && vmThread !== undefined && use !== 'waits')
      thread.owner = { name, vmThread: numberId(vmThread) };
  }

  private dump(): ThreadDump {
    const numbered = new Map(this.threads.map((thread) => [thread.vmThread, thread]));
    for (const monitor of this.monitors)
      for (const waiter of monitor.waiters) {
        const thread = numbered.get(waiter);
        if (thread) wantsAlso(thread, monitor);
      }
    const { takenAt, vm, isEnded: ended, refused } = this;
    return {
      format: 'javacore',
      ...(takenAt !== undefined && { takenAt }),
      ...(vm !== undefined && { vm }),
      threads: this.threads.map((thread) => built(thread, numbered)),
      reported: [],
      ended,
      ...(!ended && { isOpen: true }),
      refused,
    };
  }

  private forget(): void {
    [this.takenAt, this.vm] = [undefined, undefined];
    [this.threads, this.monitors] = [[], []];
    [this.thread, this.monitor] = [undefined, undefined];
    [this.frameCount, this.refused] = [0, 0];
    this.isEnded = false;
  }
}

/** What the section of monitors says of one that waits to enter, where its own line does not. */
function wantsAlso(thread: Open, { lock, owner }: Monitor): void {
  if (!thread.notes.some(({ use }) => use === 'wants')) thread.notes.push({ ...lock, use: 'wants', frame: 0 });
  if (owner) thread.owner ??= owner;
}

function built(
  { name, state, javaId, nativeId, frames, notes, owner }: Open,
  numbered: ReadonlyMap<string, Open>,
): DumpedThread {
  const ownerId = owner?.vmThread === undefined ? undefined : numbered.get(owner.vmThread)?.javaId;
  const ownedBy: NamedOwner | undefined = owner && {
    name: nameOf(owner.name),
    ...(ownerId !== undefined && { javaId: ownerId }),
  };
  return {
    name,
    ...(javaId !== undefined && { javaId }),
    ...(nativeId !== undefined && { nativeId }),
    virtual: false,
    ...(state && { state }),
    frames,
    notes,
    ...(ownedBy && { ownedBy }),
    elided: false,
    broken: false,
  };
}
