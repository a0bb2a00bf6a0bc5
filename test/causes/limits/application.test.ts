// The causes of the application just below and just above each of their numbers, and how sure they are in between.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intervals } from '../../../src/base/intervals.js';
import type { Segment } from '../../../src/model/segment.js';
import { someEvents } from '../../support/events.js';
import { dumpText, judgedText } from '../../support/thread-dumps.js';
import { counted, diagnosisOf, judged, ME, type MadeUp } from '../../support/measures.js';

/** Two threads that wait half of their time for a third, which is in I/O for this share of that. */
function convoy(holderInIo: number): MadeUp {
  const waiting = new Map([
    [ME, 0.5],
    [ME + 1, 0.5],
  ]);
  const times = Intervals.of([{ from: 0, to: 5000 }]);
  return {
    spent: { 'user-lock': 0.5 },
    measures: { convoy: { waiting, holder: ME + 2, releases: 9, waits: 10, holderInIo, holderRunning: 0, times } },
  };
}

test('a lock is a story about disks where its holder is in I/O for 45 % of the waiting, not for 35 %', () => {
  assert.equal(judged('app.lock-convoy', convoy(0.45)), 0.731);
  assert.match(String(judged('app.lock-convoy', convoy(0.35))), /was in I\/O for 35 % of it/);
});

/** Requests that wait for the lock of a snapshot's writer, by thread dumps and without wake-ups. */
function javaLock(inIo: number, grade: 'exact' | 'inferred' = 'exact', share = 0.8): MadeUp {
  const because = 'its stack shows where it took the lock';
  const thread = { name: 'snapshot-writer', javaId: 9, nativeId: ME + 2 };
  const kernel = { state: 'D', wchan: 'balance_dirty_pages', call: 'write', descriptor: 7, path: '/data/snap.tmp' };
  const did = { doing: 'write', method: 'java.io.RandomAccessFile.writeBytes', kernel, samples: 1 } as const;
  const waiters = Array.from({ length: 212 }, (_, n) => ({ name: `http-${n + 1}`, javaId: n, nativeId: 1000 + n }));
  const times = Intervals.of([{ from: 0, to: 5000 }]);
  const owner = { grade, thread, because, candidates: [] };
  const mostly = { state: 'dirty-throttle', share: inIo } as const;
  const holder = {
    thread,
    task: ME + 2,
    grade,
    because,
    dumps: 4,
    seenMs: [],
    inIo,
    running: 0,
    asleep: { place: kernel.wchan, share: inIo },
    mostly,
  };
  const lock = { id: '0xfa18e2f0', type: 'app.SnapshotLock', kind: 'monitor', waiters, owner, does: did } as const;
  return {
    spent: { 'user-lock': 0.5 },
    source: 'samples',
    measures: {
      javaLock: {
        lock,
        waiters: [],
        dumps: 5,
        seen: 4,
        share,
        times,
        owner,
        holder: { ...holder, does: { ...did, dumps: 3, there: 2 } },
      },
    },
  };
}

test('thread dumps name the lock, its holder, what that is in and where it sleeps, also without kernel events', () => {
  const told = (madeUp: MadeUp) => diagnosisOf('app.lock-convoy', madeUp).verdict.sentence;
  const begin =
    '212 “http-…” threads wait for the monitor of SnapshotLock (80 % of their time), held by “snapshot-writer” (52)';
  const end = ', which is in write(2) to /data/snap.tmp, asleep in balance_dirty_pages 97 % of that time.';
  assert.equal(told(javaLock(0.97)), begin + end);
  assert.equal(told(javaLock(0.97, 'inferred')), `${begin} (inferred: its stack shows where it took the lock)${end}`);
  // The share is of all the time that the kernel recorded, the dumps are moments of it.
  const did = diagnosisOf('app.lock-convoy', javaLock(0.97)).verdict.evidence.find(
    ({ measure }) => measure === 'what the owner did',
  );
  assert.match(did?.meaning ?? '', /^write\(2\) to \/data\/snap\.tmp, asleep in \w+ in 2 of them; /);
  assert.equal(judged('app.lock-convoy', javaLock(0.45)), 0.731);
  assert.match(String(judged('app.lock-convoy', javaLock(0.35))), /which has the lock, was in I\/O for 35 % of it/);
});

