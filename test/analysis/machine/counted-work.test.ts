// What a process wrote itself: what comes with a child that it has waited for is left out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writtenItself } from '../../../src/analysis/machine/counted-work.js';
import { series } from '../../support/case.js';

const t = Array.from({ length: 11 }, (_, n) => n * 100);

/** A process that writes 1000 bytes in each tenth of a second, and gets a child's megabyte at one of the readings. */
function process(cminflt: readonly number[]) {
  const wchar = t.map((_, n) => n * 1000 + (n >= 5 ? 1e6 : 0));
  return { pid: 7, comm: 'redis', stat: series(t, { cminflt }), state: [], io: series(t, { wchar }) };
}

test('a child’s bytes are not its parent’s, also where its faults are read a moment before or after them', () => {
  for (const reapedAt of [5, 6])
    assert.equal(writtenItself(process(t.map((_, n) => (n >= reapedAt ? 90 : 0)))), 10_000, String(reapedAt));
});

test('without a child that ended all of it is its own, and without readings nothing is known', () => {
  assert.equal(writtenItself(process(t.map(() => 0))), 1_010_000);
  assert.ok(Number.isNaN(writtenItself(undefined)));
});
