// A heap dump's bytes → its threads with whole stacks, names, states, what they are parked on and who owns that, and the objects in their frames: what the
// beginning and the roots tell, and as few objects as that takes, in four rounds, since each object names the next.

import { OBJECT_WAIT } from '../../base/java-names.js';
import { isoTime } from '../../base/format.js';
import type { HeapCoverage, HeapDump, HeapObject, HeapThread } from '../../model/heap-dump.js';
import type { DumpedLock, DumpedThread } from '../../model/thread-dump.js';
import type { HeapBytes } from './heap-bytes.js';
import { Classes } from './classes.js';
import { Heap } from './heap.js';
import { TYPE } from './layout.js';
import { PrefixReader, readHead, type Prefix } from './prefix.js';
import { hopSegments, type Segments } from './segments.js';
import { Stacks, type Stack } from './stacks.js';
import { Symbols } from './symbols.js';
import { FIELDS, ThreadObjects } from './thread-objects.js';

const NATIVE = /\(Native Method\)$/;

/** A thread of the dump, while it is read. */
interface Row {
  /** 0 where its object is not known. */
  readonly id: number;
  readonly stack: Stack;
  /** Rows of the roots: objects in its frames. */
  readonly roots: number[];
}

const NO_STACK: Stack = { frames: [], methods: [], topClass: undefined };

/** Throws a UserError where it is no heap dump. `isFull`: passes every object, whatever may be known without. */
export async function readHeapDump(bytes: HeapBytes, name: string, isFull: boolean): Promise<HeapDump> {
  const head = await readHead(bytes, name);
  const reader = new PrefixReader(bytes, head);
  const prefix = await reader.read();
  const segments = await hopSegments(bytes, head, prefix.heapAt);
  const heap = new Heap(bytes, head, segments);
  await heap.open(isFull);
  // Since JDK 22 the roots of a virtual thread that is not mounted stand beside its object, somewhere in the heap.
  if (heap.mode === 'sparse' && !hasAllThreads(prefix, heap)) await heap.open(true);
  const symbols = symbolsIn(prefix);
  await reader.fill(symbols, FIELDS);
  const dump = new HeapThreads(prefix, heap, symbols);
  const threads = await dump.read();
  const takenAt = isoTime(head.takenMs);
  return {
    ...(takenAt !== undefined && head.takenMs > 0 && { takenAt }),
    threads,
    lineage: dump.lineage(),
    lostBlockers: dump.lostBlockers,
    coverage: coverageOf(bytes, prefix, segments, heap),
  };
}

/** Whether the roots tell of every stack whose it is. */
function hasAllThreads({ traces }: Prefix, { roots }: Heap): boolean {
  const known = new Set(roots.threads.map(({ trace }) => trace));
  return traces.every(({ serial, frames }) => frames.length === 0 || known.has(serial));
}

function symbolsIn({ classes, frames }: Prefix): Symbols {
  const names = [...classes.values()].map(({ name }) => name);
  return new Symbols([names, frames.method, frames.signature, frames.source]);
}

function coverageOf(bytes: HeapBytes, prefix: Prefix, segments: Segments, heap: Heap): HeapCoverage {
  const damage = [
    ...(prefix.isDamaged ? [`At byte ${prefix.heapAt}, before the heap, no record begins.`] : []),
    ...segments.damage,
    ...heap.damage,
    ...(bytes.refusal === undefined ? [] : [`Not all of it could be read: ${bytes.refusal}.`]),
  ];
  const size = bytes.size ?? segments.covered;
  return {
    size: bytes.fileSize,
    inflated: bytes.isCompressed ? size : null,
    read: bytes.pages.bytes,
    mode: heap.mode,
    covered: segments.covered,
    ended: segments.ended,
    rootsWhole: damage.length === 0 && hasAllThreads(prefix, heap) && (segments.ended || heap.areRootsPassed),
    damage,
  };
}

class HeapThreads {
  lostBlockers = 0;
  private readonly prefix: Prefix;
  private readonly heap: Heap;
  private readonly stacks: Stacks;
  private readonly classes: Classes;
  private readonly objects: ThreadObjects;
  private readonly types = new Set<number>();

