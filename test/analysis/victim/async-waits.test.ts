// Waits for any completion: for input where the process has no request in any device, and not where its io_uring's workers do the work.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withIdleWaits } from '../../../src/analysis/victim/async-waits.js';
import { sampledLine } from '../../../src/analysis/victim/samples.js';
import type { State } from '../../../src/model/states.js';
import { Timeline } from '../../../src/model/timeline.js';
import { told } from '../../support/timeline.js';
import { aCase, NO_COUNTERS, series } from '../../support/case.js';
import { ME, requestsOf } from '../../support/measures.js';

const NO_OWNERS = {
  list: [],
  sources: [],
  ownerOf: new Int32Array(0),
  first: new Int32Array(1),
  source: new Int32Array(0),
  share: new Float64Array(0),
};

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

test('samples take such a wait for input where no byte ever moved, and for a limit’s where the disk idles and some did', () => {
  const times = [0, 1000, 2000];
  const stateOf = (bytes: readonly number[], name = 'io_cqring_wait') => {
    const counters = {
      pid: ME,
      comm: 'x',
      stat: series(times, { majflt: [0, 0, 0] }),
      state: ['S', 'S', 'S'],
      io: series(times, { read_bytes: bytes, write_bytes: [0, 0, 0] }),
      wchan: { t: Float64Array.from(times), name: times.map(() => name) },
    };
    const disks = new Map([['7:0', series(times, { io_ticks: [0, 1, 2] })]]);
    const input = aCase({ counters: { ...NO_COUNTERS, disks, processes: new Map([[ME, counters]]) } });
    return sampledLine(input, ME, '7:0', 0, 2000).stateAt(0);
  };
  assert.equal(stateOf([5, 5, 5]), 'pipe-socket');
  assert.equal(stateOf([5, 5, 9]), 'block-held');
  assert.equal(stateOf([5, 5, 5], 'io_schedule'), 'block-held');
});
