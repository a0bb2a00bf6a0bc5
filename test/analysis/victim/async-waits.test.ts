// Waits for any completion: for input where the process has no request in any device, and not where its io_uring's workers do the work.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withIdleWaits, type AsyncWaits } from '../../../src/analysis/victim/async-waits.js';
import { sampledLine } from '../../../src/analysis/victim/samples.js';
import type { State } from '../../../src/model/states.js';
import type { Segment } from '../../../src/model/segment.js';
import { Timeline } from '../../../src/model/timeline.js';
import { told } from '../../support/timeline.js';
import { aCase, NO_COUNTERS, series, someFacts } from '../../support/case.js';
import { ME, requestsOf } from '../../support/measures.js';

const NO_OWNERS = {
  list: [],
  sources: [],
  ownerOf: new Int32Array(0),
  first: new Int32Array(1),
  source: new Int32Array(0),
  share: new Float64Array(0),
};

function linesOf(wait: Segment, about: Pick<AsyncWaits, 'owners' | 'requests'>) {
  const all = {
    threads: new Set([ME]),
    isAsync: () => true,
    isKernelThread: () => false,
    isWorker: () => false,
    ...about,
  };
  return told(withIdleWaits(new Map([[ME, Timeline.of([wait])]]), all).get(ME));
}

test('while a worker of the ring waits for a lock of the filesystem, so does who waits for the ring; for a freeze with any thread', () => {
  const linesFor = (state: State, isWorker: boolean) =>
    told(
      withIdleWaits(
        new Map([
          [ME, Timeline.of([{ from: 0, to: 1000, state: 'block-device' }])],
          [
            77,
            Timeline.of([
              { from: 0, to: 300, state: 'asleep' },
              { from: 300, to: 700, state },
            ]),
          ],
        ]),
        {
          requests: requestsOf([]),
          owners: NO_OWNERS,
          threads: new Set([ME, 77]),
          isAsync: () => true,
          isKernelThread: () => false,
          isWorker: (thread) => isWorker && thread === 77,
        },
      ).get(ME),
    );
  const meanwhile = (state: State) => [
    [0, 300, 'pipe-socket'],
    [300, 700, state],
    [700, 1000, 'pipe-socket'],
  ];
  assert.deepEqual(linesFor('fs-lock', true), meanwhile('block-device'));
  assert.deepEqual(linesFor('fs-lock', false), [[0, 1000, 'pipe-socket']]);
  assert.deepEqual(linesFor('fs-frozen', false), meanwhile('fs-frozen'));
});

test('whom a worker of its own ring wakes was answered by no device, whatever completed on that CPU just before', () => {
  const wait = { from: 0, to: 1000, state: 'block-device', wokenAt: 1000, wokenOn: 0 } as const;
  const linesFor = (wokenBy: number, byInterrupt: 'hard' | false) =>
    told(
      withIdleWaits(
        new Map([
          [ME, Timeline.of([{ ...wait, wokenBy, byInterrupt }])],
          [77, Timeline.of([{ from: 200, to: 1000, state: 'fs-frozen' }])],
        ]),
        {
          // A request of somebody else's that is over when the wait is.
          requests: requestsOf([{ at: 999.9, took: 0.09, own: false }]),
          owners: { ...NO_OWNERS, first: new Int32Array(2) },
          threads: new Set([ME, 77]),
          isAsync: () => true,
          isKernelThread: () => false,
          isWorker: (thread) => thread === 77,
        },
      ).get(ME),
    );
  assert.deepEqual(linesFor(77, false), [
    [0, 200, 'pipe-socket'],
    [200, 1000, 'fs-frozen'],
  ]);
  assert.deepEqual(linesFor(77, 'hard'), [[0, 1000, 'block-device']]);
});

test('a wait was for the request behind which it ended since that was queued, and a timer that comes then makes it no longer', () => {
  const wait = { from: 0, to: 1000, state: 'block-device', wokenAt: 1000, wokenOn: 0, wokenBy: 5 } as const;
  const endedBehind = (took: number, pid: number | null) => {
    const owner = { pid, name: 'x', via: pid === null ? 'unattributed' : 'direct' } as const;
    return linesOf(wait, {
      requests: requestsOf([{ at: 999.9 - took, took, own: false }]),
      owners: {
        ...NO_OWNERS,
        list: [owner],
        sources: [{ device: '7:0', queuer: pid ?? 9, dirtier: undefined, inode: -1, meta: false }],
        ownerOf: Int32Array.of(0),
        first: Int32Array.of(0, 1),
        source: Int32Array.of(0),
        share: Float64Array.of(1),
      },
    });
  };
  assert.deepEqual(endedBehind(9.9, 60), [
    [0, 990, 'pipe-socket'],
    [990, 1000, 'block-device'],
  ]);
  assert.deepEqual(endedBehind(9.9, ME), endedBehind(9.9, 60));
  // Queued before it fell asleep, and what a limit had held back meanwhile.
  assert.deepEqual(endedBehind(1500, 60), [[0, 1000, 'block-device']]);
  assert.deepEqual(endedBehind(9.9, null), [[0, 1000, 'block-device']]);
});

