// What a victim's time, its disk and its company are told by, just below and just above each number.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intervals, NO_INTERVALS } from '../../../src/base/intervals.js';
import { Topology } from '../../../src/analysis/machine/topology.js';
import { measure } from '../../../src/analysis/measures.js';
import { loadOf } from '../../../src/analysis/requests/disk-load.js';
import { findConvoy } from '../../../src/analysis/victim/convoy.js';
import { diskOf } from '../../../src/analysis/victim/disk.js';
import { durableRequests } from '../../../src/analysis/victim/durable.js';
import { withHolders } from '../../../src/analysis/victim/lock-owners.js';
import { withFrozen } from '../../../src/analysis/victim/frozen.js';
import { findNeighbours } from '../../../src/analysis/victim/neighbours.js';
import { Usage } from '../../../src/analysis/victim/users.js';
import { subjectOf } from '../../../src/analysis/victim/of-block-trace.js';
import { linkWakes, splitWaits } from '../../../src/analysis/victim/own-requests.js';
import { progressWithin } from '../../../src/analysis/victim/progress.js';
import { judgedPart } from '../../../src/analysis/victim/scope.js';
import { sampledLine } from '../../../src/analysis/victim/samples.js';
import { diskIdled } from '../../../src/analysis/victim/surroundings.js';
import { timelines } from '../../../src/analysis/victim/timeline.js';
import type { Case } from '../../../src/model/case.js';
import type { ProcessCounters } from '../../../src/model/counters.js';
import type { Segment } from '../../../src/model/segment.js';
import { Timeline } from '../../../src/model/timeline.js';
import { processOf } from '../../support/asleep.js';
import { aCase, NO_COUNTERS, series, someFacts } from '../../support/case.js';
import { LOOP0, someEvents, type Row } from '../../support/events.js';
import { ME, measuresOf, requestsOf, type Request } from '../../support/measures.js';

const TIMES = Array.from({ length: 101 }, (_, n) => n * 100);
const ZERO = TIMES.map(() => 0);

/** A process that sleeps in the disk in so many of a hundred samples, and in a timer in the others. */
function sampled(pid: number, waits: number): [number, ProcessCounters] {
  const isWait = (index: number) => index <= waits;
  const name = TIMES.map((_, index) => (isWait(index) ? 'io_schedule' : 'hrtimer_nanosleep'));
  return [
    pid,
    {
      pid,
      comm: 'x',
      stat: series(TIMES, { majflt: ZERO }),
      state: TIMES.map((_, index) => (isWait(index) ? 'D' : 'S')),
      schedstat: series(TIMES, { run_ns: ZERO, wait_ns: ZERO }),
      wchan: { t: Float64Array.from(TIMES), name },
    },
  ];
}

test('an idle worker that waited for a CPU for a moment does not stand for a process whose first thread works', () => {
  const worker = sampled(ME + 1, 0)[1];
  const moment = {
    ...worker,
    schedstat: series(TIMES, { run_ns: ZERO, wait_ns: TIMES.map((t) => (t > 5000 ? 5e7 : 0)) }),
  };
  const [, first] = sampled(ME, 0);
  const working = { ...first, schedstat: series(TIMES, { run_ns: TIMES.map((t) => t * 2e5), wait_ns: ZERO }) };
  const { account } = measure(
    aCase({
      durationMs: 10_000,
      victims: [{ pid: ME, comm: 'journald', role: 'pid' }],
      threads: new Map([[ME, [ME, ME + 1]]]),
      counters: { ...NO_COUNTERS, processes: new Map([[ME, working]]), threads: new Map([[ME + 1, moment]]) },
    }),
  );
  assert.equal(account?.thread, ME);
});

test('of a command and its child that were hardly held up the one that did more is told of, whoever waited longer for a CPU', () => {
  const lived = (pid: number, runNsPerMs: number, waitedMs: number): [number, ProcessCounters] => [
    pid,
    {
      ...sampled(pid, 0)[1],
      schedstat: series(TIMES, {
        run_ns: TIMES.map((t) => t * runNsPerMs),
        wait_ns: TIMES.map((t) => (t > 5000 ? waitedMs * 1e6 : 0)),
      }),
    },
  ];
  const victim = (own: number, childs: number) =>
    measure(
      aCase({
        durationMs: 10_000,
        victims: [
          { pid: ME, comm: 'sh', role: 'command' },
          { pid: ME + 1, comm: 'sort', role: 'child' },
        ],
        counters: { ...NO_COUNTERS, processes: new Map([lived(ME, own, 0), lived(ME + 1, childs, 50)]) },
      }),
    ).account?.pid;
  assert.equal(victim(2e5, 1e4), ME);
  assert.equal(victim(1e4, 2e5), ME + 1);
});

