// A lock that is handed on among waiters is a convoy; workers that wait for work are none, whoever gives it to them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findConvoy } from '../../src/analysis/convoy.js';
import type { Segment } from '../../src/analysis/timeline.js';

const HOLDER = 1;

function waiting(from: number, to: number, wokenBy: number): Segment {
  return { from, to, state: 'user-lock', wokenAt: to, wokenOn: 0, wokenBy };
}

/** Rounds of 100 ms: the holder is in I/O for 90 of them, then three waiters get the lock one after the other. */
function convoy(state: Segment['state']): Map<number, Segment[]> {
  const lines = new Map<number, Segment[]>([1, 2, 3, 4].map((thread) => [thread, []]));
  for (let round = 0; round < 10; round += 1) {
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
  const found = findConvoy(convoy('block-device'));
  assert.equal(found?.holder, HOLDER);
  assert.deepEqual([...(found?.waiting.keys() ?? [])], [2, 3]);
  assert.ok((found?.holderInIo ?? 0) > 0.9);
  assert.ok((found?.holderRunning ?? 1) < 0.1);
});

test('a holder that computes is told as one', () => {
  const found = findConvoy(convoy('running'));
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
  assert.equal(findConvoy(lines), undefined);
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
  assert.equal(findConvoy(lines), undefined);
});

test('one thread alone waits for nobody', () => {
  assert.equal(findConvoy(new Map([[1, [waiting(0, 100, 1)]]])), undefined);
});
