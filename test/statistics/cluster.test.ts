// The chance that moments lie near to each other, against moments that were drawn.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { generator } from '../../src/base/random.js';
import { clusterChance } from '../../src/statistics/cluster.js';

/** How often `k` or more of `n` random moments lie within a part of the time. */
function drawn(n: number, k: number, within: number, draws: number): number {
  const random = generator(7);
  let found = 0;
  for (let draw = 0; draw < draws; draw += 1) {
    const moments = Array.from({ length: n }, () => random()).sort((a, b) => a - b);
    if (moments.some((from, at) => (moments[at + k - 1] ?? Infinity) - from <= within)) found += 1;
  }
  return found / draws;
}

it('no cluster of random moments is more frequent than its chance, nor far from as frequent where that is small', () => {
  for (const [n, k, within] of [
    [10, 2, 1 / 1000],
    [50, 3, 1 / 500],
    [70, 4, 1 / 300],
    [200, 5, 1 / 800],
  ] as const) {
    const [often, chance] = [drawn(n, k, within, 20_000), clusterChance(n, k, within)];
    assert.ok(often <= chance * 1.1 + 0.002, `${n} ${k}: ${often} of ${chance}`);
    assert.ok(often >= chance * 0.5 - 0.002, `${n} ${k}: ${often} of ${chance}`);
  }
});

it('one moment, or all within all of the time, is no cluster, and thousands are one beyond doubt', () => {
  assert.equal(clusterChance(9, 1, 0.001), 1);
  assert.equal(clusterChance(9, 9, 1), 1);
  assert.ok(clusterChance(10_000, 9947, 1 / 1440) < 1e-100);
});
