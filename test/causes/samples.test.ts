// What is told without kernel events: by looking at every thread of a victim and at what it starts, and by not taking for a choice what
// can't be seen.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Case } from '../../src/model/case.js';
import type { Diagnosis } from '../../src/model/diagnosis.js';
import type { ProcessCounters } from '../../src/model/counters.js';
import { aCase, NO_COUNTERS, series, someFacts } from '../support/case.js';
import { diagnosed } from '../support/telling.js';

const ME = 50;
const SAMPLES = 31;
const TIMES = Array.from({ length: SAMPLES }, (_, n) => n * 100);
const END = 100 * (SAMPLES - 1);
const ZERO = TIMES.map(() => 0);
/** A counter that grows evenly, by so much a ms. */
const growing = (perMs: number) => TIMES.map((t) => t * perMs);

/** A process or thread that sleeps all the time, by what its samples show. */
function sleeper(
  pid: number,
  state: string,
  wchan: string,
  io?: Readonly<Record<string, readonly number[]>>,
  sched: Readonly<Record<string, readonly number[]>> = { run_ns: ZERO, wait_ns: ZERO },
) {
  const counters: ProcessCounters = {
    pid,
    comm: 'victim',
    stat: series(TIMES, { majflt: TIMES.map(() => 0) }),
    state: TIMES.map(() => state),
    schedstat: series(TIMES, sched),
    wchan: { t: Float64Array.from(TIMES), name: TIMES.map(() => wchan) },
    ...(io && { io: series(TIMES, io) }),
  };
  return [pid, counters] as const;
}

/** loop0 as its counters have it: requests of 4 KiB. */
function disk(requestsPerMs: readonly number[], busy: number, inQueue = busy, flushes: readonly number[] = ZERO) {
  return new Map([
    [
      '7:0',
      series(TIMES, {
        rd_ios: ZERO,
        wr_ios: requestsPerMs,
        rd_sectors: ZERO,
        wr_sectors: requestsPerMs.map((count) => count * 8),
        fl_ios: flushes,
        io_ticks: growing(busy),
        time_in_queue: growing(inQueue),
      }),
    ],
  ]);
}

/** It works all the time and answers two requests a second. */
const SLOW_DISK = disk(growing(0.002), 1);

/** Asleep in the disk in three of ten samples: noticeable, and not most of its time. */
function waiter(io: Readonly<Record<string, readonly number[]>>) {
  const [pid, counters] = sleeper(ME, 'S', 'ep_poll', io);
  const isWait = (index: number) => index % 10 < 3;
  return [
    pid,
    {
      ...counters,
      state: TIMES.map((_, index) => (isWait(index) ? 'D' : 'S')),
      wchan: {
        t: Float64Array.from(TIMES),
        name: TIMES.map((_, index) => (isWait(index) ? 'io_schedule' : 'ep_poll')),
      },
    },
  ] as const;
}

/** One write of 4 KiB each so many times a ms. */
function writes(perMs: readonly number[]) {
  const written = perMs.map((count) => count * 4096);
  return { syscr: ZERO, syscw: perMs, rchar: ZERO, wchar: written, read_bytes: ZERO, write_bytes: written };
}

function sampled(counters: Partial<Case['counters']>, different: Partial<Case> = {}): Promise<Diagnosis> {
  const input = aCase({
    durationMs: END,
    victims: [{ pid: ME, comm: 'victim', role: 'pid' }],
    threads: new Map([[ME, [ME]]]),
    facts: [someFacts()],
    counters: { ...NO_COUNTERS, ...counters },
    ...different,
  });
  return diagnosed(input);
}

test('a process that shows that it sleeps in a timer is idle; one that shows nothing may be anything', async () => {
  const idle = await sampled({ processes: new Map([sleeper(ME, 'S', 'hrtimer_nanosleep')]) });
  assert.equal(idle.verdict.cause, 'app.idle');
  const hidden = await sampled({ processes: new Map([sleeper(ME, 'S', '0')]) });
  assert.equal(hidden.verdict.cause, 'inconclusive');
  assert.equal(hidden.accounting[0]?.state, 'unexplained');
});

