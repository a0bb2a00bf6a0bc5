// A lock that is handed on among waiters is a convoy; workers that wait for work are none, whoever gives it to them.

import type { Segment } from '../../../src/model/segment.js';
import { Timeline } from '../../../src/model/timeline.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findConvoy } from '../../../src/analysis/victim/convoy.js';
import { futexCalls, type FutexCalls } from '../../../src/analysis/victim/futexes.js';
import { someEvents } from '../../support/events.js';

const HOLDER = 1;
const UNKNOWN = () => [];

function lockAt(word: number) {
  return { word, isCondition: false };
}

function convoyIn(lines: ReadonlyMap<number, readonly Segment[]>, calls: FutexCalls = UNKNOWN) {
  return findConvoy(new Map([...lines].map(([thread, line]) => [thread, Timeline.of(line)])), calls);
}

function waiting(from: number, to: number, wokenBy: number): Segment {
  return { from, to, state: 'user-lock', wokenAt: to, wokenOn: 0, wokenBy };
}

/** Ten rounds, or so many, of 100 ms: the holder is in I/O for 90 of them, then three waiters get the lock one after the other. */
function convoy(state: Segment['state'], rounds = 10): Map<number, Segment[]> {
  const lines = new Map<number, Segment[]>([1, 2, 3, 4].map((thread) => [thread, []]));
  for (let round = 0; round < rounds; round += 1) {
    const t = round * 100;
    lines.get(HOLDER)?.push({ from: t, to: t + 90, state }, { from: t + 90, to: t + 100, state: 'asleep' });
    for (const [at, thread] of [2, 3, 4].entries()) {
      const end = t + 91 + at * 2;
      const line = lines.get(thread);
      line?.push(waiting(t, end, at === 0 ? HOLDER : thread - 1), { from: end, to: t + 100, state: 'running' });
    }
  }
  return lines;
}

test('threads that hand a lock on while its holder is in I/O are a convoy', () => {
  const found = convoyIn(convoy('block-device'));
  assert.equal(found?.holder, HOLDER);
  assert.deepEqual([...(found?.waiting.keys() ?? [])], [2, 3]);
  assert.ok((found?.holderInIo ?? 0) > 0.9);
  assert.ok((found?.holderRunning ?? 1) < 0.1);
});

test('threads that are known to wait for work are none, whoever wakes them', () => {
  const lines = new Map([...convoy('block-device')].map(([thread, line]) => [thread, Timeline.of(line)]));
  assert.equal(findConvoy(lines, UNKNOWN, new Set([2, 3, 4])), undefined);
  assert.equal(findConvoy(lines, UNKNOWN, new Set([9]))?.holder, HOLDER);
});

test('twice is a beginning and an end, and no habit', () => {
  assert.equal(convoyIn(convoy('block-device', 2)), undefined);
  assert.equal(convoyIn(convoy('block-device', 4))?.holder, HOLDER);
});

test('a holder that computes is told as one', () => {
  const found = convoyIn(convoy('running'));
  assert.ok((found?.holderRunning ?? 0) > 0.9);
  assert.equal(found?.holderInIo, 0);
});

test('workers that one busy thread gives work to are no convoy', () => {
  const lines = new Map<number, Segment[]>([[1, [{ from: 0, to: 1000, state: 'block-device' }]]]);
  for (const worker of [2, 3, 4, 5])
    lines.set(
      worker,
      Array.from({ length: 10 }, (_, n) => waiting(n * 100, n * 100 + 99, 1)),
    );
  assert.equal(convoyIn(lines), undefined);
});

test('workers that wake each other now and then, but get their work from everybody, are no convoy', () => {
  const lines = new Map<number, Segment[]>();
  for (let writer = 10; writer < 30; writer += 1) lines.set(writer, [{ from: 0, to: 3000, state: 'block-device' }]);
  for (const worker of [2, 3, 4])
    lines.set(
      worker,
      Array.from({ length: 30 }, (_, n) =>
        waiting(n * 100, n * 100 + 99, n % 6 === 0 ? 2 + ((worker - 1) % 3) : 10 + (n % 20)),
      ),
    );
  assert.equal(convoyIn(lines), undefined);
});

