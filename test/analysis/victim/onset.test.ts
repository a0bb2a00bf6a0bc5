// The onset of a loss: planted steps are found, a loss that was always there says so, a blip before it does not count.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Interval, Intervals } from '../../../src/base/intervals.js';
import { findOnset } from '../../../src/analysis/victim/onset.js';
import { generator } from '../../../src/base/random.js';

/** Losses of about `share` of each 20 ms from `from` to `to`. */
function losses(from: number, to: number, share: number, random: () => number): Interval[] {
  const found: Interval[] = [];
  for (let t = from; t < to; t += 20) {
    const length = 20 * share * (0.5 + random());
    found.push({ from: t, to: Math.min(t + Math.min(length, 19.9), to) });
  }
  return found;
}

function onsetOf(lost: readonly Interval[], from: number, to: number) {
  return findOnset(Intervals.of(lost), from, to);
}

test('a step is found within 100 ms', () => {
  const random = generator(4);
  for (let run = 0; run < 200; run += 1) {
    const at = 1500 + random() * 5000;
    const share = 0.3 + 0.6 * random();
    const onset = onsetOf([...losses(0, at, 0.03, random), ...losses(at, 10_000, share, random)], 0, 10_000);
    assert.ok(Math.abs(onset.sinceMs - at) <= 100, `${onset.sinceMs} for ${at}`);
    assert.equal(onset.fromStart, false);
  }
});

test('a loss that was there from the start', () => {
  const onset = onsetOf(losses(200, 10_000, 0.6, generator(5)), 200, 10_000);
  assert.equal(onset.fromStart, true);
});

test('a blip before the stall is not its beginning', () => {
  const random = generator(6);
  const onset = onsetOf([{ from: 700, to: 790 }, ...losses(4000, 10_000, 0.7, random)], 0, 10_000);
  assert.ok(Math.abs(onset.sinceMs - 4000) <= 100, String(onset.sinceMs));
});

test('a stall that ends again is found at its beginning', () => {
  const onset = onsetOf(losses(2000, 4000, 0.7, generator(7)), 0, 20_000);
  assert.ok(Math.abs(onset.sinceMs - 2000) <= 100, String(onset.sinceMs));
});

test('long single waits count from their beginning', () => {
  const onset = onsetOf(
    [
      { from: 3050, to: 5200 },
      { from: 5201, to: 9000 },
    ],
    0,
    10_000,
  );
  assert.ok(Math.abs(onset.sinceMs - 3050) <= 100, String(onset.sinceMs));
});