test('a child that was held up nine tenths as long as its parent stands for it, one of six tenths does not', () => {
  const victim = (waits: number) =>
    measure(
      aCase({
        durationMs: 10_000,
        victims: [
          { pid: ME, comm: 'sh', role: 'command' },
          { pid: ME + 1, comm: 'dd', role: 'child' },
        ],
        counters: { ...NO_COUNTERS, processes: new Map([sampled(ME, 100), sampled(ME + 1, waits)]) },
      }),
    ).account?.pid;
  assert.equal(victim(90), ME + 1);
  assert.equal(victim(60), ME);
});

test('a command lives from when it was let go, which no other victim is, and from its first sample where that is not known', () => {
  const beginOf = (different: object, role: 'command' | 'pid' = 'command') =>
    measure(
      aCase({
        durationMs: 10_000,
        victims: [{ pid: ME, comm: 'tar', role, ...different }],
        counters: { ...NO_COUNTERS, processes: new Map([sampled(ME, 100)]) },
      }),
    ).account?.from;
  assert.equal(beginOf({ releasedMs: 740 }), 740);
  assert.equal(beginOf({}), 0);
  assert.equal(beginOf({}, 'pid'), 0);
});

test('a sleep of 75 ms is surely what a sample saw, one of 35 ms is not', () => {
  const state = (ms: number) => {
    const out = { prev_pid: ME, prev_state: 2, next_pid: 0, prev_comm: 'victim', next_comm: 'swapper' };
    const into = { prev_pid: 0, prev_state: 0, next_pid: ME, prev_comm: 'swapper', next_comm: 'victim' };
    const events = someEvents({
      sched_switch: [
        { t: 10, pid: ME, fields: out },
        { t: 10 + ms, pid: 0, fields: into },
      ],
      sched_waking: [{ t: 10 + ms, pid: 0, fields: { pid: ME, comm: 'victim' } }],
    });
    const seen = () => ({ state: 'fs-frozen', wchan: 'percpu_rwsem_wait' }) as const;
    const segments = timelines(events, { threads: new Set([ME]), kept: [{ from: 0, to: 200 }], sampled: seen }).get(ME);
    return [...(segments ?? [])].find(({ from }) => from === 10)?.state;
  };
  assert.equal(state(75), 'fs-frozen');
  assert.notEqual(state(35), 'fs-frozen');
});

test('a quota that ran out within 0.6 s of a sample explains that the thread was ready and did not run', () => {
  const stateAt = (throttledMs: number) => {
    const [, ready] = sampled(ME, 0);
    const cgroup = series([0, throttledMs - 1, throttledMs, 10_000], { nr_throttled: [0, 0, 1, 1] });
    const input = aCase({
      durationMs: 10_000,
      counters: {
        ...NO_COUNTERS,
        processes: new Map([
          [
            ME,
            {
              ...ready,
              state: TIMES.map(() => 'R'),
              wchan: { t: Float64Array.from(TIMES), name: TIMES.map(() => '') },
            },
          ],
        ]),
        cgroups: new Map([['/sys/fs/cgroup/cpu/box/cpu.stat', cgroup]]),
      },
    });
    return sampledLine(input, ME, undefined, 5000, 5100).stateAt(0);
  };
  assert.equal(stateAt(5100 + 450), 'cgroup-cpu');
  assert.equal(stateAt(5100 + 900), 'runnable');
});

test('a thread in uninterruptible sleep where only a signal ends it is frozen there with its cgroup, if two samples in a row are of one sleep', () => {
  const frozenIn = (letter: string, wchan: string, slicesEach = 0): ProcessCounters => ({
    ...sampled(ME, 0)[1],
    state: TIMES.map(() => letter),
    schedstat: series(TIMES, { run_ns: ZERO, wait_ns: ZERO, slices: TIMES.map((_, index) => slicesEach * index) }),
    wchan: { t: Float64Array.from(TIMES), name: TIMES.map(() => wchan) },
  });
  const stateOf = (...how: Parameters<typeof frozenIn>) => {
    const counters = { ...NO_COUNTERS, processes: new Map([[ME, frozenIn(...how)]]) };
    return sampledLine(aCase({ durationMs: 10_000, counters }), ME, undefined, 5000, 5100).stateAt(0);
  };
  assert.equal(stateOf('D', 'hrtimer_nanosleep'), 'stopped');
  assert.equal(stateOf('D', 'futex_do_wait'), 'stopped');
  assert.equal(stateOf('S', 'hrtimer_nanosleep'), 'asleep');
  assert.equal(
    stateOf('D', 'hrtimer_nanosleep', 1),
    'asleep',
    'it ran between: the letter and the sleep are of two moments',
  );
  assert.equal(stateOf('D', 'msleep'), 'asleep', 'which is always D');
  assert.equal(stateOf('D', 'unix_stream_read_generic'), 'pipe-socket', 'where it may wait for a mutex');
  // Events show one nap, from 4800 on: samples that of its time from 5050 to 5450 it was frozen.
  const nap = Timeline.of([
    { from: 4000, to: 4800, state: 'block-device' },
    { from: 4800, to: 5700, state: 'asleep', wokenBy: 7 },
  ]);
  const samples = frozenIn('D', 'hrtimer_nanosleep');
  const between = (from: number, to: number) => ({
    ...samples,
    state: TIMES.map((t) => (t >= from && t <= to ? 'D' : 'S')),
  });
  const told = (one: ProcessCounters) => [...withFrozen(nap, one)].map(({ from, to, state }) => [from, to, state]);
  assert.deepEqual(told(between(5100, 5400)), [
    [4000, 4800, 'block-device'],
    [4800, 5050, 'asleep'],
    [5050, 5450, 'stopped'],
    [5450, 5700, 'asleep'],
  ]);
  assert.deepEqual(told(between(4000, 6000)).at(-1), [4800, 5700, 'stopped'], 'from the nap’s beginning to its end');
  assert.deepEqual(told(between(5100, 5100)).length, 2, 'one sample is none');
});

