// The runs that were made → what they tell of each arm. All tests of all arms are weighed together (Benjamini and Hochberg), so that with many arms none is
// blamed by accident more often than the plan's level says; where a plan may end early, each look spends its part of that level.

import { medianOf } from '../base/median.js';
import type { ArmComparison, ArmResult, BurstsOfDisk, Experiment, FactorResult } from '../model/experiment.js';
import { EXPERIMENT } from '../model/thresholds/experiment.js';
import { falseDiscoveryRates } from '../statistics/discoveries.js';
import { medianInterval } from '../statistics/median-interval.js';
import { medianTime, restrictedMean, survivalCurve } from '../statistics/survival.js';
import {
  burstRate,
  compareSides,
  horizonOf,
  lifetimeOf,
  type Made,
  type Stratum,
  type Tested,
} from './compare-arms.js';
import { conclude } from './conclusion.js';
import { changeWords, factorsOf, strataOf, type Factor, type Makeup } from './factors.js';
import { sentenceOf } from './sentence.js';

/** Below 1 an arm is better where it has less of it. */
const MORE_IS_BETTER: Readonly<Record<ArmComparison['measure'], boolean>> = {
  onset: true,
  throughput: true,
  iops: true,
  bursts: false,
};

function verdictOf(tested: Tested, falseDiscovery: number, level: number): ArmComparison['verdict'] {
  const { measure, isAbsent, ratio, within, delta } = tested;
  if (isAbsent) return 'absent';
  // Where nothing tells how many times, which way the runs lie does.
  const times = ratio ?? (delta > 0 ? Infinity : 0);
  if (falseDiscovery <= level && (times >= EXPERIMENT.felt || times <= 1 / EXPERIMENT.felt))
    return times > 1 === MORE_IS_BETTER[measure] ? 'better' : 'worse';
  const alike = measure === 'onset' || measure === 'bursts' ? EXPERIMENT.alikeTimes : EXPERIMENT.alike;
  return within && within[0] > 1 / alike && within[1] < alike ? 'unchanged' : 'unclear';
}

/** All that is tested, weighed together. `level`: the part of the whole error that this look may spend. */
function weighed(tested: readonly (readonly Tested[])[], level: number): ArmComparison[][] {
  const asked = tested.flat().filter(({ isAbsent }) => !isAbsent);
  const rates = falseDiscoveryRates(asked.map(({ p }) => p));
  return tested.map((list) =>
    list.map((one) => {
      const falseDiscovery = rates[asked.indexOf(one)] ?? 1;
      const { isAbsent: _, ...told } = one;
      return { ...told, falseDiscovery, verdict: verdictOf(one, falseDiscovery, level) };
    }),
  );
}

function medianWithin(values: readonly number[]): { median: number; within: [number, number] | null } {
  const within = medianInterval(Float64Array.from(values), EXPERIMENT.sureness);
  return { median: medianOf(values), within: within ? [within[0], within[1]] : null };
}

/** An arm's bursts by disk: all of them, and medians of runs. */
function burstsOf(runs: readonly Made[]): BurstsOfDisk[] {
  const all = runs.flatMap(({ outcome }) => outcome.bursts).filter(({ count }) => count > 0);
  return [...new Set(all.map(({ disk }) => disk))].map((disk) => {
    const own = all.filter((one) => one.disk === disk);
    const periods = own.flatMap(({ periodMs }) => periodMs ?? []);
    return {
      disk,
      count: own.reduce((sum, { count }) => sum + count, 0),
      operations: medianOf(own.map(({ operations }) => operations)),
      bytes: medianOf(own.map(({ bytes }) => bytes)),
      // Of fewer than half of the runs it is no property of the arm.
      periodMs: periods.length * 2 > runs.length ? medianOf(periods) : null,
    };
  });
}

function causesOf(runs: readonly Made[]): { cause: string; runs: number }[] {
  const counts = new Map<string, number>();
  for (const { outcome } of runs)
    if (outcome.cause !== null) counts.set(outcome.cause, (counts.get(outcome.cause) ?? 0) + 1);
  return [...counts].map(([cause, count]) => ({ cause, runs: count })).sort((a, b) => b.runs - a.runs);
}