test('the thread that waits for the disk speaks for a process whose first thread is idle', async () => {
  const { verdict } = await sampled(
    {
      processes: new Map([sleeper(ME, 'S', 'ep_poll')]),
      threads: new Map([sleeper(ME + 1, 'D', 'io_schedule'), sleeper(ME + 2, 'S', 'futex_wait_queue')]),
      disks: SLOW_DISK,
    },
    { threads: new Map([[ME, [ME, ME + 1, ME + 2]]]) },
  );
  assert.equal(verdict.cause, 'dev.slow');
});

test('threads that wait for work are idle where all of them are, and no answer where one is in I/O', async () => {
  const pool = { processes: new Map([sleeper(ME, 'S', 'futex_wait_queue')]) };
  const threads = new Map([[ME, [ME, ME + 1]]]);
  const idle = await sampled({ ...pool, threads: new Map([sleeper(ME + 1, 'S', 'ep_poll')]) }, { threads });
  assert.equal(idle.verdict.cause, 'app.idle');
  const busy = await sampled({ ...pool, threads: new Map([sleeper(ME + 1, 'D', 'io_schedule')]) }, { threads });
  assert.notEqual(busy.verdict.cause, 'app.idle');
});

test('a shell that waits for commands too short to be seen does not stand before who waits for the disk for less time', async () => {
  const shell = ME + 7;
  const watched = {
    victims: [shell, ME].map((pid) => ({ pid, comm: '', role: 'busiest' as const })),
    threads: new Map([shell, ME].map((pid) => [pid, [pid]])),
  };
  const processes = (inShell: string) => new Map([sleeper(shell, 'S', inShell), waiter(writes(growing(0.001)))]);
  const { verdict } = await sampled({ processes: processes('do_wait'), disks: SLOW_DISK }, watched);
  assert.equal(verdict.victim?.pid, ME);
  // One that sleeps in what nobody knows may be what is stuck.
  const stuck = await sampled({ processes: processes('some_driver_wait'), disks: SLOW_DISK }, watched);
  assert.equal(stuck.verdict.victim?.pid, shell);
});

test('a shell that waits for its command is held up with it, and is not idle where that was not seen', async () => {
  const shell = sleeper(ME, 'S', 'do_wait');
  const unseen = await sampled({ processes: new Map([shell]), disks: SLOW_DISK });
  assert.equal(unseen.verdict.cause, 'inconclusive');
  const child = ME + 7;
  const seen = await sampled(
    { processes: new Map([shell, sleeper(child, 'D', 'io_schedule')]), disks: SLOW_DISK },
    {
      victims: [
        { pid: ME, comm: 'sh', role: 'command' },
        { pid: child, comm: 'dd', role: 'child' },
      ],
    },
  );
  assert.equal(seen.verdict.cause, 'dev.slow');
  assert.equal(seen.verdict.victim?.pid, child);
});

test('writes that write nothing are no idleness: that they fail is a candidate, and why is left open', async () => {
  const io = { syscw: TIMES.map((t) => t / 20), wchar: TIMES.map(() => 5), rchar: TIMES.map(() => 0) };
  const failing = await sampled({ processes: new Map([sleeper(ME, 'S', 'ep_poll', io)]) });
  assert.equal(failing.verdict.cause, 'inconclusive');
  assert.deepEqual(
    failing.candidates.map(({ cause }) => cause),
    ['dev.errors'],
  );
  const writing = { ...io, wchar: TIMES.map((t) => t * 4096) };
  const paced = await sampled({ processes: new Map([sleeper(ME, 'S', 'hrtimer_nanosleep', writing)]) });
  assert.equal(paced.verdict.cause, 'app.idle');
});

test('a frozen btrfs is named by its mount, whose number is of no device', async () => {
  const [mount] = someFacts().mounts;
  const [device] = [...someFacts().devices.values()];
  assert.ok(mount && device);
  const process = { pid: ME, comm: 'me', command: 'me', cgroups: new Map(), startTicks: 1, daemon: false };
  const { verdict } = await sampled(
    { processes: new Map([sleeper(ME, 'D', 'percpu_rwsem_wait')]) },
    {
      manifest: { ...aCase().manifest, plan: { command: 'record', hz: 10, events: false } },
      facts: [
        someFacts({
          mounts: [{ ...mount, device: '0:39', type: 'btrfs' }],
          processes: [{ ...process, openFiles: ['/data/file'] }],
        }),
      ],
    },
  );
  assert.equal(verdict.cause, 'fs.frozen');
  assert.equal(verdict.culprit?.name, '/data');
});

