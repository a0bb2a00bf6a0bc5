// Objects of a heap → what they say as threads, names and locks: java.lang.Thread's fields moved between JDKs (its status into a holder in 19; its name was an
// array of chars until 8), and a virtual thread has a state of its own, whose numbers the dump itself names.

import type { JavaState } from '../../model/thread-dump.js';
import type { Classes } from './classes.js';
import type { HeapObjectData } from './heap.js';
import { PRIMITIVE_ARRAY, TYPE } from './layout.js';

const THREAD = 'java.lang.Thread';
const VIRTUAL = 'java.lang.VirtualThread';
const VIRTUAL_NAME = 'java/lang/VirtualThread';
const OWNABLE = 'java.util.concurrent.locks.AbstractOwnableSynchronizer';

/** Bits of a thread's status. Source: jdk.internal.misc.VM.toThreadState. */
const STATUS: readonly (readonly [bit: number, state: JavaState])[] = [
  [0x4, 'RUNNABLE'],
  [0x400, 'BLOCKED'],
  [0x10, 'WAITING'],
  [0x20, 'TIMED_WAITING'],
  [0x2, 'TERMINATED'],
];
/** java.lang.VirtualThread's constants. */
const VIRTUAL_STATES: ReadonlyMap<string, JavaState> = new Map([
  ['NEW', 'NEW'],
  ...['STARTED', 'RUNNING', 'UNPARKED', 'YIELDING', 'YIELDED', 'UNBLOCKED'].map((name) => [name, 'RUNNABLE'] as const),
  ...['PARKING', 'PARKED', 'PINNED', 'WAITING', 'WAIT'].map((name) => [name, 'WAITING'] as const),
  ...['TIMED_PARKING', 'TIMED_PARKED', 'TIMED_PINNED', 'TIMED_WAITING', 'TIMED_WAIT'].map(
    (name) => [name, 'TIMED_WAITING'] as const,
  ),
  ...['BLOCKING', 'BLOCKED'].map((name) => [name, 'BLOCKED'] as const),
  ['TERMINATED', 'TERMINATED'],
]);
/** Symbols of fields that are asked for. */
export const FIELDS: ReadonlySet<string> = new Set([
  'name',
  'tid',
  'holder',
  'threadStatus',
  'parkBlocker',
  'carrierThread',
  'state',
  'value',
  'coder',
  'exclusiveOwnerThread',
  ...VIRTUAL_STATES.keys(),
]);
/** Of a virtual thread that is mounted the carrier's state tells more. */
const RUNNING = 'RUNNING';
const SUSPENDED = 0x100;

export class ThreadObjects {
  private readonly classes: Classes;
  private readonly found: ReadonlyMap<number, HeapObjectData>;
  private readonly virtualStates = new Map<number, string>();

  constructor(classes: Classes, found: ReadonlyMap<number, HeapObjectData>) {
    this.classes = classes;
    this.found = found;
    const virtual = classes.idOf(VIRTUAL_NAME);
    if (virtual === undefined) return;
    for (const { name, value } of classes.statics(virtual, TYPE.int))
      if (VIRTUAL_STATES.has(name)) this.virtualStates.set(value, name);
  }

  private link(thread: number, field: string): number {
    return this.classes.field(this.found.get(thread), THREAD, field) ?? 0;
  }

  /** Ids of what its name, its status and its waiting are told by; 0 for what there is not. */
  linksOf(thread: number): readonly number[] {
    return [this.link(thread, 'name'), this.link(thread, 'holder'), this.blockerOf(thread), this.carrierOf(thread)];
  }

  blockerOf(thread: number): number {
    return this.link(thread, 'parkBlocker');
  }

  carrierOf(thread: number): number {
    return this.classes.field(this.found.get(thread), VIRTUAL, 'carrierThread') ?? 0;
  }

  isVirtual(thread: number): boolean {
    const object = this.found.get(thread);
    return object !== undefined && this.classes.isA(object.classOrType, 'java.lang.BaseVirtualThread');
  }

  javaIdOf(thread: number): number | undefined {
    return this.classes.field(this.found.get(thread), THREAD, 'tid');
  }

  /** The array of its name's letters; 0 where it is the name itself. */
  lettersOf(thread: number): number {
    return this.classes.field(this.found.get(this.link(thread, 'name')), 'java.lang.String', 'value') ?? 0;
  }

  /** Undefined where it could not be read. */
  nameOf(thread: number): string | undefined {
    const name = this.found.get(this.link(thread, 'name'));
    if (name?.tag === PRIMITIVE_ARRAY) return lettersOf(name, 1);
    const letters = this.found.get(this.lettersOf(thread));
    return letters && lettersOf(letters, this.classes.field(name, 'java.lang.String', 'coder') ?? 1);
  }

  stateOf(thread: number): JavaState | undefined {
    const object = this.found.get(thread);
    const own = this.classes.field(object, VIRTUAL, 'state');
    const name = own === undefined ? undefined : this.virtualStates.get(own & ~SUSPENDED);
    if (own === undefined) return this.statusOf(thread);
    if (name === RUNNING && this.carrierOf(thread) !== 0) return this.statusOf(this.carrierOf(thread));
    return name === undefined ? undefined : VIRTUAL_STATES.get(name);
  }

  private statusOf(thread: number): JavaState | undefined {
    const holder = this.found.get(this.link(thread, 'holder'));
    const status =
      this.classes.field(holder, 'java.lang.Thread$FieldHolder', 'threadStatus') ??
      this.classes.field(this.found.get(thread), THREAD, 'threadStatus');
    if (status === undefined) return undefined;
    return STATUS.find(([bit]) => (status & bit) !== 0)?.[1] ?? ((status & 1) === 0 ? 'NEW' : 'RUNNABLE');
  }

  /** The thread that owns a lock, 0 where none does; undefined where what it is parked on has no owner. */
  ownerOf(blocker: number): number | undefined {
    return this.classes.field(this.found.get(blocker), OWNABLE, 'exclusiveOwnerThread');
  }
}

/** `coder`: 0 for Latin-1, 1 for UTF-16, which the JVM has in the machine's order. An array of chars is in the file's order. */
function lettersOf({ classOrType, data }: HeapObjectData, coder: number): string {
  const bytes = Buffer.from(data);
  if (classOrType === TYPE.byte && coder === 0) return bytes.toString('latin1');
  if (classOrType === TYPE.char)
    return bytes
      .subarray(0, bytes.length & ~1)
      .swap16()
      .toString('utf16le');
  return bytes.toString('utf16le');
}