test('sleeps that no sample met are not known, and are no running; those that one met are what that one tells', () => {
  // It runs for 60 ms of each 100, and waits 10 for a CPU.
  const busy = (wchanOf: (index: number) => string): ProcessCounters => ({
    ...sampled(ME, 0)[1],
    state: TIMES.map((_, index) => (wchanOf(index) === '' ? 'R' : 'S')),
    schedstat: series(TIMES, { run_ns: TIMES.map((t) => 6e5 * t), wait_ns: TIMES.map((t) => 1e5 * t), slices: TIMES }),
    wchan: { t: Float64Array.from(TIMES), name: TIMES.map((_, index) => wchanOf(index)) },
  });
  const sums = (one: ProcessCounters) => {
    const counters = { ...NO_COUNTERS, processes: new Map([[ME, one]]) };
    return sampledLine(aCase({ durationMs: 10_000, counters }), ME, undefined, 0, 10_000).sums();
  };
  const unseen = sums(busy(() => ''));
  assert.deepEqual(
    [unseen.get('running'), unseen.get('unexplained')].map((ms) => Math.round(ms ?? 0)),
    [6000, 3000],
  );
  const seen = sums(busy((index) => (index % 20 === 10 ? 'hrtimer_nanosleep' : '')));
  assert.deepEqual([seen.get('unexplained'), Math.round(seen.get('asleep') ?? 0)], [undefined, 3000]);
});

test('of a stall that a watch recorded the lost seconds are judged, with two before and behind; all of a life that does not meet them', () => {
  const input = aCase({ lost: { fromMs: 20_000, toMs: 28_000, seconds: 8 } });
  assert.deepEqual(judgedPart(input, { from: 0, to: 40_000 }), { from: 18_000, to: 30_000 });
  assert.deepEqual(judgedPart(input, { from: 19_000, to: 29_000 }), { from: 19_000, to: 29_000 });
  assert.deepEqual(judgedPart(input, { from: 0, to: 15_000 }), { from: 0, to: 15_000 });
  assert.deepEqual(judgedPart(aCase(), { from: 0, to: 40_000 }), { from: 0, to: 40_000 });
});

test('a thread that was left out while the machine was sampled has no line for that; where the recorder was late it has', () => {
  const every = (from: number, to: number) => Array.from({ length: (to - from) / 1000 + 1 }, (_, n) => from + n * 1000);
  const lineOf = (t: readonly number[], machine: readonly number[]) => {
    const thread = {
      pid: ME + 1,
      comm: 'me',
      stat: series(t, { utime: t.map(() => 0) }),
      state: t.map(() => 'D'),
      wchan: { t: Float64Array.from(t), name: t.map(() => 'io_schedule') },
    };
    const vmstat = series(machine, { nr_dirty: machine.map(() => 0) });
    const input = aCase({ counters: { ...NO_COUNTERS, vmstat, threads: new Map([[ME + 1, thread]]) } });
    const line = sampledLine(input, ME + 1, undefined, 0, 20_000);
    return [line.at(0)?.from, line.at(-1)?.to];
  };
  const whole = every(0, 20_000);
  // Left out for 4 s, the longer part is told; for 3 s, it was only late.
  assert.deepEqual(lineOf([...every(0, 5000), ...every(9000, 20_000)], whole), [9000, 20_000]);
  assert.deepEqual(lineOf([...every(0, 5000), ...every(8000, 20_000)], whole), [0, 20_000]);
  const late = [...every(0, 5000), ...every(12_000, 20_000)];
  assert.deepEqual(lineOf(late, late), [0, 20_000]);
});

