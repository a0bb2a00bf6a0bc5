// The onset of a loss: planted steps are found, a loss that was always there says so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findOnset } from '../../src/analysis/onset.js';
import type { Interval } from '../../src/analysis/intervals.js';
import { generator } from '../support/random.js';

/** Losses of about `share` of each 20 ms from `from` to `to`. */
function losses(from: number, to: number, share: number, random: () => number): Interval[] {
  const found: Interval[] = [];
  for (let t = from; t < to; t += 20) {
    const length = 20 * share * (0.5 + random());
    found.push({ from: t, to: Math.min(t + Math.min(length, 19.9), to) });
  }
  return found;
}

test('a step is found within 100 ms', () => {
  const random = generator(4);
  for (let run = 0; run < 50; run += 1) {
    const at = 1500 + random() * 5000;
    const onset = findOnset([...losses(0, at, 0.03, random), ...losses(at, 10_000, 0.6, random)], 0, 10_000);
    assert.ok(Math.abs(onset.sinceMs - at) <= 100, `${onset.sinceMs} for ${at}`);
    assert.equal(onset.fromStart, false);
  }
});

test('a loss that was there from the start', () => {
  const random = generator(5);
  const onset = findOnset(losses(200, 10_000, 0.6, random), 200, 10_000);
  assert.equal(onset.fromStart, true);
});
