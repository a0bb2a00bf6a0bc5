// The order of names that glibc's strverscmp gives, by the examples of its manual and by some of processes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions } from '../../../../src/tools/blkparse/text/version-order.js';

test('the examples of strverscmp(3)', () => {
  const order = ['000', '00', '01', '010', '09', '0', '1', '9', '10'];
  assert.deepEqual(order.toReversed().sort(compareVersions), order);
});

test('names with numbers', () => {
  const order = ['dd', 'kworker/0:1', 'kworker/2:0', 'kworker/10:1', 'kworker/10:1H', 'kworker/u8:2', 'x', 'xy'];
  assert.deepEqual(order.toReversed().sort(compareVersions), order);
  assert.equal(compareVersions('same', 'same'), 0);
});