test('a wait for a CPU that is counted when it ends was waited in the samples before, as far as the thread was ready', () => {
  const t = [0, 100, 200, 300, 400, 500];
  const statesOf = (state: string, wait_ns: readonly number[], run_ns = t.map(() => 0)) => {
    const stat = series(t, { utime: t.map(() => 0) });
    const schedstat = series(t, { run_ns, wait_ns, slices: [0, 0, 0, 0, 1, 1] });
    const me = { pid: ME, comm: 'me', stat, state: state.split(''), schedstat };
    const input = aCase({ counters: { ...NO_COUNTERS, processes: new Map([[ME, me]]) } });
    const ms: Record<string, number> = {};
    for (const { state: name, from, to } of sampledLine(input, ME, undefined, 0, 500))
      ms[name] = (ms[name] ?? 0) + to - from;
    return ms;
  };
  const lump = [0, 0, 0, 0, 350e6, 350e6];
  const ran = [0, 0, 0, 0, 20e6, 120e6];
  assert.deepEqual(statesOf('RRRRRR', lump, ran), { runnable: 380, running: 120 });
  assert.deepEqual(statesOf('SSSRRR', lump, ran), { unexplained: 200, runnable: 180, running: 120 });
  // Ready to the end, and never on a CPU: that wait has not been counted yet.
  assert.deepEqual(
    statesOf(
      'RRRRRR',
      t.map(() => 0),
    ),
    { runnable: 500 },
  );
});

/** A sleep for I/O that a thread of the kernel ended at 100 ms, so long behind the completion of its request. */
function woken(
  behindMs: number,
  wokenBy: number,
): { readonly wait: Segment; readonly requests: ReturnType<typeof requestsOf> } {
  const wait: Segment = { from: 50, to: 100, state: 'block-device', wokenAt: 100, wokenOn: 1, wokenBy };
  return { wait, requests: requestsOf([{ at: 60, took: 40 - behindMs }]) };
}

test('a thread of the kernel that finishes a write wakes its writer within 5 ms', () => {
  const linked = (behindMs: number) => {
    const { wait, requests } = woken(behindMs, 9);
    return [...linkWakes(Timeline.of([wait]), requests, 0, (pid) => pid === 9)];
  };
  assert.deepEqual(linked(3.5), [0]);
  assert.deepEqual(linked(7), [-1]);
});

test('a bio that a kernel thread queued 1.5 ms into the sleep was held back, 0.7 ms are a worker’s own way', () => {
  const states = (queuedAfterMs: number) => {
    const wait: Segment = { from: 0, to: 10, state: 'block-device' };
    const requests = requestsOf([{ at: queuedAfterMs, took: 10 - queuedAfterMs, own: false }]);
    const parts = splitWaits(Timeline.of([wait]), {
      requests,
      own: Uint8Array.from([2]),
      wakes: Int32Array.from([0]),
      disk: 0,
      isKernelThread: () => false,
      isPassedOn: () => true,
      isWriteback: () => false,
      isServed: () => false,
      isIdle: () => false,
    });
    return Array.from(parts, ({ state }) => state);
  };
  assert.deepEqual(states(1.5), ['block-held', 'block-device']);
  assert.deepEqual(states(0.7), ['block-finish', 'block-device']);
});

test('a wait whose request may have been left out of a sample is with the device, unless the disk idled', () => {
  const states = (isIdle: boolean, times: Intervals) => {
    const wait: Segment = { from: 0, to: 500, state: 'block-device' };
    const parts = splitWaits(Timeline.of([wait]), {
      requests: { ...requestsOf([]), sampled: times },
      own: new Uint8Array(0),
      wakes: Int32Array.from([-1]),
      disk: 0,
      isKernelThread: () => false,
      isPassedOn: () => true,
      isWriteback: () => false,
      isServed: () => false,
      isIdle: () => isIdle,
    });
    return Array.from(parts, ({ state }) => state);
  };
  const always = Intervals.of([{ from: 0, to: 1000 }]);
  assert.deepEqual(states(true, always), ['block-held']);
  assert.deepEqual(states(false, always), ['block-device']);
  // Where all requests were traced there was none.
  assert.deepEqual(states(true, NO_INTERVALS), ['block-finish']);
});

test('a page that a process waits for while its disk idles comes from the server of its files, where all of them have one', () => {
  const told = (openFiles: readonly string[], workedMs: number) => {
    const mount = { device: '7:0', root: '/', options: 'rw', source: 'x' };
    const mounts = [
      { ...mount, mountPoint: '/data', type: 'ext4' },
      { ...mount, mountPoint: '/far', type: 'nfs4' },
    ];
    const io_ticks = TIMES.map((_, n) => n * workedMs);
    const input = aCase({
      durationMs: 10_000,
      facts: [someFacts({ mounts, processes: [processOf({ openFiles })] })],
      counters: {
        ...NO_COUNTERS,
        processes: new Map([sampled(ME, 100)]),
        disks: new Map([['7:0', series(TIMES, { io_ticks })]]),
      },
    });
    return [...sampledLine(input, ME, '7:0', 0, 10_000).sums().keys()];
  };
  assert.deepEqual(told(['/far/data', '/dev/null'], 0), ['server']);
  assert.deepEqual(told(['/far/data', '/data/log'], 0), ['block-held']);
  assert.deepEqual(told(['/far/data'], 90), ['block-device']);
});

