// A list of numbers keeps all of them, in order, however often its room grows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NumberList } from '../../src/base/number-list.js';

test('what is pushed stays in order beyond its first room, and what was handed out is not changed by more', () => {
  const list = new NumberList();
  assert.deepEqual([...list.values()], []);
  for (let value = 0; value < 100; value += 1) list.push(value * 20_000_000);
  const before = list.values();
  list.push(7);
  assert.equal(list.length, 101);
  assert.deepEqual(
    [...before],
    Array.from({ length: 100 }, (_, value) => value * 20_000_000),
  );
  assert.equal(list.values()[100], 7);
});
