// Thread dumps in a recording: judged by the recording's own time, joined with what /proc said beside each; what is damaged is a loss and nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { convoyDump } from '../support/convoy-dumps.js';
import { nearestDump } from '../../src/open/jvm-threads.js';
import { dumpText } from '../support/thread-dumps.js';
import { caseWithDumps, JVM, withDumps } from '../support/recorded-dumps.js';

const WRITER = {
  nativeId: 0x15,
  state: 'D',
  wchan: 'balance_dirty_pages',
  call: 'write',
  descriptor: 7,
  path: '/data/snap',
  peer: null,
};

test('each dump is told with its time, its locks, and what the kernel said of the owner', async () => {
  const dump = convoyDump({ waiters: 3 });
  const atWork = [{ ...WRITER, nativeId: dump.writer }];
  const { jvms, losses } = await caseWithDumps([
    { atMs: 1000, text: dump.text, mark: { atWork } },
    { atMs: 3000, text: dump.text, mark: { atWork } },
  ]);
  assert.deepEqual(losses, []);
  const [jvm] = jvms ?? [];
  assert.equal(jvm?.pid, JVM);
  assert.deepEqual(
    jvm?.dumps.map(({ atMs, locks }) => [atMs, locks.length]),
    [
      [1000, 1],
      [3000, 1],
    ],
  );
  const [lock] = jvm?.document.locks ?? [];
  assert.deepEqual([lock?.first, lock?.last, lock?.samples, lock?.forMs], [0, 1, 2, 2000]);
  assert.deepEqual([lock?.owner.thread?.name, lock?.owner.grade], ['snapshot-writer', 'exact']);
  const { nativeId: _number, ...kernel } = WRITER;
  assert.deepEqual(lock?.does?.kernel, kernel);
});

test('what the kernel said beside the last dump is told of that one, and the method of all', async () => {
  const dump = convoyDump({ waiters: 3 });
  const atWork = (wchan: string) => [{ ...WRITER, nativeId: dump.writer, wchan }];
  const { jvms } = await caseWithDumps([
    { atMs: 1000, text: dump.text, mark: { atWork: atWork('balance_dirty_pages') } },
    { atMs: 3000, text: dump.text, mark: { atWork: atWork('do_get_write_access'), tookMs: 7 } },
  ]);
  assert.match(
    jvms?.[0]?.document.answer.join(' ') ?? '',
    /in do_get_write_access \([\w.]+\) by the last dump; in that method in 2 of 2 dumps in a row\./,
  );
  assert.equal(jvms?.[0]?.askedMs, 12);
});

test('threads that three dumps show waiting for news alone rest; one that was seen at a lock, or at work, does not', async () => {
  const run = 'at java.lang.Thread.run(Thread.java:840)';
  const pool = [
    'WAITING',
    'at jdk.internal.misc.Unsafe.park(Native Method)',
    '- parking to wait for  <0x00000000fa000010> (a java.util.concurrent.ForkJoinPool)',
    run,
  ];
  const lock = pool.map((line) => line.replace('ForkJoinPool', 'locks.ReentrantLock$NonfairSync'));
  const texts = [lock, pool, pool].map((worker) =>
    dumpText({ rests: pool, worker, works: ['RUNNABLE', 'at a.B.run(B.java:1)', run] }),
  );
  const numberOf = (name: string) =>
    Number(new RegExp(`^"${name}".* nid=(0x[\\da-f]+) `, 'm').exec(texts[0] ?? '')?.[1]);
  const { jvms } = await caseWithDumps(texts.map((text, at) => ({ atMs: 1000 * at, text })));
  assert.deepEqual([...(jvms?.[0]?.resting ?? [])], [numberOf('rests')]);
  const fewer = await caseWithDumps(texts.slice(1).map((text, at) => ({ atMs: 1000 * at, text })));
  assert.deepEqual([...(fewer.jvms?.[0]?.resting ?? [])], []);
});

test('a part of the recording has the dumps of that part alone', async () => {
  const { text } = convoyDump({ waiters: 2 });
  const input = await caseWithDumps(
    [
      { atMs: 1000, text },
      { atMs: 8000, text },
    ],
    { from: { sinceStartMs: 5000 } },
  );
  assert.deepEqual(
    input.jvms?.map(({ dumps }) => dumps.map(({ atMs }) => atMs)),
    [[3000]],
  );
});

test('dumps that are missing, damaged or none are losses, and the others stand', async () => {
  const { text } = convoyDump({ waiters: 2 });
  const { jvms, losses } = await caseWithDumps([
    { atMs: 1000, text },
    { atMs: 2000, text: gzipSync(text).subarray(0, 40) },
    { atMs: 3000, text: 'nothing of the kind' },
    { atMs: 4000, text: new Uint8Array(0) },
  ]);
  assert.equal(jvms?.[0]?.dumps.length, 1);
  assert.deepEqual(
    losses.map(({ code, where }) => [code, where.split(':')[0]]),
    [
      ['no-thread-dump', `jvm/${JVM}-2.txt.gz`],
      ['no-thread-dump', `jvm/${JVM}-3.txt.gz`],
      ['no-thread-dump', `jvm/${JVM}-4.txt.gz`],
    ],
  );
});

test('a mark that leads out of the recording is a damaged reading', async () => {
  const { text } = convoyDump({ waiters: 2 });
  for (const file of ['../../etc/passwd', '/etc/passwd', 'jvm/../manifest.json', 'machine.log']) {
    const { jvms, losses } = await caseWithDumps([
      { atMs: 1000, text, mark: { file: 'jvm/1-1.txt.gz' }, told: { file } },
    ]);
    assert.equal(jvms, undefined);
    assert.equal(losses[0]?.code, 'log-damaged');
  }
});

test('the dump nearest to a moment of the wall clock is the one that lies beside a heap dump', async () => {
  const { text, writer } = convoyDump({ waiters: 2 });
  const { nativeId: _number, ...view } = WRITER;
  const atWork = [{ ...view, nativeId: writer }];
  const START_MS = 1_700_000_000_000;
  await withDumps(
    [
      { atMs: 1000, text },
      { atMs: 4000, text, mark: { atWork } },
      { atMs: 4500, text: 'nothing of the kind' },
    ],
    async (path) => {
      const { dump, kernel, afterMs } = nearestDump(path, START_MS + 4400);
      assert.equal(Math.round(afterMs), -400);
      assert.deepEqual(kernel.get(writer), view);
      assert.equal(dump.threads.length, 3);
      assert.equal(Math.round(nearestDump(path, START_MS).afterMs), 1000);
    },
  );
  await withDumps([], async (path) => {
    await assert.rejects(async () => nearestDump(path, START_MS), /has no thread dump: `record --jvm` takes some/);
  });
});
