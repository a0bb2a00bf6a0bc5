// Heap dumps for tests and benchmarks, written as HotSpot writes them: symbols, classes, stacks, then segments with classes, roots (first, as JDK 22 and later
// have them, or last) and objects in the order of their addresses. What threads hold and wait for is told by labels of objects.

import { gzipSync } from 'node:zlib';
import { RECORD, ROOT, TYPE } from '../../src/decode/hprof/layout.js';

export interface MadeFrame {
  /** 'LockLab.block(Ljava/lang/Runnable;)V'. */
  readonly method: string;
  readonly line?: number;
  /** Labels of objects in its variables, in the order of slots; '=LockLab' is a class object. */
  readonly has?: readonly string[];
}

export interface MadeThread {
  readonly name: string;
  /** 'LOST': the object that tells it is not there. */
  readonly status: 'RUNNABLE' | 'BLOCKED' | 'PARKED' | 'WAITING' | 'LOST';
  readonly frames: readonly MadeFrame[];
  /** Label of what it is parked on. */
  readonly parksOn?: string;
}

export interface MadeHeap {
  readonly threads: readonly MadeThread[];
  /** Label → its class, and who owns it; or objects that its fields lead to. */
  readonly objects?: Readonly<
    Record<string, { readonly type: string; readonly owner?: string; readonly fields?: readonly string[] }>
  >;
  /** Class → its superclass, where that is not java.lang.Object. */
  readonly supers?: Readonly<Record<string, string>>;
  /** Class → labels of the objects of its static fields. */
  readonly statics?: Readonly<Record<string, readonly string[]>>;
  readonly idSize?: 4 | 8;
  readonly rootsLast?: boolean;
  /** One heap record without an end, as JDK 8 writes it. */
  readonly isOld?: boolean;
  /** Segments with objects that nobody asks for, before, between and behind the others. */
  readonly filler?: number;
  /** Bytes of an array before the others. */
  readonly padding?: number;
}

const STATUS = { RUNNABLE: 5, BLOCKED: 1025, PARKED: 657, WAITING: 401, LOST: 0 } as const;
const SEGMENT = 1024 * 1024;
const FILLER_OBJECT = 56;
const BASE = 0x1000_0000;

interface MadeClass {
  readonly id: number;
  readonly superName: string | undefined;
  readonly fields: readonly (readonly [name: string, type: number])[];
}

/** Bytes that are appended, big-endian. */
class Bytes {
  private readonly parts: Buffer[] = [];
  length = 0;
  private readonly idSize: number;

  constructor(idSize: number) {
    this.idSize = idSize;
  }

  raw(bytes: Uint8Array): this {
    this.parts.push(Buffer.from(bytes));
    this.length += bytes.length;
    return this;
  }

  u1(value: number): this {
    return this.raw(Uint8Array.of(value));
  }

  u2(value: number): this {
    return this.raw(Uint8Array.of(value >> 8, value));
  }

  u4(...values: readonly number[]): this {
    for (const value of values) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value >>> 0);
      this.raw(bytes);
    }
    return this;
  }

  u8(value: number): this {
    return this.u4(Math.floor(value / 2 ** 32), value % 2 ** 32);
  }

  id(...values: readonly number[]): this {
    for (const value of values)
      if (this.idSize === 8) this.u8(value);
      else this.u4(value);
    return this;
  }

  value(type: number, value: number): this {
    if (type === TYPE.object) return this.id(value);
    if (type === TYPE.long) return this.u8(value);
    return type === TYPE.int ? this.u4(value) : this.u1(value);
  }

  all(): Buffer {
    return Buffer.concat(this.parts);
  }
}

const JDK: Readonly<Record<string, readonly [superName: string | undefined, fields: MadeClass['fields']]>> = {
  'java.lang.Object': [undefined, []],
  'java.lang.Class': ['java.lang.Object', []],
  'java.lang.String': [
    'java.lang.Object',
    [
      ['value', TYPE.object],
      ['coder', TYPE.byte],
    ],
  ],
  'java.lang.Thread': [
    'java.lang.Object',
    [
      ['tid', TYPE.long],
      ['name', TYPE.object],
      ['holder', TYPE.object],
      ['parkBlocker', TYPE.object],
    ],
  ],
  'java.lang.Thread$FieldHolder': ['java.lang.Object', [['threadStatus', TYPE.int]]],
  'java.util.concurrent.locks.AbstractOwnableSynchronizer': [
    'java.lang.Object',
    [['exclusiveOwnerThread', TYPE.object]],
  ],
  'java.util.concurrent.locks.ReentrantLock$NonfairSync': [
    'java.util.concurrent.locks.AbstractOwnableSynchronizer',
    [['state', TYPE.int]],
  ],
};

