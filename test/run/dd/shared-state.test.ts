// What the two threads of a copy share: the time of several copies is that of the copies alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AT, SharedState } from '../../../src/run/dd/shared-state.js';

test('the time of copies leaves out what lies before, between and behind them', () => {
  const state = new SharedState();
  assert.equal(state.read(100).secondsInAll, 0);
  assert.equal(state.read(100).begunMs, undefined);
  // Opening is no copying: what begins anew without having ended is not counted.
  state.restart(1000);
  state.restart(4000);
  state.figures[AT.bytesOut] = 10;
  assert.deepEqual([state.read(4500).seconds, state.read(4500).begunMs], [0.5, 4000]);
  state.end(6000);
  assert.deepEqual([state.read(9000).seconds, state.read(9000).secondsInAll], [2, 2]);
  state.restart(9000);
  state.restart(9500);
  state.figures[AT.bytesOut] = 5;
  const { seconds, secondsInAll, bytesInAll, begunMs } = state.read(10_500);
  assert.deepEqual([seconds, secondsInAll, bytesInAll, begunMs], [1, 3, 15, 4000]);
});
