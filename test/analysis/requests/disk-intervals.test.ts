// What an interval's requests took, by kind, when the disk had any, and its best tenth of a second.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_INTERVALS } from '../../../src/base/intervals.js';
import { disksWithin } from '../../../src/analysis/requests/disk-intervals.js';
import { KIND, type Requests } from '../../../src/analysis/requests/requests.js';

interface One {
  readonly kind?: number;
  readonly queued?: number;
  readonly dispatched: number;
  readonly completed: number;
  readonly bytes?: number;
  readonly weight?: number;
}

/** Those of one disk; the last `unanswered` have not been answered. */
function requestsOf(all: readonly One[], unanswered = 0): Requests {
  const column = (of: (one: One) => number): Float64Array => Float64Array.from(all, of);
  return {
    length: all.length,
    answered: all.length - unanswered,
    disks: ['8:0'],
    disk: new Uint16Array(all.length),
    kind: Uint8Array.from(all, ({ kind = KIND.write }) => kind),
    bytes: column(({ bytes = 4096 }) => bytes),
    weight: Uint8Array.from(all, ({ weight = 1 }) => weight),
    queued: column(({ queued, dispatched }) => queued ?? dispatched),
    dispatched: column(({ dispatched }) => dispatched),
    completed: column(({ completed }) => completed),
    sector: new Float64Array(all.length),
    passedOn: new Uint8Array(all.length),
    cpu: new Uint16Array(all.length),
    pid: new Int32Array(all.length),
    parts: { first: new Int32Array(all.length + 1), tag: new Int32Array(), share: new Float64Array() },
    errors: 0,
    requeues: 0,
    sampled: NO_INTERVALS,
    fromBefore: new Map(),
  };
}

test('waits are those that ended in the interval, from arrival to end', () => {
  const all = Array.from({ length: 200 }, (_, at) => ({ dispatched: at * 5, completed: at * 5 + 1 }));
  const slow = { queued: 100, dispatched: 130, completed: 150, kind: KIND.read };
  const [seen] = disksWithin(requestsOf([...all, slow]), { from: 0, to: 1000 });
  assert.deepEqual(seen?.write, { p99: 1, max: 1 });
  assert.deepEqual(seen?.read, { p99: 50, max: 50 });
  assert.deepEqual(seen?.flush, { p99: NaN, max: NaN });
});

test('busy is when any was in the device, once, from the edges of the interval and to them', () => {
  const seen = (all: readonly One[], unanswered = 0) =>
    disksWithin(requestsOf(all, unanswered), { from: 1000, to: 2000 })[0]?.busy;
  assert.equal(
    seen([
      { dispatched: 900, completed: 1100 },
      { dispatched: 1050, completed: 1200 },
    ]),
    0.2,
  );
  // It has not ended, or was not answered at all.
  assert.equal(seen([{ dispatched: 1700, completed: 2500 }]), 0.3);
  assert.equal(seen([{ dispatched: 1900, completed: 1950 }], 1), 0.1);
  assert.equal(seen([{ dispatched: 100, completed: 1000 }]), undefined);
});

test('the best tenth of a second is what the disk has shown, and a row of a sample counts for many', () => {
  const all = [
    ...Array.from({ length: 50 }, () => ({ dispatched: 0, completed: 150 })),
    { dispatched: 400, completed: 450, weight: 100, bytes: 512 },
  ];
  const [seen] = disksWithin(requestsOf(all), { from: 0, to: 1000 });
  assert.deepEqual(seen?.pace, { requests: 150, bytes: 50 * 4096 + 51_200 });
  assert.deepEqual(seen?.best, { requests: 1000, bytes: 2_048_000 });
});
