// What a heap dump lets be concluded of monitors: the nearest look-alikes on each side of every rule, each of which would name a wrong holder or a wrong lock.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import type { Heap } from '../../../src/model/heap.js';
import { dumpsIn, lastThreadDump } from '../../../src/open/thread-dumps.js';
import { openHeapDump } from '../../../src/open/heap-dump.js';
import { heapDocument } from '../../../src/tools/heap/document.js';
import { CONVOY, heapDumpBytes, type MadeHeap, type MadeThread } from '../../support/hprof.js';
import { dumpText, ownersOf } from '../../support/thread-dumps.js';

const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-monitors-'));
after(() => rmSync(folder, { recursive: true }));

async function judged(made: MadeHeap, beside?: string): Promise<Heap> {
  const file = path.join(folder, 'made.hprof');
  writeFileSync(file, heapDumpBytes(made));
  const dump = beside === undefined ? undefined : dumpsIn(Buffer.from(beside))[0];
  return heapDocument('iowitness test', 'test', await openHeapDump(file, false), dump);
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