  constructor(prefix: Prefix, heap: Heap, symbols: Symbols) {
    this.prefix = prefix;
    this.heap = heap;
    this.stacks = new Stacks(prefix, symbols);
    this.classes = new Classes(heap.classes, prefix, symbols);
    this.objects = new ThreadObjects(this.classes, heap.found);
  }

  async read(): Promise<HeapThread[]> {
    const rows = this.rows();
    await this.heap.find(rows.map(({ id }) => id));
    await this.heap.find(rows.flatMap(({ id }) => this.objects.linksOf(id)));
    const states = new Map(rows.map((row) => [row, this.objects.stateOf(row.id)]));
    const owners = rows.map(({ id }) => this.objects.ownerOf(this.objects.blockerOf(id)) ?? 0);
    const blocked = rows.filter((row) => states.get(row) === 'BLOCKED');
    const inTops = blocked.flatMap((row) => this.inFrame(row, 0));
    await this.heap.find([
      ...rows.map(({ id }) => this.objects.lettersOf(id)),
      ...owners,
      ...inTops,
      ...this.waitedOn(rows),
    ]);
    const all = [...rows, ...this.unseen(rows, owners)];
    await this.heap.find(all.flatMap(({ id }) => this.objects.linksOf(id)));
    await this.heap.find(all.map(({ id }) => this.objects.lettersOf(id)));
    const locks = new Set([...inTops, ...blocked.map(({ stack }) => stack.topClass ?? 0)]);
    const owned = this.ownedBy(rows);
    return all.map((row) => this.thread(row, locks, owned.get(row.id) ?? []));
  }

  /** Class → its lineage, of all that was told of and of what methods of blocked threads take. */
  lineage(): ReadonlyMap<string, readonly string[]> {
    const lines = new Map<string, readonly string[]>();
    const supers = new Set([...this.heap.classes.values()].map(({ superId }) => superId));
    for (const id of this.types) {
      const line = this.classes.lineage(id);
      const [own, object] = line;
      // To a JVM an interface is a class below Object without a field; one that has a subclass is none.
      const isInterface = own && line.length === 2 && own.fields.length === 0 && !supers.has(id);
      const names = (isInterface ? [own] : line).map((each) => this.classes.nameOf(each.id));
      if (object) lines.set(names[0] ?? '', names);
    }
    return lines;
  }

  /** By their objects where the roots tell them, each once; otherwise by their stacks. */
  private rows(): Row[] {
    const { threads, serials } = this.heap.roots;
    const traces = new Map(this.prefix.traces.map((trace) => [trace.serial, trace]));
    if (threads.length === 0)
      return this.prefix.traces
        .filter(({ frames }) => frames.length > 0)
        .map((trace) => ({ id: 0, stack: this.stacks.of(trace), roots: [] }));
    const rows = new Map<number, Row>();
    const bySerial = new Map<number, Row>();
    for (const { id, serial, trace } of threads) {
      const known = traces.get(trace);
      const row = rows.get(id) ?? { id, stack: known ? this.stacks.of(known) : NO_STACK, roots: [] };
      rows.set(id, row);
      bySerial.set(serial, row);
    }
    serials.forEach((serial, each) => bySerial.get(serial)?.roots.push(each));
    return [...rows.values()];
  }

  /** Ids of the objects in a frame's variables, in the order of their slots. */
  private inFrame({ roots }: Row, frame: number): number[] {
    const { frames, objects } = this.heap.roots;
    return roots.filter((each) => frames[each] === frame).map((each) => objects[each] ?? 0);
  }

  /** The object that a thread waits for in Object.wait, told by that method's own frames. */
  private waitsOn(row: Row): number {
    const { frames } = row.stack;
    for (let frame = 0; OBJECT_WAIT.test(frames[frame] ?? ''); frame += 1) {
      const [first] = NATIVE.test(frames[frame] ?? '') ? [] : this.inFrame(row, frame);
      if (first !== undefined) return first;
    }
    return 0;
  }

  private waitedOn(rows: readonly Row[]): number[] {
    return rows.map((row) => this.waitsOn(row));
  }

  /** Owners that are no root: virtual threads of JDK 21 that are not mounted. */
  private unseen(rows: readonly Row[], owners: readonly number[]): Row[] {
    const known = new Set(rows.map(({ id }) => id));
    const ids = new Set(owners.filter((id) => id !== 0 && !known.has(id) && this.heap.found.has(id)));
    return [...ids].map((id) => ({ id, stack: NO_STACK, roots: [] }));
  }

