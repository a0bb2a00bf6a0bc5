// The statistics that experiments rest on, against figures from the literature and against simulated truth. bench/experiments.ts does the latter at length.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generator } from '../../src/base/random.js';
import { normalQuantile, studentQuantile } from '../../src/statistics/distributions.js';
import { shiftBetween } from '../../src/statistics/shift-interval.js';
import {
  logRankScores,
  medianTime,
  restrictedMean,
  survivalCurve,
  type Lifetime,
} from '../../src/statistics/survival.js';
import { blockRanks, chanceWithinBlocks, leastChance } from '../../src/statistics/within-blocks.js';
import { noise } from '../support/simulated.js';

function near(actual: number | undefined, expected: number, within = 1e-3): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= within, `${actual} is not ${expected}`);
}

/** Freireich et al. 1963, as in Gehan, Biometrika 52 (1965): weeks of remission with 6-mercaptopurine and with placebo; negative ones are censored. */
const lives = (weeks: readonly number[]): Lifetime[] =>
  weeks.map((one) => ({ time: Math.abs(one), happened: one > 0 }));
const TREATED = lives([6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35]);
const PLACEBO = lives([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]);

describe('times until something happens', () => {
  it('have Kaplan and Meier’s curve of the remissions of leukaemia, with its bounds', () => {
    // R: summary(survfit(Surv(weeks, status) ~ 1, conf.type = 'log-log')).
    const curve = survivalCurve(TREATED);
    assert.deepEqual(
      curve.map(({ time, atRisk, events }) => [time, atRisk, events]),
      [
        [6, 21, 3],
        [7, 17, 1],
        [10, 15, 1],
        [13, 12, 1],
        [16, 11, 1],
        [22, 7, 1],
        [23, 6, 1],
      ],
    );
    const [first, , , , , , last] = curve;
    near(first?.share, 0.8571);
    near(first?.within[0], 0.6197);
    near(first?.within[1], 0.9516);
    near(last?.share, 0.4482);
  });

  it('have medians with bounds, an open end where no run tells it, and none where fewer than half happened', () => {
    assert.equal(medianTime(TREATED).median, 23);
    assert.equal(medianTime(TREATED).high, undefined);
    assert.deepEqual(medianTime(PLACEBO), { median: 8, low: 4, high: 11 });
    assert.equal(medianTime(lives([1, -5, -5, -5])).median, undefined);
  });

  it('have restricted means, the area below the curve', () => {
    // Without censoring it is the mean of times up to the bound, and its variance that of a mean.
    const times = [2, 4, 6, 8, 20];
    near(restrictedMean(lives(times), 10).mean, (2 + 4 + 6 + 8 + 10) / 5, 1e-9);
    near(restrictedMean(lives([1, 2, 3, 4]), 4).mean, 2.5, 1e-9);
    assert.equal(restrictedMean(lives([-5, -5]), 5).mean, 5);
    assert.equal(restrictedMean(lives([-5, -5]), 5).variance, 0);
  });

  it('have log-rank scores whose sum is observed less expected', () => {
    const scores = logRankScores([...TREATED, ...PLACEBO]);
    near(
      scores.reduce((a, b) => a + b, 0),
      0,
      1e-9,
    );
    // Observed 9, expected 19.25 (R: survdiff).
    near(
      scores.slice(0, TREATED.length).reduce((a, b) => a + b, 0),
      9 - 19.25,
      0.01,
    );
  });
});

describe('two groups whose order was drawn within blocks', () => {
  const runs = (labels: string) =>
    labels.split(' ').flatMap((block, at) => block.split('').map((label) => ({ block: at, isFirst: label === 'a' })));

  it('differ by chance as often as other divisions set them as far apart', () => {
    assert.equal(chanceWithinBlocks(runs('ab ab ab ab'), [2, 1, 2, 1, 2, 1, 2, 1]), 2 / 16);
    assert.equal(chanceWithinBlocks(runs('aaabbb'), [4, 5, 6, 1, 2, 3]), 2 / 20);
    assert.equal(chanceWithinBlocks(runs('aaa bbb'), [4, 5, 6, 1, 2, 3]), 1);
    near(leastChance([{ first: 4, second: 4 }]), 2 / 70, 1e-9);
  });

  it('are ranked within their block, so that what blocks differ by counts for nothing', () => {
    const drawn = runs('ab ab');
    assert.deepEqual(blockRanks(drawn, [2, 1, 200, 100]), [2 / 3, 1 / 3, 2 / 3, 1 / 3]);
  });

  it('are told apart no more often than stated, on noise that drifts and remembers, counted or drawn', () => {
    for (const size of [4, 9]) {
      const found = Array.from({ length: 300 }, (_, seed) => {
        const random = generator(seed * 7919 + 1);
        const labels = Array.from({ length: 2 * size }, (__, at) => at < size).sort(() => random() - 0.5);
        const drawn = labels.map((isFirst) => ({ block: 0, isFirst }));
        const values = [...noise(2 * size, seed * 31 + 5, { drift: 4, memory: 0.7, outliers: 0.05 })];
        return chanceWithinBlocks(drawn, blockRanks(drawn, values)) <= 0.05;
      }).filter(Boolean).length;
      assert.ok(found / 300 <= 0.05 + 3 * Math.sqrt((0.05 * 0.95) / 300), `${size}: ${found}`);
    }
  });
});

describe('how far two groups lie apart', () => {
  it('is the median of differences, with the bounds of Mann and Whitney’s distribution', () => {
    // Nine and nine at 95 %: from the 18th of 81 differences on (Conover, table A7: w = 18).
    const first = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((one) => one + 0.001 * one ** 2);
    const second = [11, 12, 13, 14, 15, 16, 17, 18, 19].map((one) => one + 0.0007 * one ** 2);
    const differences = first.flatMap((one) => second.map((other) => one - other)).sort((a, b) => a - b);
    const { shift, within } = shiftBetween(first, second, 0.95) ?? { shift: NaN };
    assert.equal(shift, differences[40]);
    assert.deepEqual(within, [differences[17], differences[81 - 18]]);
    assert.equal(shiftBetween([1, 2], [3, 4], 0.95)?.within, undefined);
    assert.equal(shiftBetween([], [3], 0.95), undefined);
  });

  it('lies within the bounds as often as stated', () => {
    for (const size of [6, 40]) {
      const runs = size === 6 ? 600 : 200;
      const held = Array.from({ length: runs }, (_, seed) => {
        const [a, b] = [noise(size, seed * 13 + 1), noise(size, seed * 17 + 1e6)];
        const within = shiftBetween(
          [...a],
          [...b].map((one) => one + 0.7),
          0.95,
        )?.within ?? [Infinity, -Infinity];
        return within[0] <= -0.7 && within[1] >= -0.7;
      }).filter(Boolean).length;
      assert.ok(held / runs >= 0.95 - 3 * Math.sqrt((0.05 * 0.95) / runs), `${size}: ${held}`);
    }
  });
});

it('quantiles are those of the tables', () => {
  near(normalQuantile(0.975), 1.959964, 1e-5);
  near(normalQuantile(0.005), -2.575829, 1e-5);
  near(studentQuantile(4, 0.975), 2.776, 0.02);
  near(studentQuantile(14, 0.975), 2.145, 0.002);
});
