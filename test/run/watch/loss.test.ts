// When a second counts as lost: the wait of a thread on either side of each limit, and what a harmless one looks like.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LossJudge } from '../../../src/run/watch/judge.js';
import { ThreadLoss, type LossKind } from '../../../src/run/watch/loss.js';

interface Second {
  readonly state?: string;
  readonly runs?: number;
  readonly waitedMs?: number;
  readonly bytes?: number;
}

/** What is lost in each of these seconds, after one to begin with. */
function lost(seconds: readonly Second[]): (LossKind | undefined)[] {
  const thread = new ThreadLoss();
  let [slices, waitNs, bytes] = [0, 0, 0];
  thread.see({ atMs: 0, state: 'S', schedstat: { runNs: 0, waitNs, slices }, bytes });
  return seconds.map((second, index) => {
    slices += second.runs ?? 0;
    waitNs += (second.waitedMs ?? 0) * 1e6;
    bytes += second.bytes ?? 0;
    const schedstat = { runNs: 0, waitNs, slices };
    return thread.see({ atMs: (index + 1) * 1000, state: second.state ?? 'S', schedstat, bytes });
  });
}

const many = (count: number, second: Second): Second[] => Array.from({ length: count }, () => second);

describe('a thread in an uninterruptible sleep', () => {
  test('has lost the second when it ran 20 times, and not when it ran 21 times', () => {
    assert.deepEqual(lost([{ state: 'D', runs: 20 }]), ['waits']);
    assert.deepEqual(lost([{ state: 'D', runs: 21 }]), [undefined]);
  });

  test('has lost nothing when it was found so only for a moment', () => {
    const thread = new ThreadLoss();
    thread.see({ atMs: 0, state: 'S' });
    assert.equal(thread.see({ atMs: 1000, state: 'D', stillWaits: false }), undefined);
    assert.equal(thread.see({ atMs: 2000, state: 'D', stillWaits: true }), 'waits');
  });

  test('has lost nothing when it moved a MiB meanwhile', () => {
    assert.deepEqual(lost([{ state: 'D', runs: 2, bytes: 1024 ** 2 - 1 }]), ['waits']);
    assert.deepEqual(lost([{ state: 'D', runs: 2, bytes: 1024 ** 2 }]), [undefined]);
  });

  test('has lost the second when it runs a fifth as often as it does usually, once that is known', () => {
    assert.equal(lost([...many(60, { state: 'D', runs: 500 }), { state: 'D', runs: 100 }]).at(-1), 'waits');
    assert.equal(lost([...many(60, { state: 'D', runs: 500 }), { state: 'D', runs: 105 }]).at(-1), undefined);
    assert.equal(lost([...many(59, { state: 'D', runs: 500 }), { state: 'D', runs: 100 }]).at(-1), undefined);
  });

  test('whose runs the kernel does not count is judged by its sleep and its bytes', () => {
    const thread = new ThreadLoss();
    thread.see({ atMs: 0, state: 'S' });
    assert.equal(thread.see({ atMs: 1000, state: 'D' }), 'waits');
  });
});

test('a thread that waited for a CPU for more than half of the second has lost it', () => {
  assert.deepEqual(lost([{ state: 'R', waitedMs: 510, runs: 300 }]), ['starved']);
  assert.deepEqual(lost([{ state: 'R', waitedMs: 490, runs: 300 }]), [undefined]);
});

test('a thread that is stopped has lost the second; one that sleeps by choice has not', () => {
  assert.deepEqual(lost([{ state: 'T' }, { state: 't' }, { state: 'S' }]), ['stopped', 'stopped', undefined]);
});

test('the first look at a thread tells nothing', () => {
  assert.equal(new ThreadLoss().see({ atMs: 0, state: 'D' }), undefined);
});

/** Whether the machine lost each of these seconds, in which all its tasks waited for memory for so many ms. */
function lostMemory(fullMs: readonly number[]): boolean[] {
  const judge = new LossJudge();
  let us = 5_000_000;
  const pressure = () =>
    `some avg10=0.00 avg60=0.00 avg300=0.00 total=${us}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=${us}\n`;
  judge.take('/proc/pressure/memory', pressure());
  assert.equal(judge.lostMemory(0), false);
  return fullMs.map((ms, index) => {
    us += ms * 1000;
    judge.take('/proc/pressure/memory', pressure());
    return judge.lostMemory((index + 1) * 1000);
  });
}

test('the machine has lost a second in which all tasks waited for memory for more than half of it', () => {
  assert.deepEqual(lostMemory([499, 501, 0, 700]), [false, true, false, true]);
});
