// The causes of the application just below and just above each of their numbers, and how sure they are in between.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intervals } from '../../../src/base/intervals.js';
import type { Segment } from '../../../src/model/segment.js';
import type { State } from '../../../src/model/states.js';
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
  const kernel = {
    state: 'D',
    wchan: 'balance_dirty_pages',
    call: 'write',
    descriptor: 7,
    path: '/data/snap.tmp',
    peer: null,
  };
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
    atSocket: 0,
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

/** Two threads of the victim's JVM that wait for each other, in so many dumps. */
function deadlock(dumps: number, spent: MadeUp['spent'] = { asleep: 1 }): MadeUp {
  const lock = { id: '0xfa000010', type: 'app.Account', kind: 'monitor' } as const;
  const link = (name: string, at: number) => ({ thread: { name, javaId: at, nativeId: at }, lock, task: at });
  const circle = [link('transfer-out', 61), link('transfer-in', 62)];
  const document = judgedText(dumpText({}));
  const taken = Array.from({ length: dumps }, (_, at) => ({ atMs: 2000 * at, locks: [], deadlocks: [circle] }));
  const times = Intervals.of([{ from: 0, to: 10_000 }]);
  return {
    spent,
    input: { jvms: [{ pid: ME, dumps: taken, askedMs: 0, resting: new Set<number>(), document }] },
    measures: { javaDeadlock: { circle, behind: 3, dumps, seen: dumps, times, share: 0.9 } },
  };
}

test('a deadlock in two dumps is told with who waits for whom, as sure as the JVM is, and in one it is not checked', () => {
  const { verdict } = diagnosisOf('app.deadlock', deadlock(2));
  assert.equal(
    verdict.sentence,
    'A deadlock: “transfer-out” (61) waits for the monitor of Account, which “transfer-in” (62) has; “transfer-in” (62) waits for the monitor of Account, which “transfer-out” (61) has. None of these will go on; 3 more threads wait behind them.',
  );
  assert.equal(judged('app.deadlock', deadlock(2)), 0.98);
  const { measures: _none, ...without } = deadlock(2);
  assert.match(String(judged('app.deadlock', without)), /none of its threads wait for each other/);
  // Without them it can't be one where fewer than two threads are left waiting.
  const ending = (...states: readonly State[]): MadeUp => {
    const lines = new Map(states.map((state, at) => [ME + at, [{ from: 0, to: 10_000, state }]]));
    return { ...deadlock(1), measures: {}, account: { lines } };
  };
  const refused = (madeUp: MadeUp) => diagnosisOf('app.deadlock', madeUp);
  const why = (all: readonly { readonly cause: string; readonly why: string }[]) =>
    all.find(({ cause }) => cause === 'app.deadlock')?.why ?? '';
  assert.match(
    why(refused(ending('user-lock', 'asleep')).notChecked),
    /^2 of its threads waited for locks or for work at the end; .* only thread dumps/,
  );
  assert.match(why(refused(ending('user-lock', 'block-device')).ruledOut), /^one of its threads waited/);
  const busy: MadeUp = { ...ending('user-lock', 'asleep'), spent: { asleep: 0.09, 'block-device': 0.9 } };
  assert.match(why(refused(busy).ruledOut), /^who is held up most waited for locks or for work for 9 % of its time/);
});

/** A lock whose holder waits at a socket for this share of the waiting, and for the disk for the other one. */
function networkLock(atSocket: number, inIo = 0, isLocal = true): MadeUp {
  const madeUp = javaLock(inIo);
  const lock = madeUp.measures?.javaLock ?? assert.fail();
  const { holder = assert.fail() } = lock;
  const process = isLocal ? { pid: 812, name: 'postgres' } : null;
  const peer = { address: isLocal ? '127.0.0.1:5432' : '10.0.0.5:5432', process };
  const kernel = { state: 'S', wchan: 'do_poll', call: 'poll', descriptor: 9, path: 'socket:[77]', peer };
  const does = { doing: 'network', method: 'sun.nio.ch.Net.poll', kernel, samples: 1, dumps: 4, there: 4 } as const;
  const mostly = { state: 'pipe-socket', share: atSocket } as const;
  const { asleep: _place, ...rest } = holder;
  return { ...madeUp, measures: { javaLock: { ...lock, holder: { ...rest, atSocket, does, mostly } } } };
}

test('a holder that waits at a socket is told with whom it waits for, and no disk is', () => {
  const { verdict } = diagnosisOf('app.lock-convoy', networkLock(0.97));
  assert.match(
    verdict.sentence,
    /held by “snapshot-writer” \(52\), which is in poll\(2\) on its connection with postgres \(812\) at 127\.0\.0\.1:5432, waiting for a pipe, socket, terminal or poll 97 % of that time\.$/,
  );
  const meanwhile = verdict.evidence.find(({ measure }) => measure === 'the holder meanwhile');
  assert.match(meanwhile?.value ?? '', /^0 % in I\/O, 97 % waiting at a socket/);
  assert.match(
    verdict.advice.at(-1)?.text ?? '',
    /postgres \(812\) at 127\.0\.0\.1:5432 from answering: `iowitness record --pid 812`/,
  );
  const elsewhere = diagnosisOf('app.lock-convoy', networkLock(0.97, 0, false)).verdict.advice.at(-1)?.text ?? '';
  assert.match(elsewhere, /the other end, 10\.0\.0\.5:5432, and the network between: no disk/);
  // What it waits for counts together; what it mostly waited for is told.
  assert.equal(judged('app.lock-convoy', networkLock(0.25, 0.2)), 0.731);
  assert.match(String(judged('app.lock-convoy', networkLock(0.25, 0.1))), /was in I\/O for 35 % of it/);
  assert.match(
    diagnosisOf('app.lock-convoy', networkLock(0.3, 0.4)).verdict.advice[0]?.text ?? '',
    /copy what is to be written/,
  );
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
    input: { counters: counted({ fl_ios: 150, io_ticks: 10_000 }, { syscw: calls, wchar: calls * 4096 }) },
  });
  assert.equal(judged('app.sync-writes', flushed(50)), 0.578);
  assert.match(String(judged('app.sync-writes', flushed(30))), /was flushed 150 times while it wrote 30 times/);
});

test('from counters a disk that had nothing to do while the victim waited is not what its syncs wait for', () => {
  const flushed = (busy: number): MadeUp => ({
    source: 'samples',
    spent: { journal: 0.55 },
    input: { counters: counted({ fl_ios: 150, io_ticks: busy * 10_000 }, { syscw: 50, wchar: 50 * 4096 }) },
  });
  assert.equal(judged('app.sync-writes', flushed(0.15)), 0.578);
  assert.match(String(judged('app.sync-writes', flushed(0.07))), /had something to do for 7 % of the time/);
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