class Maker {
  private readonly made: MadeHeap;
  private readonly idSize: 4 | 8;
  private readonly symbols = new Map<string, number>();
  private readonly classes = new Map<string, MadeClass>();
  private readonly addresses = new Map<string, number>();
  private next = BASE;

  constructor(made: MadeHeap) {
    this.made = made;
    this.idSize = made.idSize ?? 8;
  }

  private bytes(): Bytes {
    return new Bytes(this.idSize);
  }

  private address(label: string): number {
    const known = this.addresses.get(label) ?? (this.next += 64);
    this.addresses.set(label, known);
    return known;
  }

  private symbol(text: string): number {
    const known = this.symbols.get(text) ?? 0x100 + this.symbols.size * 8;
    this.symbols.set(text, known);
    return known;
  }

  private class(name: string): MadeClass {
    const known = this.classes.get(name);
    if (known) return known;
    const [superName, fields] = JDK[name] ?? [this.made.supers?.[name] ?? 'java.lang.Object', []];
    if (superName !== undefined) this.class(superName);
    const made = { id: this.address(`=${name}`), superName, fields };
    this.classes.set(name, made);
    return made;
  }

  private record(tag: number, body: Buffer): Buffer {
    return this.bytes().u1(tag).u4(0, body.length).raw(body).all();
  }

  private objectId(label: string): number {
    return label.startsWith('=') ? this.class(label.slice(1)).id : this.address(label);
  }

  private instance(
    label: string,
    type: string,
    values: Readonly<Record<string, number>>,
    more: readonly number[] = [],
  ): Buffer {
    const fields = this.bytes().id(...more);
    for (let name: string | undefined = type; name !== undefined; name = this.class(name).superName)
      for (const [field, kind] of this.class(name).fields) fields.value(kind, values[field] ?? 0);
    const data = fields.all();
    return this.bytes().u1(0x21).id(this.address(label)).u4(1).id(this.class(type).id).u4(data.length).raw(data).all();
  }

  private classDump(name: string): Buffer {
    const { id, superName, fields } = this.class(name);
    const statics = this.made.statics?.[name] ?? [];
    const own =
      Object.values(this.made.objects ?? {}).find((object) => object.type === name && object.fields)?.fields ?? [];
    const all = [...own.map((_, each) => [`field${each}`, TYPE.object] as const), ...fields];
    const dump = this.bytes()
      .u1(0x20)
      .id(id)
      .u4(1)
      .id(superName === undefined ? 0 : this.class(superName).id);
    dump.id(0, 0, 0, 0, 0).u4(0).u2(0).u2(statics.length);
    statics.forEach((label, each) =>
      dump
        .id(this.symbol(`static${each}`))
        .u1(TYPE.object)
        .id(this.objectId(label)),
    );
    dump.u2(all.length);
    for (const [field, type] of all) dump.id(this.symbol(field)).u1(type);
    return dump.all();
  }

  private thread(thread: MadeThread, at: number): Buffer[] {
    const text = Buffer.from(thread.name, 'latin1');
    const { address } = { address: (what: string) => this.address(`${what} of ${thread.name}`) };
    return [
      this.instance(`thread ${thread.name}`, 'java.lang.Thread', {
        tid: at + 1,
        name: address('name'),
        holder: thread.status === 'LOST' ? 0 : address('holder'),
        parkBlocker: thread.parksOn === undefined ? 0 : this.objectId(thread.parksOn),
      }),
      this.instance(`name of ${thread.name}`, 'java.lang.String', { value: address('letters') }),
      this.bytes().u1(0x23).id(address('letters')).u4(1, text.length).u1(TYPE.byte).raw(text).all(),
      this.instance(`holder of ${thread.name}`, 'java.lang.Thread$FieldHolder', {
        threadStatus: STATUS[thread.status],
      }),
    ];
  }