test('a disk idled during a wait of 60 ms that it worked 10 ms around, not with 14 ms of work, and of 40 ms nobody knows', () => {
  const idled = (workedMs: number, waitedMs: number) => {
    const io_ticks = TIMES.map((t) => (t > 500 ? workedMs : 0));
    const input = aCase({ counters: { ...NO_COUNTERS, disks: new Map([['7:0', series(TIMES, { io_ticks })]]) } });
    return diskIdled(input, '7:0', { from: 520, to: 520 + waitedMs });
  };
  assert.equal(idled(10, 60), true);
  assert.equal(idled(14, 60), false);
  assert.equal(idled(0, 40), false);
  assert.equal(diskIdled(aCase(), '7:0', { from: 520, to: 580 }), false, 'a disk without counters');
});

test('a thread that a sample met on a CPU ran as long as the scheduler counted, and slept besides as the nearest other sample shows, or nobody knows how', () => {
  const stateLetters = ['S', 'S', 'R', 'S', 'S'];
  const statesWith = (run_ns: readonly number[], letters = stateLetters) => {
    const t = [0, 100, 200, 300, 400];
    const name = letters.map((letter, index) => (letter === 'S' ? (index < 2 ? 'do_epoll_wait' : 'futex_wait') : '0'));
    const process = {
      pid: ME,
      comm: 'x',
      stat: series(t, { majflt: t.map(() => 0) }),
      state: letters,
      schedstat: series(t, { run_ns, wait_ns: t.map(() => 0) }),
      wchan: { t: Float64Array.from(t), name },
    };
    const input = aCase({ counters: { ...NO_COUNTERS, processes: new Map([[ME, process]]) } });
    return [...sampledLine(input, ME, undefined, 100, 200)].map(({ state, from, to }) => [state, to - from]);
  };
  assert.deepEqual(statesWith([0, 0, 3e7, 3e7, 3e7]), [
    ['running', 30],
    ['pipe-socket', 70],
  ]);
  assert.deepEqual(statesWith([0, 0, 0, 0, 0]), [['runnable', 100]]);
  assert.deepEqual(statesWith([0, 3e7, 6e7, 9e7, 12e7], ['R', 'R', 'R', 'R', 'R']), [
    ['running', 30],
    ['unexplained', 70],
  ]);
});

test('a device that passes bios on has what no device beneath had yet, and what those keep waiting stays that', () => {
  const wait: Segment = { from: 0, to: 300, state: 'block-device' };
  // Beneath, the request was queued at 200 and dispatched at 250; above, the bio was there from 10 to 290.
  const requests = requestsOf([
    { at: 250, took: 30, queued: 50 },
    { at: 10, took: 280 },
  ]);
  const parts = splitWaits(Timeline.of([wait]), {
    requests: { ...requests, passedOn: Uint8Array.from([0, 1]) },
    own: Uint8Array.from([1, 1]),
    wakes: Int32Array.from([1]),
    disk: 0,
    isKernelThread: () => false,
    isPassedOn: () => false,
    isWriteback: () => false,
    isServed: () => false,
    isIdle: () => false,
  });
  assert.deepEqual(
    Array.from(parts, ({ state, from, to }) => [state, from, to]),
    [
      ['block-finish', 0, 10],
      ['block-device', 10, 200],
      ['block-queue', 200, 250],
      ['block-device', 250, 280],
      ['block-device', 280, 290],
      ['block-finish', 290, 300],
    ],
  );
});

type Wait = readonly [from: number, to: number, by: number];

const [HOLDER, FIRST, SECOND, STRANGER] = [1, 2, 3, 4] as const;

/** The convoy of two waiters and a holder in I/O, by what they wait in each round of 200 ms; the waiters run in between. */
function convoyIn(rounds: readonly { readonly first: readonly Wait[]; readonly second: readonly Wait[] }[]) {
  const end = rounds.length * 200;
  const lineOf = (waits: readonly Wait[]): Timeline => {
    let at = 0;
    const line = waits.flatMap(([from, to, wokenBy]): Segment[] => {
      const before: Segment = { from: at, to: from, state: 'running' };
      at = to;
      return [before, { from, to, state: 'user-lock', wokenBy }];
    });
    return Timeline.of([...line, { from: at, to: end, state: 'running' }]);
  };
  const all = (name: 'first' | 'second') =>
    rounds.flatMap((round, index) =>
      round[name].map(([from, to, by]): Wait => [index * 200 + from, index * 200 + to, by]),
    );
  const lines = new Map<number, Timeline>([
    [HOLDER, Timeline.of([{ from: 0, to: end, state: 'block-device' }])],
    [FIRST, lineOf(all('first'))],
    [SECOND, lineOf(all('second'))],
    [STRANGER, Timeline.of([{ from: 0, to: end, state: 'asleep' }])],
  ]);
  return findConvoy(lines, () => []);
}

