// Change points against planted truth: a step, a ramp, a spread and none, in noise that remembers, drifts, goes with the day and has outliers.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changePoints, type ChangePoint } from '../../src/statistics/change-points.js';
import { bestOf, buffersFor, Searches } from '../../src/statistics/step-draws.js';
import { bursts, BURSTS, noise, NOISES, type Bursts, type Noise } from '../support/simulated.js';

const POINTS = 400;
const AT = 250;
const searches = new Searches();

function found(
  seed: number,
  kind: Noise,
  plant: (value: number, at: number) => number = (value) => value,
): ChangePoint[] {
  const cycles = kind.cycle === undefined ? [] : [kind.cycles ?? 1];
  return changePoints(noise(POINTS, seed, kind).map(plant), { falseAlarms: 0.01, cycles }, searches);
}

function share(runs: number, of: (seed: number) => boolean): number {
  return Array.from({ length: runs }, (_, run) => of((run + 1) * 7919)).filter(Boolean).length / runs;
}

const isNear = (all: readonly ChangePoint[], at: number, slack: number) =>
  all.some((one) => Math.abs(one.at - at) <= slack);

describe('change points', () => {
  it('are hardly ever found where there are none', () => {
    for (const [name, kind] of Object.entries(NOISES)) {
      const alarms = share(40, (seed) => found(seed, kind).length > 0);
      // 1 % of 40 may be two by accident.
      assert.ok(alarms <= 0.05, `${name}: ${alarms}`);
    }
  });

  it('are found at a step, between their bounds, with the levels before and after', () => {
    for (const kind of [{}, { memory: 0.5 }, { drift: 3 }, { outliers: 0.01, memory: 0.3 }]) {
      const step = (x: number, at: number) => (at >= AT ? x + 5 : x);
      assert.ok(share(20, (seed) => isNear(found(seed, kind, step), AT, 8)) >= 0.95, JSON.stringify(kind));
    }
    const [one] = found(7919, {}, (x, at) => (at >= AT ? x + 5 : x));
    assert.ok(one && one.within[0] <= AT && AT <= one.within[1], JSON.stringify(one));
    assert.ok(one.p > 0 && one.p <= 0.01, `${one.p} is no more than is told by accident`);
    assert.deepEqual([one.kind, Math.round(one.before), Math.round(one.after)], ['level', 0, 5]);
  });

  it('are found in a ramp, and where a spread changes', () => {
    const ramp = (x: number, at: number) => x + 6 * Math.min(1, Math.max(0, (at - AT) / 40));
    assert.ok(share(20, (seed) => isNear(found(seed, { memory: 0.3 }, ramp), AT + 20, 40)) >= 0.95);
    const spread = (seed: number) => found(seed, { memory: 0.3 }, (x, at) => (at >= AT ? 4 * x : x));
    assert.ok(share(20, (seed) => isNear(spread(seed), AT, 30)) >= 0.95);
    const told = spread(7919).filter(({ kind }) => kind === 'spread');
    assert.ok(told.length > 0 && told.every(({ p }) => p > 0 && p <= 0.01), JSON.stringify(told));
  });

  it('are found at both ends of a stretch', () => {
    const all = found(3, {}, (x, at) => (at >= 100 && at < 200 ? x + 6 : x));
    assert.ok(isNear(all, 100, 5) && isNear(all, 200, 5), JSON.stringify(all));
  });

  it('are found beneath bursts of any period, and hardly ever where there are bursts alone', () => {
    const all = Object.entries(BURSTS);
    const inBursts = (seed: number, kind: Bursts) =>
      changePoints(bursts(600, seed, kind), { falseAlarms: 0.01 }, searches);
    let alarms = 0;
    for (const [name, kind] of all) {
      alarms += 20 * share(20, (seed) => inBursts(seed, kind).length > 0);
      const hits = share(20, (seed) => inBursts(seed, { ...kind, slowFrom: 330 }).some(({ of }) => of !== 'all'));
      // Where nothing is between bursts there are a dozen values of it, one a burst.
      assert.ok(hits >= (kind.background === 0 ? 0.6 : 0.9), `${name}: ${hits}`);
    }
    // 1 % of 160 may be five by accident.
    assert.ok(alarms <= 5, `${alarms} of ${20 * all.length}`);
  });

  it('are found where a series is nothing but a step, or nearly so, which leaves no memory to tell', () => {
    const step = Float64Array.from({ length: 60 }, (_, at) => (at < 20 ? 0 : 1));
    const [exact] = changePoints(step, { falseAlarms: 0.01 }, searches);
    assert.ok(exact && exact.at === 20 && exact.p <= 0.01, JSON.stringify(exact));
    const [odd] = changePoints(step.with(19, 0.3), { falseAlarms: 0.01, isBounded: true }, searches);
    assert.ok(odd && Math.abs(odd.at - 20) <= 1 && odd.within[0] <= 20, JSON.stringify(odd));
    // One that stands at the end alone may be a burst that is cut.
    const last = Float64Array.from({ length: 60 }, (_, at) => (at < 55 ? 0 : at % 2));
    assert.deepEqual(changePoints(last, { falseAlarms: 0.01, isBounded: true }, searches), []);
  });

  it('leave more than a tenth of a random walk, however long its memory: a step that leaves less is one', () => {
    for (const length of [24, 60, 240]) {
      const search = searches.of(length, []);
      const buffers = buffersFor(search);
      for (let seed = 1; seed <= 300; seed += 1) {
        const { whole, gain } = bestOf(search, search.left(noise(length, seed * 7919, { memory: 0.9999 })), buffers);
        assert.ok(whole - gain > 0.1 * whole, `${length}, ${seed}: ${(whole - gain) / whole}`);
      }
    }
  });

  it('of levels alone are found as often, and no spreads', () => {
    const levels = (seed: number, step: number, spread: number) =>
      changePoints(
        noise(POINTS, seed).map((x, at) => (at >= AT ? spread * x + step : x)),
        { falseAlarms: 0.01, isOfLevels: true },
        searches,
      );
    assert.ok(share(20, (seed) => isNear(levels(seed, 5, 1), AT, 8)) >= 0.95);
    assert.ok(share(20, (seed) => levels(seed, 0, 4).length > 0) <= 0.1);
  });

  it('are placed to the value in a long series', () => {
    const values = noise(20_000, 5).map((x, at) => (at >= 12_345 ? x + 8 : x));
    const [one] = changePoints(values, { falseAlarms: 0.01 }, searches);
    assert.ok(one && Math.abs(one.at - 12_345) <= 2, JSON.stringify(one));
  });

  it('are not told of what is constant, empty or short', () => {
    for (const length of [0, 3, 11])
      assert.deepEqual(changePoints(noise(length, 1), { falseAlarms: 0.5 }, searches), []);
    assert.deepEqual(changePoints(new Float64Array(300).fill(3), { falseAlarms: 0.5 }, searches), []);
  });
});