test('who is idle by the kernel is neither idle nor healthy where its dumps show a lock that is waited for, or a deadlock', () => {
  const idle = (share: number): MadeUp => ({ ...javaLock(0, 'exact', share), spent: { asleep: 1 } });
  assert.equal(typeof judged('app.idle', idle(0.2)), 'number');
  assert.equal(typeof judged('app.idle', idle(0.3)), 'string');
  assert.match(
    String(judged('healthy', idle(0.3))),
    /212 “http-…” threads .*held by “snapshot-writer” \(52\), which is in write/,
  );
  const waits = (wanted: number, held: number) => [
    'BLOCKED',
    'at a.B.c(B.java:1)',
    `- waiting to lock <0x00000000fa00001${wanted}> (a a.Lock)`,
    `- locked <0x00000000fa00001${held}> (a a.Lock)`,
    'at java.lang.Thread.run(Thread.java:840)',
  ];
  const document = judgedText(dumpText({ left: waits(1, 2), right: waits(2, 1) }));
  const jvm = { pid: ME, dumps: [], askedMs: 0, resting: new Set<number>(), document };
  const stuck: MadeUp = { spent: { asleep: 1 }, input: { jvms: [jvm] } };
  assert.equal(typeof judged('app.idle', stuck), 'string');
  assert.match(String(judged('healthy', stuck)), /its threads “left”, “right” wait for each other: a deadlock/);
});

test('a lock whose owner no dump tells blames nobody, and is not ruled out', () => {
  const { measures, ...rest } = javaLock(0.97);
  const { holder: _known, ...lock } = measures?.javaLock ?? assert.fail();
  const owner = { grade: 'unknown', thread: null, because: 'no stack shows it', candidates: [] } as const;
  const { notChecked } = diagnosisOf('app.lock-convoy', { ...rest, measures: { javaLock: { ...lock, owner } } });
  assert.equal(
    notChecked.find(({ cause }) => cause === 'app.lock-convoy')?.why,
    '212 “http-…” threads wait for the monitor of SnapshotLock in 4 of 5 thread dumps, and who holds it is unknown: no stack shows it',
  );
});

/** A victim that waits in fsync for 55 % of 10 s, by events. */
function syncing(perSecond: number, kibEach: number, others = 0): MadeUp {
  const count = perSecond * 10;
  const own = Array.from({ length: count }, (_, n) => (n * 10_000) / count);
  return {
    spent: { journal: 0.55 },
    slept: { journal: 'do_fsync' },
    input: { counters: counted({}, { wchar: count * kibEach * 1024 }) },
    measures: { syncs: { own, inodes: new Map(), others: new Map([[60, others]]) } },
  };
}

test('small writes are many from ten a second on, and small up to 64 KiB', () => {
  assert.equal(judged('app.sync-writes', syncing(15, 48)), 0.85);
  assert.match(String(judged('app.sync-writes', syncing(7, 48))), /7.0 times a second/);
  assert.match(String(judged('app.sync-writes', syncing(15, 96))), /after 96 KiB each/);
});

test('what is written through a mapping and synced is the pages that it made dirty, as no call says it', () => {
  const mapped = (kibEach: number) => {
    const made = syncing(15, 0);
    return { ...made, input: { counters: counted({}, { wchar: 20, write_bytes: 150 * kibEach * 1024 }) } };
  };
  assert.match(diagnosisOf('app.sync-writes', mapped(4)).verdict.sentence, /after 4 KiB each/);
  assert.match(String(judged('app.sync-writes', mapped(96))), /after 96 KiB each/);
});

test('a program whose syncs others outnumber by more than two waits for theirs', () => {
  assert.equal(judged('app.sync-writes', syncing(15, 4, 225)), 0.85);
  assert.match(String(judged('app.sync-writes', syncing(15, 4, 450))), /others asked 450 times, against its own 150/);
});

test('from counters it can have asked for twice the flushes that its commits take, and is told less surely', () => {
  const flushed = (calls: number): MadeUp => ({
    source: 'samples',
    spent: { journal: 0.55 },
    input: { counters: counted({ fl_ios: 150 }, { syscw: calls, wchar: calls * 4096 }) },
  });
  assert.equal(judged('app.sync-writes', flushed(50)), 0.578);
  assert.match(String(judged('app.sync-writes', flushed(30))), /was flushed 150 times while it wrote 30 times/);
});

test('who ends half of an idle process’s waits is named as feeding it, one of many is not', () => {
  /** Waits of 90 ms, of which so many of each ten are ended by the first, the others by one more each. */
  const fed = (first: number) => {
    const segments = Array.from({ length: 100 }, (_, n): Segment[] => {
      const place = n % 10;
      const wokenBy = place < first ? 60 : 60 + place;
      return [
        { from: n * 100, to: n * 100 + 90, state: 'pipe-socket', wokenBy, byInterrupt: false },
        { from: n * 100 + 90, to: n * 100 + 100, state: 'running' },
      ];
    }).flat();
    const names = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [60 + n, `feeder-${n}`]));
    return diagnosisOf('app.idle', {
      account: { segments, ms: new Map([['pipe-socket', 9000]]), lines: new Map([[ME, segments]]) },
      input: { events: someEvents({}, [], names) },
    }).verdict.sentence;
  };
  assert.match(fed(6), /until feeder-0 \(60\) sent something/);
  assert.match(fed(4), /waiting for input, a socket or a timer/);
});