test('a writer that its disk serves at once is healthy; one that waits longer than its few writes need is not acquitted', async () => {
  const healthy = await sampled({
    processes: new Map([waiter(writes(growing(0.5)))]),
    disks: disk(growing(0.5), 0.3),
  });
  assert.equal(healthy.verdict.cause, 'healthy');
  const few = await sampled({ processes: new Map([waiter(writes(growing(0.01)))]), disks: disk(growing(0.5), 0.3) });
  assert.equal(few.verdict.cause, 'inconclusive');
  assert.match(
    few.verdict.sentence,
    /waited \d+ ms for the disk in 30 reads and writes of it, longer than an ordinary disk needs/,
  );
});

test('what others ask of the disk keeps counters from acquitting it: where all wait long, and where the victim gets less done meanwhile', async () => {
  const mine = waiter(writes(growing(0.5)));
  const even = await sampled({ processes: new Map([mine]), disks: disk(growing(2), 0.4) });
  assert.equal(even.verdict.cause, 'healthy', 'company that is always there and harms nobody');
  const long = await sampled({ processes: new Map([mine]), disks: disk(growing(2), 0.4, 40) });
  assert.match(
    long.verdict.sentence,
    /75 % of what loop0 moved was not the victim’s, each of the 6000 requests there took 20 ms/,
  );
  // Every other second the others write ten times as much, and the victim a quarter.
  const sum = (rate: (t: number) => number) => {
    let total = 0;
    return TIMES.map((t) => (total += t === 0 ? 0 : 100 * rate(t)));
  };
  const isBurst = (t: number) => Math.floor((t - 1) / 1000) % 2 === 1;
  const own = sum((t) => (isBurst(t) ? 0.1 : 0.4));
  const all = sum((t) => (isBurst(t) ? 4.1 : 0.8));
  const surges = await sampled({ processes: new Map([waiter(writes(own))]), disks: disk(all, 0.4) });
  assert.equal(surges.verdict.cause, 'inconclusive');
  assert.match(surges.verdict.sentence, /while others used it most the victim got \d\d % of its work done/);
});

test('threads that take turns at a lock while one waits for the disk may be a convoy; a pool without work is none', async () => {
  const process = new Map([waiter(writes(growing(0.5)))]);
  const threads = new Map([[ME, [ME, ME + 1]]]);
  const turns = (part: number) => {
    const [pid, counters] = sleeper(ME + 1, 'S', 'futex_wait_queue');
    const name = TIMES.map((_, index) => (index % 10 < part * 10 ? 'futex_wait_queue' : 'hrtimer_nanosleep'));
    return new Map([[pid, { ...counters, wchan: { t: Float64Array.from(TIMES), name } }]]);
  };
  const load = { processes: process, disks: disk(growing(0.5), 0.3) };
  const convoy = await sampled({ ...load, threads: turns(0.5) }, { threads });
  assert.match(convoy.verdict.sentence, /1 of the victim’s threads waited for locks while another waited for the disk/);
  const pool = await sampled({ ...load, threads: turns(1) }, { threads });
  assert.equal(pool.verdict.cause, 'healthy');
});

test('flushes that its own writes can’t have asked for are not its own', async () => {
  const process = (perMs: number) => new Map([sleeper(ME, 'D', 'jbd2_log_wait_commit', writes(growing(perMs)))]);
  const disks = disk(growing(0.1), 0.9, 0.9, growing(0.1));
  assert.equal((await sampled({ processes: process(0.05), disks })).verdict.cause, 'app.sync-writes');
  const others = await sampled({ processes: process(0.01), disks });
  assert.notEqual(others.verdict.cause, 'app.sync-writes');
  const why = others.ruledOut.find(({ cause }) => cause === 'app.sync-writes')?.why;
  assert.equal(why, 'loop0 was flushed 300 times while it wrote 30 times: others asked for most of that');
});

