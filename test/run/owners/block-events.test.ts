// What is said of events that the kernel lost, which it does not always count: a page that is full has no room for their number.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moreLost, NOTHING_LOST, textOf } from '../../../src/run/owners/block-events.js';

const after = (...counts: readonly number[]) => textOf(counts.reduce(moreLost, NOTHING_LOST));

test('events that were lost are told whether or not the kernel says how many', () => {
  assert.equal(after(), undefined);
  assert.equal(after(40, 3), '43 kernel events');
  assert.equal(after(0), 'kernel events');
  assert.equal(after(40, 0, 3), 'more than 43 kernel events');
});
