// What a heap dump lets be concluded of monitors: the nearest look-alikes on each side of every rule, each of which would name a wrong holder or a wrong lock.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import type { Heap } from '../../../src/model/heap.js';
import { dumpsIn, lastThreadDump } from '../../../src/open/thread-dumps.js';
import { openHeapDump } from '../../../src/open/heap-dump.js';
import { heapDocument, type Beside } from '../../../src/tools/heap/document.js';
import { CONVOY, heapDumpBytes, type MadeHeap, type MadeThread } from '../../support/hprof.js';
import { dumpText, ownersOf } from '../../support/thread-dumps.js';

const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-monitors-'));
after(() => rmSync(folder, { recursive: true }));

async function judged(made: MadeHeap, beside?: string, recorded: Omit<Beside, 'dump'> = {}): Promise<Heap> {
  const file = path.join(folder, 'made.hprof');
  writeFileSync(file, heapDumpBytes(made));
  const dump = beside === undefined ? undefined : dumpsIn(Buffer.from(beside))[0];
  return heapDocument('iowitness test', 'test', await openHeapDump(file, false), dump && { dump, ...recorded });
}

function thread(name: string, status: MadeThread['status'], method: string, ...has: readonly string[]): MadeThread {
  return { name, status, frames: [{ method, has }, { method: 'java.lang.Thread.run()V' }] };
}

const OBJECTS = {
  lock: { type: 'java.lang.Object' },
  store: { type: 'lab.Store' },
  work: { type: 'lab.Work' },
};
const BLOCKED = thread('waits', 'BLOCKED', 'lab.Store.get()V', 'store', 'lock');

describe('the holder of a block’s object', () => {
  test('is the one stack that refers to it', async () => {
    const holds = thread('holds', 'RUNNABLE', 'lab.Snapshot.write()V', 'lock');
    assert.deepEqual(ownersOf(await judged({ threads: [holds, BLOCKED], objects: OBJECTS })), {
      waits: 'inferred holds',
    });
  });

  test('is unknown where two do, the one in the same method first', async () => {
    const keeps = thread('keeps', 'RUNNABLE', 'lab.Main.main()V', 'lock');
    const holds = thread('holds', 'RUNNABLE', 'lab.Store.get()V', 'store', 'lock');
    const { locks } = await judged({ threads: [keeps, holds, BLOCKED], objects: OBJECTS });
    assert.equal(locks[0]?.owner.grade, 'unknown');
    assert.deepEqual(
      locks[0]?.owner.candidates.map(({ name }) => name),
      ['holds', 'keeps'],
    );
  });

  test('is not who waits in Object.wait for it', async () => {
    const waits: MadeThread = {
      name: 'news',
      status: 'WAITING',
      frames: [
        { method: 'java.lang.Object.wait0(J)V', line: -3 },
        { method: 'java.lang.Object.wait(J)V', has: ['lock'] },
        { method: 'lab.Store.take()V', has: ['store', 'lock'] },
      ],
    };
    assert.deepEqual(ownersOf(await judged({ threads: [waits, BLOCKED], objects: OBJECTS })), { waits: 'unknown' });
  });

  test('is unknown while who refers to it waits in Object.wait for what does not show', async () => {
    const waits: MadeThread = {
      name: 'news',
      status: 'WAITING',
      frames: [
        { method: 'java.lang.Object.wait0(J)V', line: -3 },
        { method: 'java.lang.Object.wait(J)V' },
        { method: 'lab.Store.take()V', has: ['lock'] },
      ],
    };
    assert.deepEqual(ownersOf(await judged({ threads: [waits, BLOCKED], objects: OBJECTS })), { waits: 'unknown' });
  });

  test('is unknown while another is in a method of its class, which may hold it unseen', async () => {
    const objects = { ...OBJECTS, lock: { type: 'lab.Lock' } };
    const keeps = thread('keeps', 'RUNNABLE', 'lab.Main.main()V', 'lock');
    const unseen = thread('unseen', 'RUNNABLE', 'lab.Lock.flush()V');
    assert.deepEqual(ownersOf(await judged({ threads: [keeps, unseen, BLOCKED], objects })), { waits: 'unknown' });
    const harmless = thread('harmless', 'RUNNABLE', 'lab.Lock.lambda$flush$0()V');
    assert.deepEqual(ownersOf(await judged({ threads: [keeps, harmless, BLOCKED], objects })), {
      waits: 'inferred keeps',
    });
  });
});

