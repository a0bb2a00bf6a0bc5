// Experiments with a known truth through the code that judges real ones: nobody is blamed who does not differ, who does is, and what is told in words is what
// the figures say. bench/experiments.ts does it at length.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeArms } from '../../src/experiment/judge.js';
import { orderEffects } from '../../src/experiment/order-effects.js';
import { drawOrder, shareOfLook, usualBlock } from '../../src/experiment/order.js';
import type { ArmComparison, ArmResult } from '../../src/model/experiment.js';
import { EXPERIMENT } from '../../src/model/thresholds/experiment.js';
import { MACHINES, RUN_SECONDS, simulate, type Truth } from '../support/simulated-experiments.js';

const TWO = ['as it is', 'without cadvisor'];

function changed(truth: Omit<Truth, 'arms'>, seed = 1): ArmResult {
  const arm = judgeArms(simulate({ ...truth, arms: TWO }, seed), TWO).arms[1];
  assert.ok(arm);
  return arm;
}

function verdict({ comparisons }: ArmResult, measure: ArmComparison['measure']): ArmComparison['verdict'] | undefined {
  return comparisons.find((one) => one.measure === measure)?.verdict;
}

const effects = (effect: NonNullable<Truth['effects']>[string]): NonNullable<Truth['effects']> => ({
  'without cadvisor': effect,
});

describe('the order of runs', () => {
  it('has each arm as often in each block, and is the same for the same seed', () => {
    const order = drawOrder(['a', 'b', 'c'], 7, 3, 5);
    assert.equal(order.length, 21);
    for (const block of [1, 2, 3])
      for (const arm of ['a', 'b', 'c'])
        assert.equal(order.filter((one) => one.block === block && one.arm === arm).length, block === 3 ? 1 : 3);
    assert.deepEqual(drawOrder(['a', 'b', 'c'], 7, 3, 5), order);
    assert.notDeepEqual(drawOrder(['a', 'b', 'c'], 7, 3, 6), order);
    assert.deepEqual([usualBlock(6, false), usualBlock(8, false), usualBlock(12, true)], [6, 4, 3]);
  });

  it('spends the error of all looks once', () => {
    const shares = [1, 2, 3, 4].map((block) => shareOfLook(block, 4));
    assert.ok(Math.abs(shares.reduce((a, b) => a + b, 0) - 1) < 1e-12);
    assert.equal(shareOfLook(1, 1), 1);
  });
});

describe('an experiment in which no arm differs', () => {
  it('blames none in a hundred plans of any machine more than stated', () => {
    for (const [name, machine] of Object.entries(MACHINES)) {
      const blamed = Array.from({ length: 60 }, (_, seed) =>
        changed({ ...machine, repeats: 6 }, (seed + 1) * 7919),
      ).filter(({ comparisons }) =>
        comparisons.some((one) => one.verdict === 'better' || one.verdict === 'worse'),
      ).length;
      // Three standard errors above one in a hundred.
      assert.ok(blamed <= 60 * (0.01 + 3 * Math.sqrt((0.01 * 0.99) / 60)), `${name}: ${blamed} of 60`);
    }
  });
});

