// Bursts and their period, tried by simulation: planted periods are found within a bin, noise is not called periodic.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBursts as findSparse, type Bursts } from '../../../src/analysis/requests/bursts.js';
import { periodOf } from '../../../src/analysis/requests/regularity.js';
import { generator } from '../../../src/base/random.js';

function findBursts(series: Float64Array): Bursts {
  return findSparse(new Map(series.entries()), series.length);
}

function planted(bins: number, period: number, width: number, jitter: number, random: () => number): Float64Array {
  const series = new Float64Array(bins);
  for (let start = Math.floor(random() * period); start < bins; start += period) {
    const at = Math.round(start + (random() - 0.5) * 2 * jitter);
    for (let bin = Math.max(0, at); bin < Math.min(bins, at + width); bin += 1) series[bin] = 0.7 + 0.6 * random();
  }
  return series;
}

test('planted periods are found within 5 %', () => {
  const random = generator(1);
  let right = 0;
  const runs = 200;
  for (let run = 0; run < runs; run += 1) {
    const period = 15 + Math.floor(random() * 45);
    const series = planted(240, period, 2 + Math.floor(random() * 5), 1, random);
    const found = findBursts(series).period;
    if (found !== undefined && Math.abs(found - period) <= Math.max(1, 0.05 * period)) right += 1;
  }
  assert.ok(right >= 0.95 * runs, `${right} of ${runs}`);
});

test('bursts at random times are rarely called periodic', () => {
  const random = generator(2);
  let wrong = 0;
  const runs = 200;
  for (let run = 0; run < runs; run += 1) {
    const series = new Float64Array(400);
    for (let burst = 0; burst < 12; burst += 1) {
      const at = Math.floor(random() * 396);
      for (let bin = at; bin < at + 4; bin += 1) series[bin] = 1;
    }
    if (findBursts(series).period !== undefined) wrong += 1;
  }
  assert.ok(wrong <= 0.05 * runs, `${wrong} of ${runs}`);
});

test('a burst that a throttle cuts into slices is one burst', () => {
  const series = new Float64Array(240);
  for (let start = 10; start < 240; start += 40)
    for (let slice = 0; slice < 5; slice += 1) series[start + slice * 2] = 1;
  const { spans, period } = findBursts(series);
  assert.equal(spans.length, 6);
  assert.equal(period, 40);
});

test('steady load has no bursts', () => {
  const random = generator(3);
  assert.deepEqual(findBursts(Float64Array.from({ length: 200 }, () => 1 + 0.1 * random())).spans, []);
});

test('nothing is no burst', () => {
  assert.deepEqual(findBursts(new Float64Array(100)).spans, []);
});

test('two distances are a period only where bursts at random are as regular no more often than once in fifty times', () => {
  const at = (...starts: readonly number[]) => findSparse(new Map(starts.map((start) => [start, 1])), 400).period;
  assert.equal(at(100, 200, 303), 101.5, 'a variation of 1.5 % comes by chance as often');
  assert.equal(at(100, 200, 306), undefined, 'one of 2.9 % does so more often');
  assert.equal(periodOf([0, 100], 1), undefined, 'one distance is no period, whatever chance is granted');
});