describe('the holder of a synchronized method’s object', () => {
  const MERGE = 'lab.Cache.merge(Llab/Cache;)V';
  const objects = { a: { type: 'lab.Cache' }, b: { type: 'lab.Cache' }, lock: { type: 'java.lang.Object' } };
  const BARE = 'lab.Cache.sweep()V';
  const waits = thread('waits', 'BLOCKED', BARE, 'b');

  test('is the one within it for that object', async () => {
    const holds = thread('holds', 'RUNNABLE', BARE, 'b');
    const keeps = thread('keeps', 'RUNNABLE', 'lab.Main.main()V', 'b');
    assert.deepEqual(ownersOf(await judged({ threads: [holds, keeps, waits], objects })), { waits: 'inferred holds' });
  });

  test('is not who is within it for another object and has this one besides', async () => {
    const other = thread('other', 'RUNNABLE', BARE, 'a', 'b');
    const unseen = thread('unseen', 'RUNNABLE', BARE);
    assert.deepEqual(ownersOf(await judged({ threads: [other, unseen, waits], objects })), { waits: 'unknown' });
  });

  const enters = thread('waits', 'BLOCKED', 'lab.Cache.merge(Llab/Work;)V', 'b', 'work');
  const works = { ...objects, work: { type: 'lab.Work' } };

  test('is who has it first where no parameter may be it', async () => {
    const holds = thread('holds', 'RUNNABLE', 'lab.Cache.merge(Llab/Work;)V', 'b');
    const keeps = thread('keeps', 'RUNNABLE', 'lab.Main.main()V', 'b');
    // A class that has a field is no interface.
    const made = {
      threads: [holds, keeps, enters],
      objects: { ...works, work: { type: 'lab.Work', fields: ['lock'] } },
    };
    assert.deepEqual(ownersOf(await judged(made)), { waits: 'inferred holds' });
  });

  // What has a field is a class to a dump, what has none may be an interface.
  for (const [what, fields] of [
    ['a class', ['lock']],
    ['what may be an interface', []],
  ] as const) {
    const cache = { type: 'lab.Cache', fields };
    const caches = { a: cache, b: cache, c: cache, lock: { type: 'java.lang.Object' } };
    const blocked = thread('waits', 'BLOCKED', MERGE, 'b', 'a');
    const unseen = thread('unseen', 'RUNNABLE', MERGE);
    const ofFirst = async (...has: readonly string[]): Promise<unknown> => {
      const { locks } = await judged({
        threads: [thread('first', 'RUNNABLE', MERGE, ...has), unseen, blocked],
        objects: caches,
      });
      return locks.map(({ type, owner }) => [type, owner.thread?.name, ...owner.candidates.map(({ name }) => name)]);
    };
    const unknown = [['lab.Cache', undefined, 'first', 'unseen']];

    test(`is not who has it as a parameter of ${what} and is within the method for another`, async () => {
      assert.deepEqual(await ofFirst('c', 'b'), unknown);
    });

    test(`is unknown where it may be a parameter of ${what}, as a compiled method forgets \`this\``, async () => {
      assert.deepEqual(await ofFirst('b'), unknown);
      // There is no room for both of them among the parameters; of a class that does not count.
      assert.deepEqual(await ofFirst('b', 'lock'), fields.length > 0 ? unknown : [['lab.Cache', 'first']]);
    });
  }

  test('is nobody within it of whom the state is not told', async () => {
    const holds = thread('holds', 'RUNNABLE', BARE, 'b');
    const whole = await judged({ threads: [holds, waits], objects });
    assert.deepEqual(ownersOf(whole), { waits: 'inferred holds' });
    const stateless = await judged({ threads: [{ ...holds, status: 'LOST' }, waits], objects });
    assert.deepEqual(ownersOf(stateless), { waits: 'unknown' });
    assert.deepEqual(stateless.limits, []);
  });
});