/** The lock goes from the holder to the first, to the second, and back to the first; strangers end waits in some rounds. */
function circle(rounds: number, waitMs: number, strangers = 0) {
  const round = (by: readonly [number, number, number]) => ({
    first: [
      [0, waitMs / 2, by[0]],
      [waitMs, 1.5 * waitMs, by[1]],
    ] as const,
    second: [[0, 0.75 * waitMs, by[2]]] as const,
  });
  return convoyIn(
    Array.from({ length: rounds }, (_, index) =>
      round(index < strangers ? [STRANGER, STRANGER, STRANGER] : [HOLDER, SECOND, FIRST]),
    ),
  );
}

test('threads that waited four times each are a convoy, and those that waited for a third of their time', () => {
  assert.ok(circle(4, 100));
  assert.ok(circle(20, 90));
  assert.equal(circle(20, 40), undefined);
});

test('a convoy’s waits are ended within it: not where strangers end four in ten', () => {
  assert.ok(circle(20, 100, 4));
  assert.equal(circle(20, 100, 8), undefined);
});

test('of the turns that end while another waits a third must let one go: half do, a quarter are idle workers’', () => {
  const handed = { first: [[0, 80, HOLDER]], second: [[0, 100, FIRST]] } as const;
  // The first has a turn and waits again, while the second waits all along; three times the second lets it go in the end.
  const kept = (by: number) =>
    ({
      first: [
        [0, 80, HOLDER],
        [120, 180, by],
      ],
      second: [[0, 150, HOLDER]],
    }) as const;
  const back = [kept(SECOND), kept(SECOND), kept(SECOND)];
  const some = (count: number, round: (typeof back)[number] | typeof handed) =>
    Array.from({ length: count }, () => round);
  assert.ok(convoyIn([...some(5, handed), ...back, ...some(5, kept(HOLDER))]));
  assert.equal(convoyIn([...some(3, handed), ...back, ...some(15, kept(HOLDER))]), undefined);
});

/** A chain of so many locks, each held by one who waits for the next; the last one waits for the disk. */
function chain(links: number) {
  const wait = (wokenBy: number): Segment => ({ from: 0, to: 100, state: 'user-lock', wokenBy });
  const moved = new Map<number, Timeline>();
  for (let link = 1; link <= links; link += 1)
    moved.set(link, Timeline.of([link < links ? wait(link + 1) : { from: 0, to: 100, state: 'block-device' }]));
  return withHolders(Timeline.of([wait(1)]), new Set([ME]), moved).line.stateAt(0);
}

test('a chain of three locks is followed to its end, one of six is not', () => {
  assert.equal(chain(3), 'block-device');
  assert.equal(chain(6), 'user-lock');
});

/** Twice as many requests of one's own: so many beside another's, which take 20 ms, and as many alone, which take 10. */
function company(count: number, durationMs = 10_000, theirMs = 10, reads: readonly Request[] = []) {
  const mine = Array.from({ length: count }, (_, n): Request[] => [
    { at: n * 200, took: 20 },
    { at: n * 200 + 100, took: 10 },
  ]).flat();
  const theirs = Array.from({ length: count }, (_, n): Request => ({ at: n * 200 + 1, took: theirMs, own: false }));
  const requests = requestsOf([...mine, ...theirs, ...reads]);
  const list = [
    { pid: ME, name: 'victim', via: 'direct' },
    { pid: 60, name: 'other', via: 'direct' },
  ] as const;
  const own = Uint8Array.from(requests.pid, (pid) => Number(pid === ME));
  const source = { device: '7:0', dirtier: undefined, inode: -1, meta: false };
  const owners = {
    list,
    sources: [
      { ...source, queuer: ME },
      { ...source, queuer: 60 },
    ],
    ownerOf: Int32Array.of(0, 1),
    first: Int32Array.from({ length: requests.length + 1 }, (_, row) => row),
    source: Int32Array.from(requests.pid, (pid) => Number(pid !== ME)),
    share: new Float64Array(requests.length).fill(1),
  };
  const users = new Usage(requests, owners, new Set([ME])).of([], own);
  const shared = { requests, owners, users, own, waits: NO_INTERVALS, durationMs, pagesDirtied: () => undefined };
  return findNeighbours({ ...shared, load: loadOf(requests, 0) });
}

test('twelve requests in company and alone are compared, six are too few', () => {
  assert.equal(company(12).slowdown, 2);
  assert.ok(Number.isNaN(company(6).slowdown));
});

