// Drawn parameters: the same seed gives the same, every value comes up, and ranges are kept.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Draw, seedFor } from '../../src/lab/draw.js';

test('a seed draws the same parameters again, by name', () => {
  const draws = [1, 2].map(() => {
    const draw = new Draw(seedFor(7, 'mem.dirty-limit 3'));
    draw.scale('limitBytes', 8192, 524_288);
    draw.pick('fs', ['ext4', 'xfs']);
    draw.chance('late', 0.5);
    return draw.drawn;
  });
  assert.deepEqual(draws[0], draws[1]);
  assert.deepEqual(Object.keys(draws[0] ?? {}), ['limitBytes', 'fs', 'late']);
  assert.notEqual(seedFor(7, 'a 1'), seedFor(7, 'a 2'));
  assert.notEqual(seedFor(7, 'a 1'), seedFor(8, 'a 1'));
});

test('over many seeds each value comes about as often, within its range', () => {
  const counts = new Map<number, number>();
  let low = 0;
  for (let seed = 0; seed < 6000; seed += 1) {
    const draw = new Draw(seedFor(seed, 'x'));
    const value = draw.integer('n', 1, 6);
    counts.set(value, (counts.get(value) ?? 0) + 1);
    const size = draw.scale('size', 100, 10_000);
    assert.ok(size >= 100 && size <= 10_000);
    if (size < 1000) low += 1;
  }
  assert.deepEqual(
    [...counts.keys()].toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5, 6],
  );
  for (const count of counts.values()) assert.ok(count > 850 && count < 1150, String(count));
  // Half of the logarithms lie below the middle one.
  assert.ok(low > 2800 && low < 3200, String(low));
});
