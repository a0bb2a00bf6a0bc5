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
  /** Of ten looks, in how many it was in an uninterruptible sleep; without it nobody looked closer. */
  readonly waits?: number;
  readonly stopped?: number;
  readonly idle?: number;
}

/** What is lost in each of these seconds, after one to begin with. */
function lost(seconds: readonly Second[]): (LossKind | undefined)[] {
  const thread = new ThreadLoss();
  let [slices, waitNs] = [0, 0];
  thread.see({ atMs: 0, state: 'S', schedstat: { runNs: 0, waitNs, slices } });
  return seconds.map(({ state = 'S', runs = 0, waitedMs = 0, bytes = 0, waits, stopped = 0, idle = 0 }, index) => {
    slices += runs;
    waitNs += waitedMs * 1e6;
    const schedstat = { runNs: 0, waitNs, slices };
    const closer = waits === undefined ? undefined : { looks: 10, waits, stopped, forDisk: waits, throttled: 0, bytes };
    return thread.see({ atMs: (index + 1) * 1000, state, schedstat, closer, idle });
  });
}

const many = (count: number, second: Second): Second[] => Array.from({ length: count }, () => second);

describe('a thread in an uninterruptible sleep', () => {
  test('has lost the second when it ran 20 times, and not when it ran 21 times', () => {
    assert.deepEqual(lost([{ waits: 10, runs: 20 }]), ['waits']);
    assert.deepEqual(lost([{ waits: 10, runs: 21 }]), [undefined]);
  });

  test('has lost it when it was so in half of the looks, and nothing when it was in four of ten, or nobody had to look', () => {
    assert.deepEqual(lost([{ waits: 5 }, { waits: 4 }, { state: 'D' }]), ['waits', undefined, undefined]);
  });

  test('has lost nothing when it moved a MiB meanwhile', () => {
    assert.deepEqual(lost([{ waits: 10, runs: 2, bytes: 1024 ** 2 - 1 }]), ['waits']);
    assert.deepEqual(lost([{ waits: 10, runs: 2, bytes: 1024 ** 2 }]), [undefined]);
  });

  test('has lost it when it waited for a disk while none had anything to do for half of it, whatever it got: pauses of some ms', () => {
    const paused = { waits: 9, runs: 300, bytes: 17e6 };
    assert.deepEqual(
      lost([
        { ...paused, idle: 0.5 },
        { ...paused, idle: 0.49 },
      ]),
      ['waits', undefined],
    );
  });

  test('has lost the second when it runs a fifth as often as it does usually, once that is known', () => {
    const usual = { waits: 6, runs: 500 };
    assert.equal(lost([...many(60, usual), { waits: 10, runs: 100 }]).at(-1), 'waits');
    assert.equal(lost([...many(60, usual), { waits: 10, runs: 105 }]).at(-1), undefined);
    assert.equal(lost([...many(59, usual), { waits: 10, runs: 100 }]).at(-1), undefined);
  });

  test('that was frozen is stopped', () => {
    assert.deepEqual(
      lost([
        { waits: 0, stopped: 5 },
        { waits: 0, stopped: 4 },
      ]),
      ['stopped', undefined],
    );
  });

  test('whose runs the kernel does not count is judged by its sleep and its bytes', () => {
    const thread = new ThreadLoss();
    const closer = { looks: 10, waits: 10, stopped: 0, forDisk: 10, throttled: 0, bytes: undefined };
    thread.see({ atMs: 0, state: 'S' });
    assert.equal(thread.see({ atMs: 1000, state: 'D', closer }), 'waits');
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
  const closer = { looks: 10, waits: 10, stopped: 0, forDisk: 10, throttled: 0, bytes: 0 };
  assert.equal(new ThreadLoss().see({ atMs: 0, state: 'D', closer }), undefined);
});

/** Whether the machine lost each of these seconds, in which all its tasks waited for memory for so many ms. */
function lostMemory(fullMs: readonly number[]): boolean[] {
  const judge = new LossJudge(true);
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

/** Who loses the second after a minute in which nothing ran, as counters of the two ends alone would tell it: of a thread that was ready, and of memory. */
function lostOver(minute: 'judged' | 'forgotten'): (string | undefined)[] {
  const judge = new LossJudge(true);
  const see = (readyMs: number, fullUs: number) => {
    judge.take('/proc/7/stat', `7 (server) S ${Array.from({ length: 49 }, () => 0).join(' ')}\n`);
    judge.take('/proc/7/schedstat', `0 ${readyMs * 1e6} 5\n`);
    judge.take('/proc/pressure/memory', `some avg10=0.00 total=${fullUs}\nfull avg10=0.00 total=${fullUs}\n`);
  };
  const end = (atMs: number) => [judge.endSecond(atMs).get(7), judge.lostMemory(atMs) ? 'memory' : undefined];
  see(0, 0);
  end(1000);
  if (minute === 'forgotten') judge.forget();
  see(60_000, 60_000_000);
  const over = end(61_000);
  see(60_600, 60_600_000);
  return [...over, ...end(62_000)];
}

test('of a time in which nothing ran nothing is lost, and of the second behind it what is', () => {
  assert.deepEqual(lostOver('judged'), ['starved', 'memory', 'starved', 'memory']);
  assert.deepEqual(lostOver('forgotten'), [undefined, undefined, 'starved', 'memory']);
});
