// Steps stand on the grid of their beginning, however late each was, and none is shorter than half a step.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextStep } from '../../src/base/steps.js';

test('a step is on the grid, and at least half a step away', () => {
  const next = (now: bigint): bigint => nextStep(1000n, 100n, now);
  assert.equal(next(1000n), 1100n);
  assert.equal(next(1003n), 1100n);
  assert.equal(next(1049n), 1100n);
  assert.equal(next(1050n), 1200n);
  assert.equal(next(1101n), 1200n);
  assert.equal(next(5460n), 5600n);
});
