// The runs of one arm and those of the first → what differs between them and how sure that is: the time until a slow-down, throughput and requests before it,
// and bursts. Tests rest on the order that was drawn; intervals tell how large a difference could still be, so that 'unchanged' is told only where they say
// so.

import { medianOf } from '../base/median.js';
import type { ArmComparison, RunOutcome } from '../model/experiment.js';
import { EXPERIMENT } from '../model/thresholds/experiment.js';
import { cliffsDelta } from '../statistics/rank-sum.js';
import { shiftBetween } from '../statistics/shift-interval.js';
import { logRankScores, restrictedMean, type Lifetime } from '../statistics/survival.js';
import { blockRanks, chanceWithinBlocks, type Drawn } from '../statistics/within-blocks.js';
import { studentQuantile } from '../statistics/distributions.js';

/** A run that was made. */
export interface Made {
  readonly number: number;
  readonly block: number;
  readonly arm: string;
  readonly outcome: RunOutcome;
}

/** What is compared, before all tests are weighed together. */
export type Tested = Omit<ArmComparison, 'falseDiscovery' | 'verdict'> & { readonly isAbsent: boolean };

export function lifetimeOf({ outcome }: Made): Lifetime {
  const { onsetSeconds, seconds } = outcome;
  return { time: onsetSeconds ?? seconds, happened: onsetSeconds !== null };
}

function burstCount({ outcome }: Made): number {
  return outcome.bursts.reduce((sum, { count }) => sum + count, 0);
}

/** By a minute of the run. */
export function burstRate(run: Made): number {
  return (burstCount(run) * 60) / run.outcome.seconds;
}

/** How far a group's curve goes, s: to its longest run where that was censored, and without end where it had come to 0 by then. */
function reachOf(lives: readonly Lifetime[]): number {
  const longest = Math.max(...lives.map(({ time }) => time));
  return lives.some(({ time, happened }) => time === longest && !happened) ? longest : Infinity;
}

/** How far the curves of all groups go, s; where none of them limits it, to the longest run of all. */
export function horizonOf(...groups: readonly (readonly Made[])[]): number {
  const lives = groups.map((runs) => runs.map(lifetimeOf));
  const least = Math.min(...lives.map(reachOf));
  return Number.isFinite(least) ? least : Math.max(...lives.flat().map(({ time }) => time));
}

/** Runs on the two sides of a comparison whose labels could have been exchanged within a block. */
export interface Stratum {
  readonly first: readonly Made[];
  readonly other: readonly Made[];
}

interface Pair extends Stratum {
  /** One where two arms are compared; of a thing that arms are crossed in one for each pair of arms. */
  readonly strata: readonly Stratum[];
  readonly drawn: readonly Drawn[];
}

function pairOf(strata: readonly Stratum[]): Pair {
  const drawn = (side: 'first' | 'other') =>
    strata.flatMap((stratum, at) =>
      stratum[side].map(({ block }) => ({ block: block * strata.length + at, isFirst: side === 'other' })),
    );
  return {
    strata,
    first: strata.flatMap(({ first }) => first),
    other: strata.flatMap(({ other }) => other),
    drawn: [...drawn('other'), ...drawn('first')],
  };
}

/**
 * The logarithm of the restricted means' ratio of one stratum, by the delta method; undefined where nothing happened in it, which tells of no ratio, or at
 * once.
 */
function logRatio(
  { first, other }: Stratum,
  until: number,
): { readonly value: number; readonly variance: number; readonly degrees: number } | undefined {
  const [ofOther, ofFirst] = [other.map(lifetimeOf), first.map(lifetimeOf)];
  if (![...ofOther, ...ofFirst].some(({ happened }) => happened)) return undefined;
  const [a, b] = [restrictedMean(ofOther, until), restrictedMean(ofFirst, until)];
  if (!(a.mean > 0 && b.mean > 0)) return undefined;
  return {
    value: Math.log(a.mean / b.mean),
    variance: a.variance / a.mean ** 2 + b.variance / b.mean ** 2,
    degrees: first.length + other.length - 2,
  };
}

/** The mean of the strata's; its interval with Student's t as the runs are few. */
function onsetRatio({ strata }: Pair, until: number): Pick<Tested, 'ratio' | 'within'> {
  const told = strata.flatMap((stratum) => logRatio(stratum, until) ?? []);
  if (told.length === 0) return { ratio: null, within: null };
  const ratio = Math.exp(told.reduce((sum, { value }) => sum + value, 0) / told.length);
  const error = Math.sqrt(told.reduce((sum, { variance }) => sum + variance, 0)) / told.length;
  const degrees = told.reduce((sum, one) => sum + one.degrees, 0);
  // Runs that all end alike leave no error to tell an interval by.
  if (degrees < 4 || error === 0) return { ratio, within: null };
  const reach = Math.exp(studentQuantile(degrees, (1 + EXPERIMENT.sureness) / 2) * error);
  return { ratio, within: [ratio / reach, ratio * reach] };
}

