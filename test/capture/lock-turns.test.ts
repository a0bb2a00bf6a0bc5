// Threads that take turns at a lock, told from idle workers by their samples.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LockTurns } from '../../src/capture/lock-turns.js';

type Sample = readonly [pid: number, thread: number, wchan: string, runs: number];

/** What each round of samples says. */
function rounds(...list: readonly (readonly Sample[])[]): boolean[] {
  const turns = new LockTurns();
  return list.map((samples) => {
    for (const [pid, thread, wchan, runs] of samples)
      turns.see(pid, `/proc/${pid}/task/${thread}`, wchan, `9 9 ${runs}\n`);
    return turns.endRound();
  });
}

test('two threads of one process that sleep in a futex and have run take turns', () => {
  const at = (runs: number): Sample[] => [
    [1, 1, 'futex_wait_queue', runs],
    [1, 2, 'futex_do_wait', runs + 5],
  ];
  assert.deepEqual(rounds(at(1), at(2), at(2)), [false, true, false]);
});

test('idle workers, one thread alone, two of different processes and other sleeps are no turns', () => {
  const idle: Sample[] = [
    [1, 1, 'futex_wait_queue', 4],
    [1, 2, 'futex_wait_queue', 4],
  ];
  assert.deepEqual(rounds(idle, idle), [false, false]);
  const apart = (runs: number): Sample[] => [
    [1, 1, 'futex_wait_queue', runs],
    [2, 3, 'futex_wait_queue', runs],
    [1, 4, 'io_schedule', runs],
  ];
  assert.deepEqual(rounds(apart(1), apart(2)), [false, false]);
});

test('a thread that was found waiting in one of several samples counts, and one that is gone is forgotten', () => {
  const first: Sample[] = [
    [1, 1, 'futex_wait_queue', 1],
    [1, 2, 'futex_wait_queue', 1],
  ];
  const between: Sample[] = [
    [1, 1, 'futex_wait_queue', 2],
    [1, 2, 'futex_wait_queue', 2],
    [1, 1, '0', 3],
    [1, 2, '0', 3],
  ];
  assert.deepEqual(rounds(first, between, [[1, 1, 'futex_wait_queue', 4]]), [false, true, false]);
});
