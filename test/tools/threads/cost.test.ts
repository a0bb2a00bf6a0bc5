// How large a JVM may be that is asked for owners of locks without being told to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuickToWalk } from '../../../src/tools/threads/cost.js';

test('a gibibyte is walked unasked, and no byte more', () => {
  assert.equal(isQuickToWalk(2 ** 30), true);
  assert.equal(isQuickToWalk(2 ** 30 + 1), false);
  assert.equal(isQuickToWalk(NaN), false);
});
