// Who had a monitor while others waited for it, from made-up waits: the previous owner itself, threads that had waited and handed it on, and what is not told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdersOf } from '../../../src/tools/jfr/holders.js';
import { Waits, type Wait, type WaitColumns } from '../../../src/tools/jfr/waits.js';

const [WRITER, A, B, C, NOBODY] = [9, 1, 2, 3, -1];

function wait(thread: number, owner: number, from: number, to: number): Wait {
  return { lock: 0, thread, owner, from, to };
}

function columns(waits: readonly Wait[]): WaitColumns {
  const all = new Waits();
  const lock = all.lockOf('Lock', 1);
  for (const each of waits) all.take({ ...each, lock }, 0);
  return all.of(lock);
}

function told(waits: readonly Wait[]): Record<string, unknown>[] {
  return holdersOf(columns(waits)).map(({ thread, waits: named, behind, ns, during }) => ({
    thread,
    named,
    behind,
    ns,
    during: [...during].map(({ from, to }) => [from, to]),
  }));
}

test('the previous owner of the only wait had it for the whole of it', () => {
  assert.deepEqual(told([wait(A, WRITER, 0, 100)]), [
    { thread: WRITER, named: 1, behind: 0, ns: 100, during: [[0, 100]] },
  ]);
});

test('a thread that had waited itself had it only since it got it; before that it was whom its own wait names', () => {
  const convoy = [wait(A, WRITER, 0, 100), wait(B, A, 10, 101), wait(C, B, 20, 103)];
  assert.deepEqual(told(convoy), [
    { thread: WRITER, named: 1, behind: 2, ns: 100 + 90 + 80, during: [[0, 100]] },
    { thread: A, named: 1, behind: 1, ns: 2, during: [[100, 101]] },
    { thread: B, named: 1, behind: 0, ns: 2, during: [[101, 103]] },
  ]);
});

test('what an owner waited for before the wait began does not count', () => {
  const [first] = told([wait(A, WRITER, 0, 50), wait(B, A, 60, 200)]);
  assert.deepEqual(first, { thread: A, named: 1, behind: 0, ns: 140, during: [[60, 200]] });
});

test('an owner that is not told stays nobody', () => {
  assert.deepEqual(told([wait(A, NOBODY, 0, 100), wait(B, A, 10, 110)]), [
    { thread: NOBODY, named: 1, behind: 1, ns: 190, during: [[0, 100]] },
    { thread: A, named: 1, behind: 0, ns: 10, during: [[100, 110]] },
  ]);
});

test('two threads that name each other come to an end', () => {
  const waits = [wait(A, B, 0, 10), wait(B, A, 0, 20), wait(A, B, 11, 30), wait(B, A, 21, 40)];
  assert.equal(
    holdersOf(columns(waits)).reduce((sum, { ns }) => sum + ns, 0),
    10 + 20 + 19 + 19,
  );
});

test('what is joined on the way is what would be joined at the end', () => {
  // Each waits while everybody before it has it three times, so that stretches come again and again in another order.
  const [threads, rounds, many] = [40, 3, 1000];
  const queue = Array.from({ length: many }, (_, at) =>
    wait(at % threads, (at + threads - 1) % threads, Math.max(0, at - rounds * threads + 0.5), at + 1),
  );
  const holders = holdersOf(columns(queue));
  const steps = holders.reduce((sum, { waits, behind }) => sum + waits + behind, 0);
  assert.ok(steps > 100_000, `${steps}`);
  for (const least of [1, 64, 1000, 50_000]) assert.deepEqual(holdersOf(columns(queue), least), holders);
  for (const { thread, during } of holders) {
    assert.ok(during.length <= many / threads + 1);
    for (const { from } of during) if (from > 0) assert.equal((from + threads - 1) % threads, thread);
  }
});
