// The small statistics against figures from the literature, and each against simulated truth: how often it finds what is not there, and what is. The bench
// (bench/statistics.ts) does the same at length.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generator } from '../../src/base/random.js';
import { bootstrapInterval } from '../../src/statistics/block-bootstrap.js';
import { correlationTime } from '../../src/statistics/correlation-time.js';
import { falseDiscoveryRates } from '../../src/statistics/discoveries.js';
import { gammaTail, logChoose, normalTails } from '../../src/statistics/distributions.js';
import { medianInterval } from '../../src/statistics/median-interval.js';
import { rankSum } from '../../src/statistics/rank-sum.js';
import { exactTest } from '../../src/statistics/two-by-two.js';
import { compareWindows } from '../../src/statistics/two-windows.js';
import { noise, NOISES, type Noise } from '../support/simulated.js';

function near(actual: number, expected: number, within = 1e-4): void {
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected}`);
}

/** Of so many seeds, the share for which it holds. */
function share(runs: number, of: (seed: number) => boolean): number {
  return Array.from({ length: runs }, (_, run) => of((run + 1) * 7919)).filter(Boolean).length / runs;
}

/** What a share of `runs` may be by accident (three standard errors) where the truth is `p`. */
function atMost(p: number, runs: number): number {
  return p + 3 * Math.sqrt((p * (1 - p)) / runs);
}

describe('distributions', () => {
  it('have the tails of the tables', () => {
    near(normalTails(1.959964), 0.05, 1e-6);
    near(normalTails(3.290527), 0.001, 1e-7);
    // Chi-square with 2, 5 and 10 degrees of freedom.
    near(gammaTail(1, 5.991465 / 2), 0.05, 1e-6);
    near(gammaTail(2.5, 11.0705 / 2), 0.05, 1e-5);
    near(gammaTail(5, 23.20925 / 2), 0.01, 1e-6);
    near(Math.exp(logChoose(40, 20)), 137_846_528_820, 1);
  });
});

describe('Fisher’s exact test', () => {
  it('gives the tea lady’s chance, and both sides of an uneven table', () => {
    near(exactTest({ slowWith: 4, slowWithout: 0, fastWith: 0, fastWithout: 4 }), 2 / 70);
    near(exactTest({ slowWith: 3, slowWithout: 1, fastWith: 1, fastWithout: 3 }), 0.4857);
    // R: fisher.test(matrix(c(1, 9, 11, 3), 2))
    near(exactTest({ slowWith: 1, slowWithout: 9, fastWith: 11, fastWithout: 3 }), 0.002759, 1e-5);
    assert.equal(exactTest({ slowWith: 0, slowWithout: 3, fastWith: 0, fastWithout: 3 }), 1);
  });
});

describe('Mann–Whitney’s test', () => {
  it('is exact for small groups, with ties', () => {
    near(rankSum([1, 2, 3], [4, 5, 6]).p, 0.1);
    assert.equal(rankSum([1, 2, 3], [4, 5, 6]).delta, -1);
    assert.equal(rankSum([4, 5, 6], [1, 2, 3]).delta, 1);
    // Of the 20 ways to take three of 1 1 1 2 2 2, two are as far from the middle as all ones.
    near(rankSum([1, 1, 1], [2, 2, 2]).p, 0.1);
    near(rankSum([1, 1, 2], [1, 2, 2]).p, 1);
    assert.deepEqual(rankSum([], [1]), { p: 1, delta: 0 });
  });

  it('finds nothing more often than it states, by either way of telling p', () => {
    for (const size of [6, 40]) {
      const rounded = (seed: number) => [...noise(size, seed)].map((one) => Math.round(2 * one));
      const found = share(400, (seed) => rankSum(rounded(seed), rounded(seed + 1e6)).p <= 0.05);
      assert.ok(found <= atMost(0.05, 400), `${size}: ${found}`);
    }
    const shifted = share(
      100,
      (seed) =>
        rankSum(
          [...noise(40, seed)],
          [...noise(40, seed + 1e6)].map((x) => x + 1),
        ).p <= 0.05,
    );
    assert.ok(shifted >= 0.95, String(shifted));
  });
});

describe('Benjamini–Hochberg', () => {
  it('gives the rates of the paper’s example', () => {
    const ps = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
    ];
    const rates = falseDiscoveryRates(ps);
    assert.equal(rates.filter((rate) => rate <= 0.05).length, 4);
    near(rates[3] ?? NaN, (0.0095 * 15) / 4);
    assert.deepEqual(falseDiscoveryRates([0.04, 0.01]), [0.04, 0.02]);
  });

  it('keeps false ones to their part of what is found', () => {
    let [found, wrong] = [0, 0];
    for (let run = 1; run <= 100; run += 1) {
      const random = generator(run);
      // Ten of a hundred are true.
      const ps = Array.from({ length: 100 }, (_, at) => (at < 10 ? random() * 1e-4 : random()));
      falseDiscoveryRates(ps).forEach((rate, at) => {
        if (rate > 0.05) return;
        found += 1;
        if (at >= 10) wrong += 1;
      });
    }
    assert.ok(found >= 1000 && wrong / found <= 0.06, `${wrong} of ${found}`);
  });
});

describe('intervals', () => {
  const KINDS: Readonly<Record<string, Noise>> = { white: {}, remembering: { memory: 0.7 } };
  for (const [name, kind] of Object.entries(KINDS)) {
    it(`of a median hold it, ${name}`, () => {
      const holds = share(200, (seed) => {
        const values = noise(400, seed, kind);
        const bounds = medianInterval(values, 0.95, values.length / correlationTime(values));
        return bounds !== undefined && bounds[0] <= 0 && bounds[1] >= 0;
      });
      assert.ok(holds >= 1 - atMost(0.05, 200), String(holds));
    });

    it(`by blocks hold a difference of means, ${name}`, () => {
      const holds = share(100, (seed) => {
        const sides = [noise(300, seed, kind), noise(300, seed + 1e6, kind)];
        const mean = (rows: Int32Array, values: Float64Array) =>
          rows.reduce((sum, row) => sum + (values[row] ?? 0), 0) / rows.length;
        const bounds = bootstrapInterval(
          sides.map((values) => ({ length: values.length, block: Math.ceil(2 * correlationTime(values)) })),
          ([a = new Int32Array(), b = new Int32Array()]) =>
            mean(a, sides[0] ?? new Float64Array()) - mean(b, sides[1] ?? new Float64Array()),
          0.95,
        );
        return bounds !== undefined && bounds[0] <= 0 && bounds[1] >= 0;
      });
      // Percentiles of few blocks are a little narrow.
      assert.ok(holds >= 0.85, String(holds));
    });
  }

  it('are not told of too few values', () => {
    assert.equal(medianInterval(Float64Array.of(1, 2, 3), 0.95), undefined);
    assert.deepEqual(medianInterval(Float64Array.of(6, 5, 4, 3, 2, 1), 0.95), [1, 6]);
    assert.equal(
      bootstrapInterval([{ length: 30, block: 10 }], () => 1, 0.95),
      undefined,
    );
  });
});

describe('the test of two windows', () => {
  it('finds nothing more often than it states, whatever the noise', () => {
    for (const [name, kind] of Object.entries(NOISES)) {
      const found = share(60, (seed) => compareWindows(noise(300, seed, kind), noise(300, seed + 1e6, kind)).p <= 0.05);
      assert.ok(found <= atMost(0.05, 60), `${name}: ${found}`);
    }
  });

  it('sees levels, spreads and tails, and tells which way', () => {
    const changes: Readonly<Record<string, (value: number, at: number) => number>> = {
      level: (x) => x + 1,
      spread: (x) => 3 * x,
      tail: (x, at) => (at % 8 === 0 ? x + 10 : x),
    };
    for (const [name, change] of Object.entries(changes)) {
      const found = share(
        20,
        (seed) =>
          compareWindows(noise(600, seed, { memory: 0.5 }), noise(600, seed + 1e6, { memory: 0.5 }).map(change)).p <=
          0.01,
      );
      assert.ok(found >= 0.95, `${name}: ${found}`);
    }
    const { delta, distance } = compareWindows(
      noise(600, 1),
      noise(600, 2).map((x) => x + 100),
    );
    assert.deepEqual([Math.round(delta), Math.round(distance)], [-1, 1]);
  });

  it('tells nothing of what is equal, empty or too short', () => {
    const flat = new Float64Array(100).fill(5);
    assert.equal(compareWindows(flat, flat).p, 1);
    assert.equal(compareWindows(new Float64Array(), flat).p, 1);
    const short = compareWindows(
      noise(40, 1, { memory: 0.97 }),
      noise(40, 2, { memory: 0.97 }).map((x) => x + 50),
    );
    assert.ok(short.p > 0.01, `${short.p} with ${short.blocks.join(' and ')} blocks`);
  });
});