describe('the lock that a blocked thread waits for', () => {
  const waits = (method: string, ...has: readonly string[]): MadeThread => thread('waits', 'BLOCKED', method, ...has);
  const lockOf = async (made: MadeHeap): Promise<string> => {
    const { locks, limits } = await judged(made);
    assert.equal(
      locks.length === 0,
      limits.some((limit) => /blocked at a monitor/.test(limit)),
    );
    return locks[0]?.type ?? 'open';
  };

  test('is `this` at the beginning of a synchronized method, with its parameters alone', async () => {
    const threads = [waits('lab.Store.add(Ljava/lang/Runnable;)V', 'store', 'work')];
    assert.equal(await lockOf({ threads, objects: OBJECTS }), 'lab.Store');
  });

  test('is open where its last object may be a parameter or a field that a block locks', async () => {
    const threads = [waits('lab.Store.add(Ljava/lang/Runnable;)V', 'store', 'work')];
    assert.equal(await lockOf({ threads, objects: OBJECTS, statics: { 'lab.Store': ['work'] } }), 'open');
    const objects = { ...OBJECTS, store: { type: 'lab.Store', fields: ['work'] } };
    assert.equal(await lockOf({ threads, objects }), 'open');
  });

  test('is a block’s object where no parameter can be it', async () => {
    const threads = [waits('lab.Store.add(Ljava/lang/Runnable;)V', 'store', 'lock')];
    assert.equal(await lockOf({ threads, objects: OBJECTS }), 'java.lang.Object');
    const named = [waits('lab.Store.add(Ljava/lang/String;)V', 'store', 'work')];
    assert.equal(await lockOf({ threads: named, objects: OBJECTS }), 'lab.Work');
  });

  test('is the class at the beginning of a static synchronized method', async () => {
    assert.equal(
      await lockOf({ threads: [waits('lab.Store.sweep()V')], objects: OBJECTS }),
      'java.lang.Class for lab.Store',
    );
    const threads = [waits('lab.Store.sweep(Ljava/lang/Runnable;)V', 'work')];
    assert.equal(await lockOf({ threads, objects: OBJECTS }), 'java.lang.Class for lab.Store');
  });

  test('is open where the method may be static or not', async () => {
    const threads = [waits('lab.Store.merge(Llab/Store;)V', 'store')];
    assert.equal(await lockOf({ threads, objects: OBJECTS }), 'open');
  });
});

describe('beside a thread dump', () => {
  const keeps = thread('keeps', 'RUNNABLE', 'lab.Main.main()V', 'lock');
  const holds = thread('holds', 'RUNNABLE', 'lab.Snapshot.write()V', 'lock');
  const made = { threads: [keeps, holds, BLOCKED], objects: OBJECTS };
  const text = (holder: string, wanted: string): string =>
    dumpText({
      [holder]: [
        'RUNNABLE',
        'at lab.Snapshot.write(Snapshot.java:1)',
        '- locked <0x00000000f0000010> (a java.lang.Object)',
      ],
      waits: ['BLOCKED', 'at lab.Store.get(Store.java:1)', `- waiting to lock <0x00000000f0000010> (a ${wanted})`],
    })
      .replace(/"keeps" #\d+/, '"keeps" #1')
      .replace(/"holds" #\d+/, '"holds" #2')
      .replace(/"waits" #\d+/, '"waits" #3');

  test('what the kernel said beside it is told of a holder that was in the same method then, with how long after that was', async () => {
    const view = {
      state: 'D',
      wchan: 'balance_dirty_pages',
      call: 'write',
      descriptor: 7,
      path: '/data/snap',
      peer: null,
    };
    const beside = text('holds', 'java.lang.Object');
    const nid = Number(/"holds" .* nid=(0x[\da-f]+)/.exec(beside)?.[1]);
    const recorded = { kernel: new Map([[nid, view]]), afterMs: -1500 };
    const told = await judged(made, beside, recorded);
    assert.deepEqual(told.locks[0]?.does?.kernel, view);
    assert.ok(told.limits.some((limit) => limit.startsWith('What the kernel says is of 1.50 s before the heap dump')));
    const elsewhere = beside.replace('lab.Snapshot.write(', 'lab.Snapshot.read(');
    assert.equal((await judged(made, elsewhere, recorded)).locks[0]?.does?.kernel, null);
  });

  test('a holder is who holds it there, of those who may hold it', async () => {
    assert.deepEqual(ownersOf(await judged(made, text('holds', 'java.lang.Object'))), { waits: 'inferred holds' });
    assert.deepEqual(ownersOf(await judged(made, text('other', 'java.lang.Object'))), { waits: 'unknown' });
  });

  test('an object of another class is another lock', async () => {
    assert.deepEqual(ownersOf(await judged(made, text('holds', 'lab.Other'))), { waits: 'unknown' });
  });

  test('two that disagree name nobody', async () => {
    const alone = { threads: [thread('keeps', 'RUNNABLE', 'lab.Main.main()V'), holds, BLOCKED], objects: OBJECTS };
    assert.deepEqual(ownersOf(await judged(alone, text('holds', 'java.lang.Object'))), { waits: 'inferred holds' });
    assert.deepEqual(ownersOf(await judged(alone, text('keeps', 'java.lang.Object'))), { waits: 'unknown' });
  });

  test('of another JVM is told, and a file without one is refused', async () => {
    const { limits } = await judged(CONVOY, text('holds', 'java.lang.Object'));
    assert.match(limits.join(' '), /it is of another JVM/);
    const file = path.join(folder, 'none.txt');
    writeFileSync(file, 'nothing\n');
    await assert.rejects(() => lastThreadDump(file), /holds no thread dump/);
  });
});
