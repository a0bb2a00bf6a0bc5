// Which requests of the victim are told as its slowest, with what the disk had meanwhile and what the victim did.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slowestOf } from '../../../src/analysis/charts/slowest.js';
import { measuresOf, type Request } from '../../support/measures.js';

function fallsOf(requests: readonly Request[], source: 'events' | 'samples' = 'events') {
  return slowestOf(measuresOf({ requests, source, spent: { 'dirty-throttle': 0.1, 'block-device': 0.5 } }));
}

test('the slowest of the victim’s own come first, from the queue on, and those of others are company', () => {
  const [first, second, ...rest] = fallsOf([
    { at: 1000, took: 10, queued: 90 },
    { at: 2000, took: 50 },
    { at: 1990, took: 30, own: false, kind: 'read', bytes: 65_536 },
    { at: 3000, took: 900, own: false },
  ]);
  assert.deepEqual(rest, []);
  assert.deepEqual([first?.request.queued, first?.request.completed], [910, 1010]);
  assert.deepEqual([first?.from, first?.to], [890, 1015]);
  assert.deepEqual(first?.company, []);
  assert.deepEqual(
    second?.company.map(({ kind, bytes, dispatched, completed }) => [kind, bytes, dispatched, completed]),
    [['read', 65_536, 1990, 2020]],
  );
});

test('what the victim did is told within what is shown, and only where events tell it', () => {
  const around: readonly Request[] = [{ at: 1000, took: 100 }];
  assert.deepEqual(fallsOf(around)[0]?.victim, [
    { state: 'dirty-throttle', from: 980, to: 1000 },
    { state: 'block-device', from: 1000, to: 1105 },
  ]);
  assert.deepEqual(fallsOf(around, 'samples')[0]?.victim, []);
});

test('twenty are told, each with the sixteen that overlap longest in order of dispatch, and how many more there were', () => {
  const own = Array.from({ length: 25 }, (_, n): Request => ({ at: 5000 + 100 * n, took: 10 + n }));
  const others = Array.from({ length: 30 }, (_, n): Request => ({ at: 7400 + n, took: 100, own: false }));
  const falls = fallsOf([...own, ...others]);
  assert.deepEqual(
    falls.map(({ request }) => Math.round(request.completed - request.dispatched)),
    Array.from({ length: 20 }, (_, n) => 34 - n),
  );
  const [first] = falls;
  assert.equal(first?.more, 14);
  assert.deepEqual(
    first.company.map(({ dispatched }) => dispatched),
    Array.from({ length: 16 }, (_, n) => 7400 + n),
  );
});

test('a recording without requests has none', () => {
  assert.deepEqual(slowestOf(measuresOf({})), []);
});
