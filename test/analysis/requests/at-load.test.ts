// Counters as stretches at a load, just below and just above each of the numbers that say what tells anything.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pacesOf, stretchesAtLoad } from '../../../src/analysis/requests/at-load.js';
import { diskOf, steady, type Step } from '../../support/past.js';

const ALL = { from: 0, to: Infinity };

function stretches(steps: readonly Step[], stepMs = 1000) {
  return stretchesAtLoad(diskOf(steps, stepMs), ALL);
}

test('a stretch lasts a second, of readings ten times a second as well', () => {
  assert.equal(stretches(steady(10, { writes: 100, writeMs: 1 })).length, 10);
  assert.equal(stretches(steady(100, { writes: 10, writeMs: 1 }), 100).length, 10);
});

test('requests that are few tell where they took ten ms together', () => {
  assert.equal(stretches([{ writes: 2, writeMs: 7.5 }]).length, 1);
  assert.equal(stretches([{ writes: 2, writeMs: 3.5 }]).length, 0);
});

test('requests that are short tell where they are fifty', () => {
  assert.equal(stretches([{ writes: 60, writeMs: 0.02 }]).length, 1);
  assert.equal(stretches([{ writes: 40, writeMs: 0.02 }]).length, 0);
});

test('few and short ones are put together for seven seconds, not for fifteen', () => {
  const found = stretches(steady(7, { writes: 8, writeMs: 0.1 }));
  assert.deepEqual(
    found.map(({ requests, ms }) => [requests, Number(ms.toFixed(3))]),
    [[56, 0.1]],
  );
  assert.equal(stretches(steady(15, { writes: 4, writeMs: 0.1 })).length, 0);
});

test('the load is what is asked for, the size on average and how many at once', () => {
  const [read, write, flush] = stretches([
    { reads: 100, readMs: 1, writes: 100, writeMs: 2, flushes: 10, flushMs: 5, bytes: 20_000, depth: 3.4 },
  ]);
  assert.deepEqual(read?.load, { does: 'read', upToBytes: 65_536, depth: 4 });
  assert.deepEqual(write?.load, { does: 'write', upToBytes: 65_536, depth: 4 });
  assert.deepEqual(flush?.load, { does: 'flush', upToBytes: 0, depth: 4 });
  assert.equal(write?.ms, 2);
});

test('a counter that was begun anew tells nothing of that stretch', () => {
  const disk = diskOf(steady(3, { writes: 100, writeMs: 1 }));
  const column = disk.columns.get('wr_ios');
  column?.set([5], 2);
  assert.equal(stretchesAtLoad(disk, ALL).length, 2);
  assert.equal(pacesOf(disk, ALL).length, 2);
});
