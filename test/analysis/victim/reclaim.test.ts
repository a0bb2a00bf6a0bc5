// Reclaim is cut out of whatever the thread was doing, on the CPU or asleep, and never out of what says more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intervals } from '../../../src/base/intervals.js';
import { reclaimTimes, withReclaim } from '../../../src/analysis/victim/reclaim.js';
import { Timeline } from '../../../src/model/timeline.js';
import { someEvents } from '../../support/events.js';
import { told } from '../../support/timeline.js';

function at(t: number, pid = 5) {
  return { t, pid, fields: { order: 0 } };
}

const EVENTS = someEvents({
  mm_vmscan_direct_reclaim_begin: [at(10), at(50), at(5, 9)],
  mm_vmscan_direct_reclaim_end: [at(20), at(60), at(90, 9)],
  mm_vmscan_memcg_reclaim_begin: [at(55), at(80)],
  mm_vmscan_memcg_reclaim_end: [at(70)],
});

test('begins and ends are paired by thread, the machine’s and the cgroup’s together', () => {
  const times = reclaimTimes(EVENTS, new Set([5]));
  assert.deepEqual([...times.keys()], [5]);
  // The one at 80 never ended, and nothing came after it.
  assert.deepEqual(
    [...(times.get(5) ?? [])],
    [
      { from: 10, to: 20 },
      { from: 50, to: 70 },
    ],
  );
});

test('it is cut out of running and sleeping, and the whole stays whole', () => {
  const cut = withReclaim(
    Timeline.of([
      { from: 0, to: 15, state: 'running' },
      { from: 15, to: 18, state: 'runnable' },
      { from: 18, to: 60, state: 'block-device' },
      { from: 60, to: 100, state: 'swap' },
    ]),
    Intervals.of([
      { from: 10, to: 20 },
      { from: 50, to: 70 },
    ]),
  );
  assert.deepEqual(told(cut), [
    [0, 10, 'running'],
    [10, 15, 'reclaim'],
    [15, 18, 'runnable'],
    [18, 20, 'reclaim'],
    [20, 50, 'block-device'],
    [50, 60, 'reclaim'],
    [60, 100, 'swap'],
  ]);
});