  private roots(): Buffer {
    const roots = this.bytes();
    this.made.threads.forEach(({ name, frames }, at) => {
      roots
        .u1(ROOT.threadObject)
        .id(this.address(`thread ${name}`))
        .u4(at + 1, at + 2);
      frames.forEach(({ has = [] }, frame) => {
        for (const label of has)
          roots
            .u1(ROOT.javaFrame)
            .id(this.objectId(label))
            .u4(at + 1, frame);
      });
    });
    return roots.u1(0x05).id(this.class('java.lang.Object').id).all();
  }

  private stacks(): Buffer[] {
    const records: Buffer[] = [this.record(RECORD.trace, this.bytes().u4(1, 0, 0).all())];
    let frame = 0;
    const serials = [...this.classes.keys()];
    this.made.threads.forEach(({ frames }, at) => {
      const first = frame + 1;
      for (const { method, line = 1 } of frames) {
        const [, type = '', name = '', signature = ''] = /^(.*)\.([^.(]+)(\(.*)$/.exec(method) ?? [];
        frame += 1;
        const body = this.bytes().id(frame, this.symbol(name), this.symbol(signature), this.symbol('Made.java'));
        records.push(this.record(RECORD.frame, body.u4(serials.indexOf(type) + 1, line).all()));
      }
      const trace = this.bytes().u4(at + 2, at + 1, frames.length);
      frames.forEach((_, each) => trace.id(first + each));
      records.push(this.record(RECORD.trace, trace.all()));
    });
    return records;
  }

  /** A segment's worth of objects with rising addresses. */
  private filler(): Buffer {
    const head = this.bytes()
      .u1(0x21)
      .id(0)
      .u4(1)
      .id(this.class('java.lang.Object').id)
      .u4(FILLER_OBJECT - 25)
      .all();
    const each = head.length + FILLER_OBJECT - 25;
    const bytes = Buffer.alloc(Math.floor(SEGMENT / each) * each, 7);
    for (let at = 0; at < bytes.length; at += each) {
      head.copy(bytes, at);
      this.next += 64;
      if (this.idSize === 8) bytes.writeUInt32BE(Math.floor(this.next / 2 ** 32), at + 1);
      bytes.writeUInt32BE(this.next % 2 ** 32, at + this.idSize - 3);
    }
    return bytes;
  }

  private *objects(): Generator<Buffer> {
    const { threads, objects = {}, filler = 0, padding = 0 } = this.made;
    for (let each = 0; each < filler / 2; each += 1) yield this.filler();
    if (padding > 0) {
      const head = this.bytes()
        .u1(0x23)
        .id((this.next += 64));
      yield head.u4(1, padding).u1(TYPE.byte).raw(Buffer.alloc(padding)).all();
    }
    const parts = threads.flatMap((thread, at) => this.thread(thread, at));
    for (const [label, { type, owner, fields = [] }] of Object.entries(objects))
      parts.push(
        this.instance(
          label,
          type,
          { exclusiveOwnerThread: owner === undefined ? 0 : this.address(`thread ${owner}`) },
          fields.map((field) => this.objectId(field)),
        ),
      );
    // In the order of their addresses, as a heap is passed.
    const at = (part: Buffer): number =>
      this.idSize === 8 ? part.readUInt32BE(1) * 2 ** 32 + part.readUInt32BE(5) : part.readUInt32BE(1);
    yield Buffer.concat(parts.toSorted((a, b) => at(a) - at(b)));
    for (let each = 0; each < filler / 2; each += 1) yield this.filler();
  }

  /** Piece by piece, as with filler it is as large as one likes. */
  *pieces(): Generator<Buffer> {
    const { threads, objects = {}, rootsLast = false, isOld = false } = this.made;
    for (const name of Object.keys(JDK)) this.class(name);
    for (const { type } of Object.values(objects)) this.class(type);
    for (const { frames } of threads)
      for (const { method, has = [] } of frames) {
        this.class(/^(.*)\.[^.(]+\(/.exec(method)?.[1] ?? '');
        for (const label of has) this.objectId(label);
        for (const [, taken = ''] of method.matchAll(/L([^;]+);/g)) this.class(taken.replaceAll('/', '.'));
      }
    const dumps = [...this.classes.keys()].map((name) => this.classDump(name));
    const stacks = this.stacks();
    const names = [...this.classes.keys()].map((name) => this.symbol(name.replaceAll('.', '/')));
    yield Buffer.concat([
      Buffer.from(`JAVA PROFILE 1.0.2\0`),
      this.bytes().u4(this.idSize).u8(1_764_000_000_000).all(),
    ]);
    for (const [text, id] of this.symbols)
      yield this.record(RECORD.utf8, this.bytes().id(id).raw(Buffer.from(text)).all());
    for (const [at, { id }] of [...this.classes.values()].entries())
      yield this.record(
        RECORD.loadClass,
        this.bytes()
          .u4(at + 1)
          .id(id)
          .u4(1)
          .id(names[at] ?? 0)
          .all(),
      );
    yield* stacks;
    if (isOld) {
      const body = [...dumps, ...this.objects(), this.roots()];
      yield this.record(RECORD.heapDump, Buffer.concat(body));
      return;
    }
    yield this.record(RECORD.heapSegment, Buffer.concat(dumps));
    if (!rootsLast) yield this.record(RECORD.heapSegment, this.roots());
    for (const piece of this.objects()) yield this.record(RECORD.heapSegment, piece);
    if (rootsLast) yield this.record(RECORD.heapSegment, this.roots());
    yield this.record(RECORD.heapEnd, Buffer.alloc(0));
  }
}

export function heapDumpPieces(made: MadeHeap): Generator<Buffer> {
  return new Maker(made).pieces();
}

export function heapDumpBytes(made: MadeHeap): Buffer {
  return Buffer.concat([...heapDumpPieces(made)]);
}

/** As HotSpot compresses: a member for each piece, with a comment in the first. */
export function hotspotGzip(bytes: Buffer, block: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += block) {
    const member = gzipSync(bytes.subarray(at, at + block));
    if (at > 0) parts.push(member);
    else {
      member[3] = 0x10;
      parts.push(member.subarray(0, 10), Buffer.from(`HPROF BLOCKSIZE=${block}\0`), member.subarray(10));
    }
  }
  return Buffer.concat(parts);
}

/** Two monitors, of a block and of a synchronized method, and a lock of java.util.concurrent, each with a holder and waiters. */
export const CONVOY: MadeHeap = {
  threads: [
    {
      name: 'snapshot-writer',
      status: 'RUNNABLE',
      frames: [
        { method: 'java.io.RandomAccessFile.writeBytes([BII)V', line: -3 },
        { method: 'lab.Store.save(Ljava/lang/Runnable;)V', line: 40, has: ['store', 'work', 'block'] },
        { method: 'java.lang.Thread.run()V', line: 840 },
      ],
    },
    {
      name: 'compactor',
      status: 'RUNNABLE',
      frames: [
        { method: 'java.io.FileDescriptor.sync()V', line: -3 },
        { method: 'lab.Index.add(Ljava/lang/Runnable;)V', line: 12, has: ['index', 'work'] },
        { method: 'java.lang.Thread.run()V', line: 840 },
      ],
    },
    { name: 'lock-owner', status: 'RUNNABLE', frames: [{ method: 'java.lang.Thread.run()V' }] },
    ...[1, 2].flatMap((each): MadeThread[] => [
      {
        name: `http-${each}`,
        status: 'BLOCKED',
        frames: [
          { method: 'lab.Store.get(Ljava/lang/Runnable;)V', line: 30, has: ['store', 'work', 'block'] },
          { method: 'java.lang.Thread.run()V' },
        ],
      },
      {
        name: `index-${each}`,
        status: 'BLOCKED',
        frames: [
          { method: 'lab.Index.add(Ljava/lang/Runnable;)V', line: 11, has: ['index', 'other'] },
          { method: 'java.lang.Thread.run()V' },
        ],
      },
      {
        name: `parked-${each}`,
        status: 'PARKED',
        parksOn: 'sync',
        frames: [{ method: 'jdk.internal.misc.Unsafe.park(ZJ)V', line: -3 }, { method: 'java.lang.Thread.run()V' }],
      },
    ]),
  ],
  objects: {
    block: { type: 'java.lang.Object' },
    store: { type: 'lab.Store' },
    index: { type: 'lab.Index' },
    work: { type: 'lab.Work' },
    other: { type: 'lab.Work' },
    sync: { type: 'java.util.concurrent.locks.ReentrantLock$NonfairSync', owner: 'lock-owner' },
  },
};
