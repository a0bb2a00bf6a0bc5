// Plans that cross two things, by simulation: each is told from all pairs of arms that differ in it alone, and the conclusion blames what makes the
// difference and nothing else.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conclude } from '../../src/experiment/conclusion.js';
import { changeWords, factorsOf } from '../../src/experiment/factors.js';
import { judgeArms } from '../../src/experiment/judge.js';
import type { ArmComparison } from '../../src/model/experiment.js';
import { CROSSED, DAEMON, KERNEL, KERNEL_IS_IT } from '../support/experiment-document.js';
import { simulate, type Truth } from '../support/simulated-experiments.js';

const FOUR = [...CROSSED.keys()];
const [OLD = '', OLD_WITHOUT = '', NEW = '', NEW_WITHOUT = ''] = FOUR;
const factors = () => factorsOf([...CROSSED].map(([arm, makeup]) => ({ arm, makeup })));

function judged(effects: NonNullable<Truth['effects']>, seed: number, repeats = 4) {
  return judgeArms(simulate({ arms: FOUR, repeats, onset: 150, effects }, seed), FOUR, 1, CROSSED);
}

describe('what arms are crossed in', () => {
  it('is each thing with every pair of arms that differs in nothing else', () => {
    assert.deepEqual(
      factors().map(({ about, from, to, pairs }) => [about, from, to, pairs]),
      [
        [
          KERNEL,
          '6.1',
          '6.12',
          [
            [OLD, NEW],
            [OLD_WITHOUT, NEW_WITHOUT],
          ],
        ],
        [
          DAEMON,
          undefined,
          'stop them',
          [
            [OLD, OLD_WITHOUT],
            [NEW, NEW_WITHOUT],
          ],
        ],
      ],
    );
  });

  it('leaves out two things that no pair of arms tells apart', () => {
    const makeup = new Map([
      [KERNEL, '6.12'],
      [DAEMON, 'stop them'],
    ]);
    assert.deepEqual(
      factorsOf([
        { arm: 'a', makeup: new Map([[KERNEL, '6.1']]) },
        { arm: 'b', makeup },
      ]),
      [],
    );
  });
});

describe('the conclusion of a crossed plan', () => {
  it('acquits the daemon and blames the kernel, with the cause of the runs that degraded, from four runs of each arm', () => {
    const told = Array.from({ length: 40 }, (_, seed) => judged(KERNEL_IS_IT, (seed + 1) * 101).conclusion ?? '');
    const kernel =
      /[Tt]he kernel \(6\.12 instead of 6\.1: degradation later or gone, p < 0\.001\): dev\.slow in 8 of 8 runs that degraded(;|\.$)/;
    assert.equal(told.filter((text) => kernel.test(text)).length, 40);
    // With so few runs it can't always be told of what makes no difference; blamed it is never.
    assert.ok(told.filter((text) => text.startsWith('Not the processes named monitor; the kernel (')).length >= 30);
    assert.ok(
      told.every((text) =>
        /^Not the processes named monitor( \([\d.]+ times at most, where the kernel makes [\d.]+ at least\))?;|; of the processes named monitor it can’t be told\.$/.test(
          text,
        ),
      ),
    );
  });

  it('acquits what can make less of a measure than what is blamed makes, and leaves open what may make as much', () => {
    const [kernel, daemon] = factors();
    assert.ok(kernel && daemon);
    const comparison = (verdict: 'better' | 'unclear', within: [number, number]): ArmComparison => ({
      measure: 'throughput',
      p: 0.001,
      ratio: 1,
      within,
      delta: 0,
      falseDiscovery: 0.001,
      verdict,
    });
    const told = (within: [number, number]) =>
      conclude(
        [kernel, daemon],
        [
          {
            about: KERNEL,
            words: changeWords(kernel),
            pairs: [],
            comparisons: [comparison('better', [1.98, 3.2])],
            sentence: '',
          },
          {
            about: DAEMON,
            words: changeWords(daemon),
            pairs: [],
            comparisons: [comparison('unclear', within)],
            sentence: '',
          },
        ],
        [],
        [],
      ) ?? '';
    assert.match(
      told([0.93, 1.33]),
      /^Not the processes named monitor \(1\.33 times at most, where the kernel makes 1\.98 at least\); the kernel \(/,
    );
    assert.match(told([0.5, 1.33]), /^The kernel .*; of the processes named monitor it can’t be told\.$/);
    assert.match(told([0.93, 2.1]), /^The kernel .*; of the processes named monitor it can’t be told\.$/);
  });

  it('acquits the kernel and blames the daemon where it is the daemon', () => {
    const { conclusion } = judged({ [OLD_WITHOUT]: { onset: 1e6 }, [NEW_WITHOUT]: { onset: 1e6 } }, 7);
    assert.match(
      conclusion ?? '',
      /^Not the kernel; the processes named monitor \(stop them: degradation later or gone, p < 0\.001\): dev\.slow in 8 of 8 runs that degraded\.$/,
    );
  });

  it('blames neither in crossed plans in which nothing differs, more often than stated', () => {
    const blamed = Array.from({ length: 100 }, (_, seed) => judged({}, (seed + 1) * 53)).filter(
      ({ arms, factors: crossed }) =>
        [...arms, ...crossed].some(({ comparisons }) =>
          comparisons.some(({ verdict }) => verdict === 'better' || verdict === 'worse'),
        ),
    ).length;
    // Three standard errors above one in a hundred.
    assert.ok(blamed <= 100 * (0.01 + 3 * Math.sqrt((0.01 * 0.99) / 100)), `${blamed} of 100`);
  });

  it('says that it is none of them where nothing differs, and names no cause', () => {
    const { conclusion } = judged({}, 3, 8);
    assert.match(
      conclusion ?? '',
      /^Not the kernel and not the processes named monitor; none of what was changed is shown to be it\.$/,
    );
  });

  it('is silent where one run of each arm tells nothing', () => {
    assert.equal(judged(KERNEL_IS_IT, 5, 1).conclusion, null);
  });

  it('names no cause that fewer than most of the slow runs had', () => {
    const runs = simulate({ arms: FOUR, repeats: 4, onset: 150, effects: KERNEL_IS_IT }, 101).map((run) =>
      run.number % 2 === 0 ? { ...run, outcome: { ...run.outcome, cause: 'inconclusive' } } : run,
    );
    const { conclusion } = judgeArms(runs, FOUR, 1, CROSSED);
    const slow = runs.filter(({ outcome }) => outcome.onsetSeconds !== null);
    const most = slow.filter(({ outcome }) => outcome.cause === 'dev.slow').length;
    if (most * 2 > slow.length) assert.match(conclusion ?? '', new RegExp(`dev\\.slow in ${most} of ${slow.length} `));
    else assert.match(conclusion ?? '', /: no cause was common to the runs that degraded\.$/);
  });
});
