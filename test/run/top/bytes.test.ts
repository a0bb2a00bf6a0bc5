// Whose the rest of a device's bytes is that no line of a process or of the kernel has.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partOfRest } from '../../../src/run/top/bytes.js';

const PARTS = { processes: 1_000_000, kernel: 2000, nobody: 0 };

test('bytes that no event told of are nobody’s from a sector on', () => {
  assert.equal(partOfRest(PARTS, 512), 'nobody');
});

test('less than a sector is what rounding shares leaves, of whoever has most', () => {
  assert.equal(partOfRest(PARTS, 1), 'processes');
  assert.equal(partOfRest({ ...PARTS, processes: 0 }, 511), 'kernel');
});
