// Counters by time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rateWithin } from '../../../src/analysis/machine/series.js';
import { series } from '../../support/case.js';

test('a rate within a stretch of time knows nothing of what was counted before and after it', () => {
  // 100 a second, from 2000 ms on 2 a second, and 100 again from 4000 ms on.
  const counted = series([0, 1000, 2000, 3000, 4000, 5000], { calls: [0, 100, 200, 202, 204, 304] });
  assert.equal(rateWithin(counted, 'calls', 2000, 4000), 2);
  assert.equal(rateWithin(counted, 'calls', 1990, 4500), 2);
  assert.equal(rateWithin(counted, 'calls', 0, 5000), 60.8);
  assert.ok(Number.isNaN(rateWithin(counted, 'calls', 2500, 3500)), 'one reading');
  assert.ok(Number.isNaN(rateWithin(counted, 'bytes', 0, 5000)), 'no such column');
  assert.ok(Number.isNaN(rateWithin(undefined, 'calls', 0, 5000)));
});
