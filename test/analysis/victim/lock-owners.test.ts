// A wait for another process's lock is told by what held the holder up.

import type { Segment } from '../../../src/model/segment.js';
import { Timeline } from '../../../src/model/timeline.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withHolders } from '../../../src/analysis/victim/lock-owners.js';
import { told } from '../../support/timeline.js';

const [ME, SIBLING, HOLDER, BEHIND] = [1, 2, 10, 20];
const OWN = new Set([ME, SIBLING]);

function line(...parts: readonly (readonly [from: number, to: number, state: Segment['state'], wokenBy?: number])[]) {
  return Timeline.of(parts.map(([from, to, state, wokenBy]) => ({ from, to, state, wokenBy })));
}

function filledIn(mine: Timeline, others: Readonly<Record<number, Timeline>>) {
  const moved = new Map(Object.entries(others).map(([pid, segments]) => [Number(pid), segments]));
  const { line: filled, holders } = withHolders(mine, OWN, moved);
  return { parts: told(filled), holders: [...holders] };
}

test('what held the holder up is charged, what it worked stays a wait for the lock', () => {
  const mine = line([0, 10, 'running'], [10, 100, 'user-lock', HOLDER], [100, 110, 'running']);
  const holder = line([0, 20, 'running'], [20, 80, 'block-device', 99], [80, 200, 'running']);
  assert.deepEqual(filledIn(mine, { [HOLDER]: holder }), {
    parts: [
      [0, 10, 'running'],
      [10, 20, 'user-lock'],
      [20, 80, 'block-device'],
      [80, 100, 'user-lock'],
      [100, 110, 'running'],
    ],
    holders: [[HOLDER, 60]],
  });
});

test('a holder that waited for a lock itself passes the question on', () => {
  const mine = line([0, 100, 'user-lock', HOLDER]);
  const holder = line([0, 90, 'user-lock', BEHIND], [90, 120, 'running']);
  const behind = line([0, 70, 'runnable'], [70, 120, 'running']);
  assert.deepEqual(filledIn(mine, { [HOLDER]: holder, [BEHIND]: behind }), {
    parts: [
      [0, 70, 'runnable'],
      [70, 90, 'user-lock'],
      [90, 100, 'user-lock'],
    ],
    holders: [[BEHIND, 70]],
  });
});

test('two that wait for each other’s locks end', () => {
  const mine = line([0, 100, 'user-lock', HOLDER]);
  const { parts } = filledIn(mine, {
    [HOLDER]: line([0, 100, 'user-lock', BEHIND]),
    [BEHIND]: line([0, 100, 'user-lock', HOLDER]),
  });
  assert.deepEqual(parts, [[0, 100, 'user-lock']]);
});

test('locks among the threads of one process, other sleeps and threads that were not watched are left as they are', () => {
  const mine = line([0, 10, 'user-lock', SIBLING], [10, 20, 'asleep', HOLDER], [20, 30, 'user-lock', 77]);
  const held = { [SIBLING]: line([0, 50, 'block-device']), [HOLDER]: line([0, 50, 'block-device']) };
  assert.deepEqual(filledIn(mine, held).parts, told(mine));
});