  private ownedBy(rows: readonly Row[]): Map<number, DumpedLock[]> {
    const owned = new Map<number, Map<number, DumpedLock>>();
    for (const { id } of rows) {
      const blocker = this.objects.blockerOf(id);
      const owner = this.objects.ownerOf(blocker) ?? 0;
      if (owner === 0) continue;
      const locks = owned.get(owner) ?? new Map<number, DumpedLock>();
      owned.set(owner, locks.set(blocker, this.object(blocker)));
    }
    return new Map([...owned].map(([owner, locks]) => [owner, [...locks.values()]]));
  }

  private object(id: number): HeapObject {
    const address = `0x${id.toString(16)}`;
    if (this.classes.has(id)) {
      this.types.add(id);
      const represents = this.classes.nameOf(id);
      return { id: address, type: `java.lang.Class for ${represents}`, represents };
    }
    const data = this.heap.found.get(id);
    if (data) this.types.add(data.classOrType);
    return { id: address, type: data ? this.classes.typeOf(data) : '' };
  }

  private parked(id: number): DumpedThread['notes'] {
    const blocker = this.objects.blockerOf(id);
    if (blocker === 0) return [];
    const { id: address, type } = this.object(blocker);
    if (type === '') this.lostBlockers += 1;
    return [{ id: address, type, use: 'parks', frame: 0 }];
  }

  private thread(row: Row, locks: ReadonlySet<number>, synchronizers: readonly DumpedLock[]): HeapThread {
    const { id, stack } = row;
    const state = this.objects.stateOf(id);
    const javaId = this.objects.javaIdOf(id);
    const waited = this.waitsOn(row);
    const top = state === 'BLOCKED' ? this.inFrame(row, 0) : [];
    if (state === 'BLOCKED') this.tellTypes(stack);
    return {
      thread: {
        name: this.objects.nameOf(id) ?? '(its name is not there)',
        ...(javaId !== undefined && { javaId }),
        virtual: this.objects.isVirtual(id),
        ...(state && { state }),
        frames: stack.frames,
        notes: state === 'RUNNABLE' ? [] : this.parked(id),
        synchronizers,
        elided: false,
        broken: false,
      },
      methods: stack.methods,
      references: this.references(row, locks),
      ...(state === 'BLOCKED' && stack.topClass !== undefined && { topClass: this.object(stack.topClass) }),
      lastIsField: top.length > 0 && this.isField(stack, top),
      ...(waited !== 0 && { waitsOn: this.object(waited) }),
      inWait: OBJECT_WAIT.test(stack.frames[0] ?? ''),
    };
  }

  /** Of frames that have none of the locks nothing: most of a deep stack. */
  private references({ roots }: Row, locks: ReadonlySet<number>): Map<number, HeapObject[]> {
    const { frames, objects } = this.heap.roots;
    const having = new Set(roots.filter((each) => locks.has(objects[each] ?? 0)).map((each) => frames[each]));
    const found = new Map<number, HeapObject[]>();
    for (const each of roots) {
      const [frame = 0, id = 0] = [frames[each], objects[each]];
      if (!having.has(frame)) continue;
      const inFrame = found.get(frame);
      if (inFrame) inFrame.push(this.object(id));
      else found.set(frame, [this.object(id)]);
    }
    return found;
  }

  /** Whether a field of the frame's class, or of the first object in it, leads to the last one. */
  private isField({ topClass }: Stack, top: readonly number[]): boolean {
    const [first = 0] = top;
    const last = top.at(-1) ?? 0;
    const object = this.heap.found.get(first);
    const statics = this.classes.lineage(topClass ?? 0).flatMap(({ id }) => this.classes.statics(id, TYPE.object));
    return (
      statics.some(({ value }) => value === last) ||
      (object && this.classes.referencesOf(object).includes(last)) === true
    );
  }

  /** Makes known the classes that a blocked thread's innermost method is declared in and takes. */
  private tellTypes({ topClass, methods }: Stack): void {
    if (topClass !== undefined) this.types.add(topClass);
    for (const [, name = ''] of (methods[0] ?? '').matchAll(/L([^;]+);/g)) {
      const id = this.classes.idOf(name);
      if (id !== undefined) this.types.add(id);
    }
  }
}