const TIMES = [0, 1000, 2000];

interface Sampled {
  /** Bytes that the process has read by each sample. */
  readonly bytes: readonly number[];
  readonly name?: string;
  readonly inFlight?: readonly number[];
  readonly busyMs?: number;
  /** How often the thread has run by each sample. */
  readonly slices?: readonly number[];
  readonly facts?: Parameters<typeof someFacts>[0];
}

/** What a thread is in that is not the first of its process, of which alone it is known what it reads and writes. */
function sampledAs({ bytes, name = 'io_cqring_wait', inFlight = [0, 0, 0], busyMs = 1, slices, facts }: Sampled) {
  const thread = {
    pid: 51,
    comm: 'x',
    stat: series(TIMES, { majflt: [0, 0, 0] }),
    state: ['S', 'S', 'S'],
    wchan: { t: Float64Array.from(TIMES), name: TIMES.map(() => name) },
    ...(slices && { schedstat: series(TIMES, { run_ns: [0, 0, 0], wait_ns: [0, 0, 0], slices }) }),
  };
  const io = series(TIMES, { read_bytes: bytes, write_bytes: [0, 0, 0] });
  const columns = { io_ticks: [0, busyMs, 2 * busyMs], in_flight: inFlight };
  const input = aCase({
    facts: [someFacts(facts)],
    threads: new Map([[ME, [ME, 51]]]),
    counters: {
      ...NO_COUNTERS,
      disks: new Map([['7:0', series(TIMES, columns)]]),
      processes: new Map([[ME, { ...thread, pid: ME, io }]]),
      threads: new Map([[51, thread]]),
    },
  });
  return sampledLine(input, 51, '7:0', 0, 2000).stateAt(0);
}

const LIMIT = {
  limits: [
    { cgroup: '/box', file: '/sys/fs/cgroup/box/io.max', kind: 'io', device: '7:0', what: 'rbps', value: 1e5 } as const,
  ],
};

test('samples take such a wait for input where no byte of the process ever moved, and for a limit’s where the disk idles and some did', () => {
  assert.equal(sampledAs({ bytes: [5, 5, 5], facts: LIMIT }), 'pipe-socket');
  assert.equal(sampledAs({ bytes: [5, 5, 9], facts: LIMIT }), 'block-held');
  assert.equal(sampledAs({ bytes: [5, 5, 5], name: 'io_schedule' }), 'block-held');
});

test('samples take such a wait for input while no disk can have had a request, and nothing else can keep one', () => {
  const moved = { bytes: [5, 5, 9] };
  assert.equal(sampledAs(moved), 'pipe-socket');
  // A request that hangs is in no busy time yet, and one of a server or of a limit in none at all.
  assert.equal(sampledAs({ ...moved, inFlight: [0, 1, 1] }), 'block-held');
  const mounts = [{ device: '0:50', mountPoint: '/far', root: '/', type: 'nfs4', source: 'far:/x', options: 'rw' }];
  assert.equal(sampledAs({ ...moved, facts: { mounts } }), 'block-held');
  // 20 % of a second, below and above.
  assert.equal(sampledAs({ ...moved, busyMs: 195, slices: [0, 1, 2] }), 'pipe-socket');
  assert.equal(sampledAs({ ...moved, busyMs: 205, slices: [0, 1, 2] }), 'block-device');
});

test('whom nothing woke between two samples waited for no disk that had nothing to do at the second, however busy it was', () => {
  const busy = { bytes: [5, 5, 9], busyMs: 900 };
  assert.equal(sampledAs({ ...busy, slices: [7, 7, 7] }), 'pipe-socket');
  assert.equal(sampledAs({ ...busy, slices: [7, 8, 9] }), 'block-device');
  assert.equal(sampledAs({ ...busy, slices: [7, 7, 7], inFlight: [0, 1, 0] }), 'block-device');
  assert.equal(sampledAs(busy), 'block-device');
});