test('fewer in company are compared where they would be as long by chance less than once in a thousand times', () => {
  /** Two in company, longer than all of so many alone. */
  const twoBeside = (alone: number) => {
    const more = Array.from({ length: alone - 2 }, (_, n): Request => ({ at: 1000 + n * 100, took: 10 }));
    return company(2, 10_000, 10, more).slowdown;
  };
  assert.equal(twoBeside(36), 2, 'once in 1369 times');
  assert.ok(Number.isNaN(twoBeside(24)), 'once in 625 times');
});

test('a request is in company while others are served for half of its life, and alone up to a tenth of it', () => {
  assert.equal(company(12, 10_000, 11).slowdown, 2);
  assert.ok(Number.isNaN(company(12, 10_000, 8).slowdown), 'neither');
  // Then all of them are alone, and there is nothing to compare, nor to blame.
  const { slowdown, contendedMeanMs } = company(12, 10_000, 1);
  assert.deepEqual([slowdown, contendedMeanMs], [NaN, NaN]);
});

test('kinds that can be compared tell nothing where most of the time in company was of one that can’t', () => {
  // Reads that were never alone, for 0.2, 0.45 or 4 s, beside the writes' 0.24 s.
  const reads = (took: number) =>
    Array.from({ length: 10 }, (_, n): Request[] => [
      { at: 3000 + n * 500, took, kind: 'read' },
      { at: 3000 + n * 500 + 1, took: took - 2, own: false, kind: 'read' },
    ]).flat();
  assert.equal(company(12, 10_000, 10, reads(20)).slowdown, 2);
  assert.ok(Number.isNaN(company(12, 10_000, 10, reads(45)).slowdown), 'a third');
  const { slowdown, contendedMeanMs } = company(12, 10_000, 10, reads(400));
  assert.ok(Number.isNaN(slowdown));
  assert.ok(contendedMeanMs > 100, `${contendedMeanMs} ms`);
});

test('bursts are looked for in longer bins where half an hour has too many short ones', () => {
  assert.equal(company(1, 10_000).others[0]?.bursts.binMs, 50);
  assert.equal(company(1, 2_000_000).others[0]?.bursts.binMs, 100);
});

/** Progress in a stall of so many ms that begins after so many; a tenth of the usual, sampled ten times a second. */
function progress(
  beforeMs: number,
  stallMs: number,
  lifeMs: number,
  isStalled = (t: number) => t >= beforeMs && t < beforeMs + stallMs,
) {
  const t = Array.from({ length: lifeMs / 50 + 1 }, (_, n) => n * 50);
  let done = 0;
  const wchar = t.map((at) => (done += at === 0 ? 0 : isStalled(at - 50) ? 5 : 50));
  return progressWithin(
    written(t, wchar),
    ME,
    { from: 0, to: lifeMs },
    Intervals.of([{ from: beforeMs, to: beforeMs + stallMs }]),
  );
}

/** What the victim had written in all at each of these times. */
function written(t: readonly number[], wchar: readonly number[]): Case {
  const io = series(t, { wchar, rchar: t.map(() => 0) });
  const process = { pid: ME, comm: 'x', stat: series([], {}), state: [], io };
  return aCase({ counters: { ...NO_COUNTERS, processes: new Map([[ME, process]]) } });
}

test('progress is compared where a stall lasts for two half seconds and leaves three, not for less', () => {
  assert.equal(progress(1500, 1000, 2500), 0.1);
  assert.ok(Number.isNaN(progress(1500, 500, 2500)), 'one half second of stall');
  assert.ok(Number.isNaN(progress(1000, 1500, 2500)), 'two half seconds outside it');
  assert.equal(progress(2000, 1500, 4000), 0.1);
});

test('a half second counts as stalled that is so for the larger part', () => {
  // Six tenths of the half second that begins at 2 s, four tenths of the one that begins at 3 s.
  const part = progress(2200, 1000, 6000);
  assert.ok(part > 0.2 && part < 0.3, `${part}`);
});

test('progress over three hours is compared in windows of a second', () => {
  const life = 10_000_000;
  const t = Array.from({ length: life / 500 + 1 }, (_, n) => n * 500);
  const input = written(t, t);
  const over = (ms: number) =>
    progressWithin(input, ME, { from: 0, to: life }, Intervals.of([{ from: 4000, to: 4000 + ms }]));
  assert.equal(over(2000), 1);
  assert.ok(Number.isNaN(over(1000)), 'one window');
});

interface Commits {
  /** Writes of its own, and of those how many a commit follows before the next; commits that come besides. */
  readonly writes: number;
  readonly followed: number;
  readonly more?: number;
  /** Flushes that it sends itself. */
  readonly flushes?: number;
}

