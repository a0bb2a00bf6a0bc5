// When throughput counts as fallen for good: by simulation, noise with drift and bursts on one side, planted falls on the other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findFall as fallOf, type Fall } from '../../src/onset/fall.js';
import { generator } from '../../src/base/random.js';

/** Of intervals none of which was drawn together. */
const findFall = (rates: readonly number[]): Fall | undefined => fallOf(rates.map((rate) => ({ rate, intervals: 1 })));

const NORMAL = 200e6;
const HOUR = 3600;

/** A normal deviate, by Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

interface Load {
  /** Relative standard deviation of one interval. */
  readonly noise: number;
  /** Amplitude of a slow wave. */
  readonly drift: number;
  /** How often a burst of others takes most of it, and for how long at most. */
  readonly bursts: number;
  readonly burstLength: number;
}

/** Throughput a second. */
function simulate(random: () => number, length: number, load: Load): number[] {
  const period = 600 + random() * 3000;
  let burst = 0;
  return Array.from({ length }, (_, second) => {
    if (burst === 0 && random() < load.bursts) burst = 1 + Math.floor(random() * load.burstLength);
    const level = burst > 0 ? 0.1 : 1;
    if (burst > 0) burst -= 1;
    const wave = 1 + load.drift * Math.sin((2 * Math.PI * second) / period);
    return Math.max(0, NORMAL * level * wave * Math.exp(load.noise * normal(random)));
  });
}

/** The first fall that is found while the values come, and after how many. */
function online(rates: readonly number[]): { readonly fall: Fall; readonly after: number } | undefined {
  for (let after = 1; after <= rates.length; after += 1) {
    const fall = findFall(rates.slice(0, after));
    if (fall) return { fall, after };
  }
  return undefined;
}

const LOADS: readonly Load[] = [
  { noise: 0.1, drift: 0, bursts: 0, burstLength: 0 },
  { noise: 0.5, drift: 0.3, bursts: 0, burstLength: 0 },
  { noise: 0.2, drift: 0.3, bursts: 0.01, burstLength: 10 },
  { noise: 0.3, drift: 0.2, bursts: 0.005, burstLength: 25 },
];

test('noise, drift and bursts of others are no fall, hour after hour', () => {
  const random = generator(20261129);
  let alarms = 0;
  for (let run = 0; run < 60; run += 1) {
    const load = LOADS[run % LOADS.length] ?? LOADS[0];
    if (load && online(simulate(random, HOUR / 3, load))) alarms += 1;
  }
  assert.equal(alarms, 0);
});

test('a planted fall is found, soon, and dated to some intervals', () => {
  const random = generator(7);
  for (let run = 0; run < 60; run += 1) {
    const load = LOADS[run % LOADS.length] ?? { noise: 0.1, drift: 0, bursts: 0, burstLength: 0 };
    const at = 300 + Math.floor(random() * 300);
    const rates = simulate(random, at + 200, load).map((rate, second) => (second < at ? rate : rate * 0.05));
    const found = online(rates);
    assert.ok(found, `run ${run}`);
    // A burst that ends where the fall begins is part of it.
    assert.ok(
      found.fall.at <= at + 2 && found.fall.at >= at - load.burstLength - 6,
      `run ${run}: ${found.fall.at}, not ${at}`,
    );
    assert.ok(found.after >= at + 20 && found.after <= at + 110, `run ${run}: after ${found.after - at}`);
    assert.ok(found.fall.since < 0.5 * found.fall.before);
  }
});

const flat = (length: number, value: number): number[] => Array.from({ length }, () => value);

test('it takes so many intervals, low and before, as the table says', () => {
  assert.equal(findFall([...flat(60, 100), ...flat(29, 40)]), undefined);
  assert.deepEqual(findFall([...flat(60, 100), ...flat(30, 40)]), { at: 60, before: 100, since: 40 });
  assert.equal(findFall([...flat(59, 100), ...flat(30, 40)]), undefined);
  assert.equal(findFall([...flat(60, 100), ...flat(30, 51)]), undefined);
  assert.equal(findFall([...flat(60, 100), ...flat(30, 49)])?.at, 60);
});

test('a good interval in between changes nothing, several do', () => {
  const low = (good: number): number[] =>
    flat(30, 10).map((value, at) => (at % 5 === 2 && at / 5 < good ? 100 : value));
  assert.equal(findFall([...flat(100, 100), ...low(3)])?.at, 100);
  assert.equal(findFall([...flat(100, 100), ...low(5)]), undefined);
});

test('where it has recovered before, it must be low for three times as long', () => {
  const dip = [...flat(60, 100), ...flat(20, 10), ...flat(60, 100)];
  assert.equal(findFall([...dip, ...flat(59, 10)]), undefined);
  assert.equal(findFall([...dip, ...flat(60, 10)])?.at, 140);
});

test('without a normal level there is no fall', () => {
  const uneven = (share: number): number[] => flat(200, 0).map((_, at) => (at % 20 < share * 20 ? 10 : 100));
  assert.equal(findFall([...uneven(0.2), ...flat(30, 10)])?.at, 200);
  assert.equal(findFall([...uneven(0.3), ...flat(30, 10)]), undefined);
});

test('stretches of several intervals count as many', () => {
  const spans = (length: number, value: number, intervals: number) =>
    flat(length, value).map((rate) => ({ rate, intervals }));
  const low = (length: number) => spans(length, 10, 1);
  assert.equal(fallOf([...spans(30, 100, 2), ...low(30)])?.at, 30);
  assert.equal(fallOf([...spans(29, 100, 2), ...low(30)]), undefined);
  const dip = [...spans(30, 100, 2), ...spans(10, 10, 2), ...spans(30, 100, 2)];
  assert.equal(fallOf([...dip, ...low(59)]), undefined);
  assert.equal(fallOf([...dip, ...low(60)])?.at, 70);
  // The median is of intervals: few long stretches outweigh many short ones.
  assert.equal(fallOf([...spans(10, 100, 10), ...spans(40, 300, 1), ...low(30)])?.before, 100);
});