function figuresOf(
  arm: string,
  runs: readonly Made[],
  until: number,
): Omit<ArmResult, 'isFirst' | 'comparisons' | 'sentence'> {
  const lives = runs.map(lifetimeOf);
  const { median = null, low = null, high = null } = medianTime(lives);
  const { mean, variance } = restrictedMean(lives, until);
  const iops = runs.flatMap(({ outcome }) => outcome.iops?.mean ?? []);
  return {
    arm,
    runs: runs.length,
    rate: medianWithin(runs.map(({ outcome }) => outcome.rate.mean)),
    iops: iops.length > 0 ? medianWithin(iops) : null,
    degraded: lives.filter(({ happened }) => happened).length,
    onset: { median, low, high },
    restrictedMean: { seconds: mean, until, error: Math.sqrt(variance) },
    curve: survivalCurve(lives).map(({ time, share, within: [least, most] }) => ({
      seconds: time,
      share,
      low: least,
      high: most,
    })),
    burstsPerMinute: medianOf(runs.map(burstRate)),
    bursts: burstsOf(runs),
    causes: causesOf(runs),
  };
}

export interface JudgedArms extends Pick<Experiment, 'arms' | 'factors' | 'conclusion'> {
  /** True where every arm is told to differ or to be alike in what the plan is about, so that more runs would teach little. */
  readonly isSettled: boolean;
}

interface Compared {
  readonly factor: Factor;
  readonly strata: readonly Stratum[];
}

/** Of factors that arms are crossed in; what a single pair of arms tells is told of that arm. */
function crossed(factors: readonly Factor[], runs: readonly Made[]): Compared[] {
  return factors
    .filter(({ pairs }) => pairs.length > 1)
    .map((factor) => ({ factor, strata: strataOf(factor, runs) }))
    .filter(({ strata }) => strata.every(({ first, other }) => first.length > 0 && other.length > 0));
}

function factorResult({ factor, strata }: Compared, comparisons: readonly ArmComparison[]): FactorResult {
  const [without, having] = [strata.flatMap(({ first }) => first), strata.flatMap(({ other }) => other)];
  const until = horizonOf(without, having);
  const { about, pairs } = factor;
  const words = changeWords(factor);
  const arm = { ...figuresOf(words, having, until), isFirst: false, comparisons: [...comparisons], sentence: '' };
  const first = { ...figuresOf('', without, until), isFirst: true, comparisons: [], sentence: '' };
  return {
    about,
    words,
    pairs: pairs.map(([one, other]) => ({ without: one, having: other })),
    comparisons: [...comparisons],
    sentence: `${about}, ${sentenceOf(arm, first)}`,
  };
}

/**
 * Arms in the plan's order, of which those without a run are left out. `share`: of the whole error, for this look. `makeups`: what each arm is made of, where
 * things that arms are crossed in are to be told as well.
 */
export function judgeArms(
  runs: readonly Made[],
  arms: readonly string[],
  share = 1,
  makeups: ReadonlyMap<string, Makeup> = new Map(),
): JudgedArms {
  const named = arms
    .map((arm) => ({ arm, runs: runs.filter((run) => run.arm === arm) }))
    .filter((one) => one.runs.length > 0);
  const [firstRuns = []] = named[0]?.arm === arms[0] ? named.map((one) => one.runs) : [];
  const factors = factorsOf(arms.flatMap((arm) => ({ arm, makeup: makeups.get(arm) ?? new Map() })));
  const sides = crossed(factors, runs);
  const tested = [
    ...named.map((one) => (one.arm === arms[0] ? [] : compareSides([{ first: firstRuns, other: one.runs }]))),
    ...sides.map(({ strata }) => compareSides(strata)),
  ];
  const compared = weighed(tested, EXPERIMENT.wrongBlame * share);
  const until = named.length > 0 ? horizonOf(...named.map((one) => one.runs)) : 0;
  const results = named.map((one, at): ArmResult => {
    const figures = figuresOf(one.arm, one.runs, until);
    return { ...figures, isFirst: one.arm === arms[0], comparisons: compared[at] ?? [], sentence: '' };
  });
  const [first] = results;
  const ofFactors = sides.map((one, at) => factorResult(one, compared[named.length + at] ?? []));
  return {
    arms: results.map((arm) => ({ ...arm, sentence: first ? sentenceOf(arm, first) : '' })),
    factors: ofFactors,
    conclusion: conclude(factors, ofFactors, results, runs),
    isSettled: results.length === arms.length && results.every((arm) => arm.isFirst || isArmSettled(arm)),
  };
}

/** What an arm is asked for first: the slow-down where there is one, else throughput. */
function isArmSettled({ comparisons }: ArmResult): boolean {
  const about = comparisons.find(({ verdict }) => verdict !== 'absent');
  return about !== undefined && about.verdict !== 'unclear';
}