describe('an experiment in which an arm differs', () => {
  it('tells doubled throughput, and a degradation that is gone or comes later', () => {
    const found = (truth: Omit<Truth, 'arms' | 'repeats'>, measure: ArmComparison['measure']) =>
      Array.from({ length: 20 }, (_, seed) => changed({ ...truth, repeats: 12 }, (seed + 1) * 31)).filter(
        (arm) => verdict(arm, measure) === 'better',
      ).length;
    assert.ok(found({ effects: effects({ rate: 2 }) }, 'throughput') >= 19);
    assert.ok(found({ onset: 250, effects: effects({ onset: 100 }) }, 'onset') >= 19);
    assert.ok(found({ onset: 250, effects: effects({ onset: 2 }) }, 'onset') >= 19);
    assert.ok(found({ bursts: 5, effects: effects({ bursts: 0 }) }, 'bursts') >= 19);
  });

  it('acquits the daemon that bursts of a degradation that goes on without it', () => {
    const arm = changed({ repeats: 20, onset: 250, bursts: 5, effects: effects({ bursts: 0 }) });
    assert.match(
      arm.sentence,
      /^without cadvisor: bursts gone \(p < 0\.001\), degradation unchanged \(median .* against median .*\): not the cause of the slow-down$/,
    );
  });

  it('does not acquit with few runs, whose interval leaves a doubling', () => {
    const arm = changed({ repeats: 3, onset: 250, onsetSpread: 0.8 });
    assert.equal(verdict(arm, 'onset'), 'unclear');
    assert.match(arm.sentence, /too few runs to tell whether it has to do with the slow-down$/);
  });

  it('counts runs that never degraded as censored, not as failures', () => {
    const arm = changed({ repeats: 12, onset: 250, effects: effects({ onset: 100 }) });
    assert.equal(arm.degraded, 0);
    assert.equal(arm.onset.median, null);
    assert.deepEqual(arm.curve, []);
    assert.match(
      arm.sentence,
      /degradation gone \(none in 12 runs of .*\): what it changes has to do with the slow-down$/,
    );
  });

  it('follows runs that stay good for as long as they went, though those of the other arm degrade all alike', () => {
    const alike = { repeats: 12, onset: 40, onsetSpread: 0.03 };
    const gone = changed({ ...alike, effects: effects({ onset: 100 }) });
    assert.equal(verdict(gone, 'onset'), 'better');
    assert.ok((gone.comparisons.find(({ measure }) => measure === 'onset')?.ratio ?? 0) > 14);
    assert.equal(gone.restrictedMean.until, RUN_SECONDS);
    assert.match(gone.sentence, /degradation gone \(none in 12 runs of 10 min against median 40/);
    // What limits nothing limits nothing either where all runs degrade.
    const same = changed(alike);
    assert.equal(verdict(same, 'onset'), 'unchanged');
    assert.ok(same.restrictedMean.until > 40 && same.restrictedMean.until < 50);
    // The longest run that did not degrade is how far a curve is known.
    const runs = simulate({ ...alike, arms: TWO }, 1).map((run) =>
      run.arm === TWO[0] ? run : { ...run, outcome: { ...run.outcome, onsetSeconds: null, seconds: 300 } },
    );
    assert.equal(judgeArms(runs, TWO).arms[0]?.restrictedMean.until, 300);
  });

  it('tells no degradation of arms that had none', () => {
    const arm = changed({ repeats: 12, effects: effects({ rate: 0.5 }) });
    assert.equal(verdict(arm, 'onset'), 'absent');
    assert.match(
      arm.sentence,
      /^without cadvisor: throughput lower \(0\.\d+ times, .*\): it makes the workload slower$/,
    );
  });
});

describe('numbers on which it decides', () => {
  const small = { repeats: 12, spread: 0.005 };

  it('calls a twentieth no difference, however sure, and a fifth one', () => {
    assert.equal(verdict(changed({ ...small, effects: effects({ rate: 1.05 }) }), 'throughput'), 'unchanged');
    assert.equal(verdict(changed({ ...small, effects: effects({ rate: 1.2 }) }), 'throughput'), 'better');
  });

  it('calls throughput unchanged where no quarter is left, and unclear where it is', () => {
    assert.equal(verdict(changed({ repeats: 12, spread: 0.1 }), 'throughput'), 'unchanged');
    assert.equal(verdict(changed({ repeats: 12, spread: 0.6 }), 'throughput'), 'unclear');
  });

  it('calls times unchanged where neither a doubling nor a halving is left', () => {
    assert.equal(verdict(changed({ repeats: 12, onset: 250, onsetSpread: 0.25 }), 'onset'), 'unchanged');
    assert.equal(verdict(changed({ repeats: 5, onset: 250, onsetSpread: 1.2 }), 'onset'), 'unclear');
  });

  it('blames by all tests together: what one arm of one shows is not sure of one in many', () => {
    const runs = simulate({ arms: TWO, repeats: 4, effects: effects({ rate: 2 }), spread: 0.01 }, 3);
    const [, arm] = judgeArms(runs, TWO).arms;
    // All that 4 and 4 runs can show is p = 2/70.
    assert.equal(arm?.comparisons.find(({ measure }) => measure === 'throughput')?.p, 2 / 70);
    assert.ok(2 / 70 > EXPERIMENT.wrongBlame);
    assert.equal(arm.comparisons.find(({ measure }) => measure === 'throughput')?.verdict, 'unclear');
  });

  it('compares bursts of runs that were watched for much the same time, or that have enough of them', () => {
    const told = (seconds: number, count: number) => {
      const runs = simulate({ arms: TWO, repeats: 12 }, 1).map((run, at) => {
        const isShort = run.arm === TWO[1];
        const counted = (isShort ? count : 12) + (at % 2);
        const bursts = [{ disk: 'sda', count: counted, operations: 100, bytes: 4e6, periodMs: null }];
        return { ...run, outcome: { ...run.outcome, seconds: isShort ? seconds : 600, bursts } };
      });
      const arm = judgeArms(runs, TWO).arms[1];
      assert.ok(arm);
      return verdict(arm, 'bursts');
    };
    // Three or four in a minute, against twelve or thirteen in ten.
    assert.equal(told(60, 3), 'unclear');
    assert.equal(told(60, 5), 'worse');
    assert.equal(told(610 / 1.5, 4), 'better');
    assert.equal(told(590 / 1.5, 2), 'unclear');
  });

  it('takes no run for burstier as it is shorter', () => {
    const runs = simulate(
      { arms: TWO, repeats: 12, onset: 40, onsetSpread: 0.03, effects: effects({ onset: 100 }) },
      1,
    );
    const [degraded, good] = [runs.filter(({ arm }) => arm === TWO[0]), runs.filter(({ arm }) => arm === TWO[1])];
    assert.ok(
      degraded.every(({ outcome }) => outcome.seconds < 80) && good.every(({ outcome }) => outcome.seconds === 600),
    );
    const burst = { disk: 'sda', count: 6, operations: 100, bytes: 4e6, periodMs: null };
    // Each run bursts once in ten seconds or so.
    const rates = runs.map((run) => ({
      ...run,
      outcome: {
        ...run.outcome,
        bursts: [{ ...burst, count: Math.round(run.outcome.seconds / 10) + (run.number % 3) }],
      },
    }));
    const arm = judgeArms(rates, TWO).arms[1];
    const ratio = arm?.comparisons.find(({ measure }) => measure === 'bursts')?.ratio ?? 0;
    assert.ok(ratio > 0.75 && ratio < 1.1, String(ratio));
  });

  it('calls bursts gone where a tenth is left, and fewer where a third is', () => {
    const left = (bursts: number) => changed({ repeats: 12, bursts: 30, effects: effects({ bursts }) }).sentence;
    assert.match(left(0.05), /bursts gone/);
    assert.match(left(0.33), /bursts fewer/);
  });
});

describe('what the order has done', () => {
  it('is told where runs carry over or the machine drifts, and not where neither is so', () => {
    const told = (machine: Omit<Truth, 'arms' | 'repeats'>) =>
      Array.from({ length: 20 }, (_, seed) =>
        orderEffects(simulate({ ...machine, arms: TWO, repeats: 10 }, seed * 11 + 1)),
      );
    const drifting = told({ drift: 4 }).filter(({ drift }) => drift.p <= EXPERIMENT.orderEffect).length;
    assert.ok(drifting >= 18, String(drifting));
    const steady = told({}).filter(({ drift, carryOver }) => drift.p <= 0.05 || carryOver.p <= 0.05).length;
    assert.ok(steady <= 6, String(steady));
  });

  it('tells that the arm before a run mattered', () => {
    const runs = simulate({ arms: TWO, repeats: 12, spread: 0.05 }, 9);
    const slowed = runs.map((run, at) => {
      const factor = runs[at - 1]?.arm === 'without cadvisor' ? 0.5 : 1;
      const { outcome } = run;
      return { ...run, outcome: { ...outcome, rate: { ...outcome.rate, mean: outcome.rate.mean * factor } } };
    });
    const { carryOver } = orderEffects(slowed);
    assert.ok(carryOver.p <= 0.05, String(carryOver.p));
    assert.match(carryOver.sentence, /^Runs differ by which arm ran before them/);
  });
});
