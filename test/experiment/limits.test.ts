// Each number of experiments with the nearest look-alike on either side of it: an arm that is sure enough to be blamed or not, bursts that are gone or only
// fewer, runs whose order shows or may be accident, and how much one run that contradicts counts.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fact } from '../../src/differences/facts.js';
import type { Side } from '../../src/differences/separate.js';
import type { Made } from '../../src/experiment/compare-arms.js';
import { judgeArms } from '../../src/experiment/judge.js';
import { adviseNext } from '../../src/experiment/next.js';
import { orderEffects } from '../../src/experiment/order-effects.js';
import type { ArmResult } from '../../src/model/experiment.js';

const FIRST = 'as it is';
const OTHER = 'changed';

interface Planted {
  readonly megabytes: number;
  /** In the minute that a run takes. */
  readonly bursts?: number;
}

/** Runs of a minute whose only figures are these; of requests nothing is known. */
function runsOf(arm: string, planted: readonly Planted[], first = 1): Made[] {
  return planted.map(({ megabytes, bursts = 0 }, at) => ({
    number: first + at,
    block: 1,
    arm,
    outcome: {
      seconds: 60,
      because: 'time',
      onsetSeconds: null,
      rate: { mean: megabytes * 1e6, p5: 0, p50: 0, p95: 0 },
      rateSince: null,
      iops: null,
      series: { stepSeconds: 60, rate: [], iops: [] },
      bursts: bursts > 0 ? [{ disk: 'sda', count: bursts, operations: 1, bytes: 1, periodMs: null }] : [],
      cause: null,
      sentence: '',
      reset: { dirtyBytes: null, isTrimmed: false },
      recording: '',
    },
  }));
}

function changedArm(first: readonly Planted[], other: readonly Planted[]): ArmResult {
  const runs = [...runsOf(FIRST, first), ...runsOf(OTHER, other, first.length + 1)];
  const arm = judgeArms(runs, [FIRST, OTHER]).arms[1];
  assert.ok(arm);
  return arm;
}

const rates = (...all: readonly number[]): Planted[] => all.map((megabytes) => ({ megabytes }));

describe('five runs of an arm against five of the first', () => {
  const verdictOf = (other: readonly Planted[]) =>
    changedArm(rates(10, 11, 12, 13, 14), other).comparisons.find(({ measure }) => measure === 'throughput')?.verdict;

  it('blame it where all are faster: 2 of the 252 ways to divide them, 0.8 %', () => {
    assert.equal(verdictOf(rates(20, 21, 22, 23, 24)), 'better');
  });

  it('do not where one is slower than the fastest of the first: 4 of 252, 1.6 %', () => {
    assert.notEqual(verdictOf(rates(13.5, 21, 22, 23, 24)), 'better');
  });
});

describe('bursts of 100 a minute, of which an arm', () => {
  const sentence = (left: number) =>
    changedArm(
      [97, 98, 99, 101, 102, 103].map((bursts) => ({ megabytes: 10, bursts })),
      [-3, -2, -1, 1, 2, 3].map((away) => ({ megabytes: 10, bursts: left + away / 10 })),
    ).sentence;

  it('has 8, are gone', () => {
    assert.match(sentence(8), /bursts gone \(/);
  });

  it('has 15, are fewer', () => {
    assert.match(sentence(15), /bursts fewer \(/);
  });
});

describe('eight runs of one arm', () => {
  const drift = (...all: readonly number[]) => orderEffects(runsOf(FIRST, rates(...all))).drift.sentence;

  it('that become faster but for two in each other’s place show a drift: as much by accident in 3 % of orders', () => {
    assert.match(drift(1, 2, 3, 4, 8, 6, 7, 5), /^Later runs differ from earlier ones of the same arm \(p = 0\.03\)/);
  });

  it('that do so with more of them out of place show none: by accident in 7.5 % of orders', () => {
    assert.match(drift(2, 1, 4, 8, 3, 6, 5, 7), /^Nothing shows that later runs differ/);
  });
});

it('a fact that one run of ten contradicts is nine times less probable than one that none does', () => {
  const sides: Side[] = 'sssssfffff'.split('').map((side) => (side === 's' ? 'slow' : 'fast'));
  const machine = (values: readonly [name: string, value: string][]) =>
    new Map(values.map(([name, value]): [string, Fact] => [name, { name, area: 'setting', value }]));
  const sets = sides.map((side, at) =>
    machine([
      ['vm.dirty_ratio', side],
      ['vm.swappiness', at === 0 ? 'fast' : side],
    ]),
  );
  const advice = adviseNext(sets, sides);
  assert.equal(advice?.found, undefined);
  const told = new Map(advice?.suspects.map(({ name, probability }) => [name, probability]));
  assert.ok(Math.abs((told.get('vm.dirty_ratio') ?? 0) - 0.9) < 1e-9);
  assert.ok(Math.abs((told.get('vm.swappiness') ?? 0) - 0.1) < 1e-9);
});