/** What a block trace shows of a writer with a journal beside it. */
function durable({ writes, followed, more = 0, flushes = 0 }: Commits) {
  const bio = (t: number, pid: number, rwbs: string): Row => ({ t, pid, fields: { dev: LOOP0, rwbs, nr_sector: 8 } });
  const own = Array.from({ length: writes }, (_, n) => bio(n * 100, ME, 'WS'));
  const commits = Array.from({ length: followed }, (_, n) => bio(n * 100 + 50, 9, 'WFS'));
  const besides = Array.from({ length: more }, (_, n) => bio(n * 10 + 51, 9, 'WFS'));
  const asked = Array.from({ length: flushes }, (_, n) => bio(n * 100 + 60, ME, 'FWS'));
  const events = someEvents({ block_bio_queue: [...own, ...commits, ...besides, ...asked] }, [], {
    9: 'jbd2/loop0-8',
    [ME]: 'db',
  });
  const requests = requestsOf(Array.from({ length: writes }, (_, n) => ({ at: n * 100, took: 10 })));
  const { account } = measuresOf({ requests: Array.from({ length: writes }, (_, n) => ({ at: n * 100, took: 10 })) });
  assert.ok(account);
  const input = aCase({ events });
  return durableRequests(input, new Topology(input.facts[0], new Map()), requests, account, '7:0').throughJournal;
}

test('a journal commits for a program where a commit follows nine of ten writes, not six', () => {
  assert.equal(durable({ writes: 21, followed: 18 }), true);
  assert.equal(durable({ writes: 21, followed: 12 }), false);
});

test('with three commits for each of its writes they are made for others', () => {
  assert.equal(durable({ writes: 20, followed: 20, more: 10 }), true);
  assert.equal(durable({ writes: 20, followed: 20, more: 40 }), false);
});

test('a program that sends a flush for seven of ten writes makes them durable itself, one for four of ten is let do so', () => {
  assert.equal(durable({ writes: 20, followed: 20, flushes: 14 }), false);
  assert.equal(durable({ writes: 20, followed: 20, flushes: 8 }), true);
});

/** Whom a trace of 10 s is about: programs by their number, with requests under way for so long and so many bytes. */
function subject(
  programs: Readonly<Record<number, readonly [underWayMs: number, bytes: number]>>,
  names: Readonly<Record<number, string>> = {},
) {
  const list = Object.entries(programs).map(([, [took, bytes]]) => ({ at: 0, took, bytes, kind: 'read' as const }));
  const requests = requestsOf(list);
  const byTook = Object.entries(programs).sort((a, b) => a[1][0] - b[1][0]);
  const pid = Int32Array.from(byTook, ([number]) => Number(number));
  const input = aCase({ source: 'block-trace', durationMs: 10_000, events: someEvents({}, [], names) });
  const marks = new Uint8Array(list.length).fill(1);
  return subjectOf(input, { ...requests, pid }, new Topology(undefined, new Map()), marks);
}

test('a trace is about a program with requests under way for 1.5 % of it, and not for 0.7 %', () => {
  const names = { 5: 'kworker/0:1', 6: 'cat' };
  assert.equal(subject({ 5: [5000, 4096], 6: [150, 4096] }, names), 6);
  assert.equal(subject({ 5: [5000, 4096], 6: [70, 4096] }, names), 5);
});

test('of programs that waited about as long the one that moved least is the victim, not one that waited for half as long', () => {
  assert.equal(subject({ 6: [5000, 1e6], 7: [4750, 4096] }), 7);
  assert.equal(subject({ 6: [5000, 1e6], 7: [3000, 4096] }), 6);
});

test('a disk at work for 30 % of the time is one that an open file may be waited for on, at 15 % the first one is', () => {
  const chosen = (share: number) => {
    const device = someFacts().devices.get('7:0');
    assert.ok(device);
    const mount = { root: '/', type: 'ext4', source: '/dev/x', options: 'rw' };
    const facts = someFacts({
      devices: new Map([
        ['7:0', device],
        ['7:1', { ...device, id: '7:1', name: 'loop1' }],
      ]),
      mounts: [
        { ...mount, device: '7:0', mountPoint: '/data' },
        { ...mount, device: '7:1', mountPoint: '/logs' },
      ],
      processes: [processOf({ openFiles: ['/logs/log', '/data/file'] })],
    });
    const disks = new Map([['7:0', series([0, 1000], { io_ticks: [0, 1000 * share] })]]);
    const manifest = { ...aCase().manifest, plan: { command: 'record', hz: 10, events: false } } as const;
    const input = aCase({ facts: [facts], manifest, counters: { ...NO_COUNTERS, disks } });
    return diskOf(input, new Topology(facts, NO_COUNTERS.diskNames), undefined, undefined, ME).disk;
  };
  assert.equal(chosen(0.3), '7:0');
  assert.equal(chosen(0.15), '7:1');
});