test('workers that are given work, and make some for each other now and then, are no convoy', () => {
  // One main thread lets each of four workers go in turn; now and then a worker finds that it has work for the next one.
  const lines = new Map<number, Segment[]>([[1, [{ from: 0, to: 4000, state: 'block-device' }]]]);
  for (const [at, worker] of [2, 3, 4, 5].entries())
    lines.set(
      worker,
      Array.from({ length: 40 }, (_, n) =>
        waiting(n * 100 + at, n * 100 + at + 99, n % 8 === 0 && at > 0 ? worker - 1 : 1),
      ),
    );
  assert.equal(convoyIn(lines), undefined);
});

test('the futex tells the threads at one lock from those that wait for work beside them', () => {
  // The dispatcher lets workers go, and waits for what they have done: each is let go by the other, and there is no lock.
  const lines = new Map<number, Segment[]>([
    [1, Array.from({ length: 20 }, (_, n) => waiting(n * 100 + 1, n * 100 + 98, 2 + (n % 2)))],
    ...[2, 3].map((worker): [number, Segment[]] => [
      worker,
      Array.from({ length: 10 }, (_, n) => ({
        ...waiting(n * 200 - 100, n * 200 + (worker - 2) * 100, 1),
      })),
    ]),
  ]);
  lines.set(4, [{ from: 0, to: 2000, state: 'block-device' }]);
  const QUEUE = 0x1000;
  const DONE = 0x2000;
  assert.equal(
    convoyIn(lines, (thread, waits) => waits.map(() => lockAt(thread === 1 ? DONE : QUEUE))),
    undefined,
  );
  const LOCK = 0x3000;
  const withPool = new Map([...convoy('block-device'), ...[...lines].map(([id, line]) => [id + 10, line] as const)]);
  const found = convoyIn(withPool, (thread, waits) => waits.map(() => lockAt(thread < 10 ? LOCK : QUEUE)));
  assert.deepEqual([...(found?.waiting.keys() ?? [])], [2, 3]);
});

test('each wait is for the word of the call before it; a call that is missing is not guessed', () => {
  const events = someEvents({
    sys_enter_futex: [
      { t: 9, pid: 5, fields: { uaddr: 0x100, op: 128, val: 2 } },
      { t: 21, pid: 5, fields: { uaddr: 0x200, op: 137, val: 0 } },
      { t: 31, pid: 5, fields: { uaddr: 0x200, op: 129, val: 1 } },
    ],
  });
  const sleeps = [
    { from: 10, to: 20 },
    { from: 22, to: 30 },
    { from: 35, to: 40 },
    { from: 45, to: 50 },
  ];
  const condition = { word: 0x200, isCondition: true };
  assert.deepEqual(futexCalls(events)(5, sleeps), [lockAt(0x100), condition, undefined, undefined]);
  assert.deepEqual(futexCalls(undefined)(5, sleeps.slice(0, 1)), [undefined]);
});

test('threads that wait for one condition wait for work, also where only some of their calls are known', () => {
  const QUEUE = { word: 0x1000, isCondition: true };
  const first = (call: typeof QUEUE) =>
    convoyIn(convoy('block-device'), (_thread, waits) => waits.slice(0, 2).map(() => call));
  assert.equal(first(QUEUE), undefined);
  assert.equal(first(lockAt(0x1000))?.holder, HOLDER);
  const ofItsOwn: FutexCalls = (thread, waits) => waits.map(() => ({ word: thread, isCondition: true }));
  assert.equal(
    convoyIn(convoy('block-device'), ofItsOwn)?.holder,
    HOLDER,
    'some locks park each thread at a condition of its own',
  );
});

test('of a thread that waits for work more than for locks, what is not known is waiting for work', () => {
  const QUEUE = { word: 0x1000, isCondition: true };
  const LOCK = lockAt(0x2000);
  const known = (...calls: readonly (typeof QUEUE)[]) =>
    convoyIn(convoy('block-device'), (_thread, waits) => waits.slice(0, calls.length).map((_, at) => calls[at]))
      ?.holder;
  assert.equal(known(QUEUE, LOCK, LOCK), HOLDER, 'a third of what is known');
  assert.equal(known(QUEUE, QUEUE, LOCK), undefined, 'two thirds');
});

test('one thread alone waits for nobody', () => {
  assert.equal(convoyIn(new Map([[1, [waiting(0, 100, 1)]]])), undefined);
});