test('what a sync takes is not what the disk needs where the disk is full of others’ requests', async () => {
  const syncing = new Map([sleeper(ME, 'D', 'jbd2_log_wait_commit', writes(growing(0.05)))]);
  const beside = (inQueue: number) => disk(growing(0.5), 0.9, inQueue, growing(0.1));
  const quick = await sampled({ processes: syncing, disks: beside(0.9) });
  assert.equal(quick.verdict.cause, 'app.sync-writes');
  const full = await sampled({ processes: syncing, disks: beside(30) });
  assert.equal(full.verdict.cause, 'inconclusive');
  const why = full.notChecked.find(({ cause }) => cause === 'app.sync-writes')?.why ?? '';
  assert.match(why, /90 % of what loop0 moved was not the victim’s, .* took 60 ms with its queueing/);
});

test('a writer that read a page is not short of page cache, whatever others read again', async () => {
  const vmstat = series(TIMES, { workingset_refault_file: growing(1) });
  const io = (read: number, written: number) => ({
    ...writes(growing(0.5)),
    read_bytes: growing(read),
    write_bytes: growing(written),
  });
  const causes = async (read: number, written: number) => {
    const { verdict, ruledOut } = await sampled({
      processes: new Map([waiter(io(read, written))]),
      disks: disk(growing(0.5), 0.3),
      vmstat,
    });
    return { verdict: verdict.cause, why: ruledOut.find(({ cause }) => cause === 'mem.thrash')?.why };
  };
  assert.equal((await causes(2048, 16)).verdict, 'mem.thrash');
  assert.match((await causes(1, 2048)).why ?? '', /3 kB of the 6.15 MB that it moved were read/);
});

test('starved is who waits long for each slice of a CPU that others have, not who wakes idle CPUs or competes with itself', async () => {
  // Ready for 60 % of its time, running for 20 %.
  const sched = (slices: number) => ({ run_ns: growing(2e5), wait_ns: growing(6e5), slices: growing(slices) });
  const cpu = series(TIMES, {
    ...Object.fromEntries(['nice', 'irq', 'softirq', 'steal', 'iowait'].map((name) => [name, ZERO])),
    user: growing(0.15),
    system: growing(0.05),
    idle: growing(0),
  });
  const starved = await sampled({ processes: new Map([sleeper(ME, 'R', '0', undefined, sched(0.1))]), cpu });
  assert.equal(starved.verdict.cause, 'cpu.starved');
  const waking = await sampled({ processes: new Map([sleeper(ME, 'S', 'ep_poll', undefined, sched(20))]), cpu });
  assert.notEqual(waking.verdict.cause, 'cpu.starved');
  assert.ok((waking.accounting.find(({ state }) => state === 'cpu-wakeup')?.share ?? 0) > 0.5);
  // Nine siblings took all the other CPU time.
  const siblings = Array.from({ length: 9 }, (_, n) => sleeper(ME + 1 + n, 'R', '0', undefined, sched(0.1)));
  const crowd = await sampled(
    { processes: new Map([sleeper(ME, 'R', '0', undefined, sched(0.1))]), threads: new Map(siblings), cpu },
    { threads: new Map([[ME, [ME, ...siblings.map(([pid]) => pid)]]]) },
  );
  assert.notEqual(crowd.verdict.cause, 'cpu.starved');
});

test('what counters were not recorded is not checked, and nobody is ruled out by it', async () => {
  const [pid, waiting] = sleeper(ME, 'D', 'io_schedule');
  const blind = await sampled({ processes: new Map([[pid, waiting]]) });
  const unchecked = blind.notChecked.map(({ cause }) => cause);
  for (const cause of [
    'app.sync-writes',
    'blk.cgroup-limit',
    'blk.split',
    'dev.capped',
    'dev.errors',
    'dev.slow',
    'fs.full',
    'mem.thrash',
  ])
    assert.ok(unchecked.includes(cause), cause);
  // The same with the counters: each of them can be ruled out, or holds.
  const io = writes(growing(0.5));
  const seen = await sampled({ processes: new Map([sleeper(ME, 'D', 'io_schedule', io)]), disks: SLOW_DISK });
  assert.equal(seen.verdict.cause, 'dev.slow');
  for (const cause of ['app.sync-writes', 'dev.capped', 'dev.errors'])
    assert.ok(
      seen.ruledOut.some((one) => one.cause === cause),
      cause,
    );
});
