// A parent that waits for its child is accounted for with what the child does.

import type { Segment } from '../../../src/model/segment.js';
import { Timeline } from '../../../src/model/timeline.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withChildren, worksBesideChildren } from '../../../src/analysis/victim/children.js';
import { someEvents } from '../../support/events.js';
import { told } from '../../support/timeline.js';

const SHELL = 10;
const CHILD = 11;

const events = someEvents(
  { sched_process_fork: [{ t: 10, pid: SHELL, fields: { parent_pid: SHELL, child_pid: CHILD } }] },
  [
    [12, SHELL, ['schedule', 'do_wait', 'kernel_wait4']],
    [60, SHELL, ['schedule', 'hrtimer_nanosleep']],
  ],
);

test('the wait for a child is what the child did, and the rest stays as it is', () => {
  const lines = new Map([
    [
      SHELL,
      Timeline.of([
        { from: 0, to: 12, state: 'running' },
        { from: 12, to: 50, state: 'asleep', stack: 0, wokenBy: CHILD },
        { from: 50, to: 60, state: 'running' },
        { from: 60, to: 90, state: 'asleep', stack: 1, wokenBy: CHILD },
      ]),
    ],
    [
      CHILD,
      Timeline.of([
        { from: 10, to: 20, state: 'running' },
        { from: 20, to: 48, state: 'block-device' },
        { from: 48, to: 90, state: 'ended' },
      ]),
    ],
  ]);
  assert.deepEqual(told(withChildren(lines, events).get(SHELL)), [
    [0, 12, 'running'],
    [12, 20, 'running'],
    [20, 48, 'block-device'],
    [48, 50, 'asleep'],
    [50, 60, 'running'],
    [60, 90, 'asleep'],
  ]);
});

test('somebody else who ends a wait is no child', () => {
  const lines = new Map([
    [SHELL, Timeline.of([{ from: 12, to: 50, state: 'asleep', stack: 0, wokenBy: 99 }])],
    [99, Timeline.of([{ from: 0, to: 50, state: 'block-device' }])],
  ]);
  assert.deepEqual(told(withChildren(lines, events).get(SHELL)), [[12, 50, 'asleep']]);
});

test('what a process has started works beside it only where it is held up itself and waits for none of them', () => {
  const heldUp = { from: 20, to: 80, state: 'block-device' } as const;
  const asleep = { from: 0, to: 20, state: 'asleep', stack: 1 } as const;
  const inWait = { from: 80, to: 90, state: 'asleep', stack: 0 } as const;
  const beside = (...segments: readonly Segment[]) => worksBesideChildren([Timeline.of(segments)], events);
  assert.equal(beside(asleep, heldUp), true);
  assert.equal(beside(asleep, heldUp, inWait), false, 'a shell does what its child does');
  assert.equal(beside(asleep, { from: 20, to: 21, state: 'block-device' }), false, 'a supervisor only stands by');
});