function onset(pair: Pair): Tested {
  const { first, other, drawn } = pair;
  const lives = [...other, ...first].map(lifetimeOf);
  const happened = lives.some((one) => one.happened);
  const [ofOther, ofFirst] = [lives.slice(0, other.length), lives.slice(other.length)];
  return {
    measure: 'onset',
    isAbsent: !happened,
    p: happened ? chanceWithinBlocks(drawn, logRankScores(lives)) : 1,
    ...(happened ? onsetRatio(pair, horizonOf(first, other)) : { ratio: null, within: null }),
    delta: cliffsDelta(
      ofOther.map(({ time }) => time),
      ofFirst.map(({ time }) => time),
    ),
  };
}

/**
 * Logarithms of a figure on both sides, each stratum's about its median, so that what strata differ by counts for nothing (Hodges & Lehmann, Ann. Math. Stat.
 * 33, 1962).
 */
function aligned(strata: readonly Stratum[], of: (run: Made) => number): { a: number[]; b: number[] } {
  const log = (run: Made) => Math.log(Math.max(of(run), Number.MIN_VALUE));
  const [a, b]: [number[], number[]] = [[], []];
  for (const { first, other } of strata) {
    const middle = strata.length === 1 ? 0 : medianOf([...first, ...other].map(log));
    a.push(...other.map((run) => log(run) - middle));
    b.push(...first.map((run) => log(run) - middle));
  }
  return { a, b };
}

/** A figure above 0 of each run. */
function level(
  measure: 'throughput' | 'iops' | 'bursts',
  { strata, first, other, drawn }: Pair,
  of: (run: Made) => number,
): Tested {
  const [a, b] = [other.map(of), first.map(of)];
  const isAbsent = [...a, ...b].every((value) => !(value > 0));
  const sides = aligned(strata, of);
  const shift = isAbsent ? undefined : shiftBetween(sides.a, sides.b, EXPERIMENT.sureness);
  const ratio = shift && Math.exp(shift.shift);
  const within: [number, number] | null = shift?.within ? [Math.exp(shift.within[0]), Math.exp(shift.within[1])] : null;
  return {
    measure,
    isAbsent,
    p: isAbsent ? 1 : chanceWithinBlocks(drawn, blockRanks(drawn, [...a, ...b])),
    ratio: ratio !== undefined && Number.isFinite(ratio) ? ratio : null,
    within: within?.every(Number.isFinite) === true ? within : null,
    delta: cliffsDelta(a, b),
  };
}

const medianSeconds = (runs: readonly Made[]): number => medianOf(runs.map(({ outcome }) => outcome.seconds));

/** Whether both arms' runs are long enough for their rates: of a short run with few bursts a rate is a step of a coarse scale, and 0 as often as not. */
function isExposureAlike({ first, other }: Pair): boolean {
  const [shorter, longer] = [first, other].sort((a, b) => medianSeconds(a) - medianSeconds(b));
  if (!shorter || !longer) return false;
  const { times, bursts: fewest } = EXPERIMENT.exposure;
  return medianSeconds(longer) <= times * medianSeconds(shorter) || medianOf(shorter.map(burstCount)) >= fewest;
}

/**
 * Half a burst in a run of the usual length is added to each rate, so that one of 0 has a logarithm: the same to all, as a share of each run would make short
 * ones burstier.
 */
function bursts(pair: Pair): Tested {
  const all = [...pair.first, ...pair.other];
  const added = 30 / medianSeconds(all);
  const tested = level('bursts', pair, (run) => burstRate(run) + added);
  const isAbsent = all.every((run) => burstRate(run) === 0);
  return !isAbsent && isExposureAlike(pair) ? tested : { ...tested, isAbsent, p: 1, ratio: null, within: null };
}

/** All measures that both sides have. */
export function compareSides(strata: readonly Stratum[]): Tested[] {
  const pair = pairOf(strata.filter(({ first, other }) => first.length > 0 && other.length > 0));
  const { first, other } = pair;
  if (first.length === 0) return [];
  const hasIops = [...first, ...other].every(({ outcome }) => outcome.iops !== null);
  return [
    onset(pair),
    level('throughput', pair, ({ outcome }) => outcome.rate.mean),
    ...(hasIops ? [level('iops', pair, ({ outcome }) => outcome.iops?.mean ?? 0)] : []),
    bursts(pair),
  ];
}
