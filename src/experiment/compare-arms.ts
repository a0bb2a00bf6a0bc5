// The runs of one arm and those of the first → what differs between them and how sure that is: the time until a slow-down, throughput and requests before it, and bursts. Tests rest on
// the order that was drawn; intervals tell how large a difference could still be, so that 'unchanged' is told only where they say so.

import { medianOf } from '../base/median.js';
import type { ArmComparison, RunOutcome } from '../model/experiment.js';
import { EXPERIMENT } from '../model/thresholds/experiment.js';
import { rankSum } from '../statistics/rank-sum.js';
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

interface Pair {
  readonly first: readonly Made[];
  readonly other: readonly Made[];
  readonly drawn: readonly Drawn[];
}

function pairOf(first: readonly Made[], other: readonly Made[]): Pair {
  const drawn = [
    ...other.map(({ block }) => ({ block, isFirst: true })),
    ...first.map(({ block }) => ({ block, isFirst: false })),
  ];
  return { first, other, drawn };
}

/** The restricted means' ratio; its interval by the delta method, with Student's t as the runs are few. */
function onsetRatio(
  first: readonly Lifetime[],
  other: readonly Lifetime[],
  until: number,
): Pick<Tested, 'ratio' | 'within'> {
  const [a, b] = [restrictedMean(other, until), restrictedMean(first, until)];
  if (!(a.mean > 0 && b.mean > 0)) return { ratio: null, within: null };
  const ratio = a.mean / b.mean;
  const error = Math.sqrt(a.variance / a.mean ** 2 + b.variance / b.mean ** 2);
  const degrees = first.length + other.length - 2;
  // Runs that all end alike leave no error to tell an interval by.
  if (degrees < 4 || error === 0) return { ratio, within: null };
  const reach = Math.exp(studentQuantile(degrees, (1 + EXPERIMENT.sureness) / 2) * error);
  return { ratio, within: [ratio / reach, ratio * reach] };
}

function onset({ first, other, drawn }: Pair): Tested {
  const lives = [...other, ...first].map(lifetimeOf);
  const happened = lives.some((one) => one.happened);
  const [ofOther, ofFirst] = [lives.slice(0, other.length), lives.slice(other.length)];
  return {
    measure: 'onset',
    isAbsent: !happened,
    p: happened ? chanceWithinBlocks(drawn, logRankScores(lives)) : 1,
    ...(happened ? onsetRatio(ofFirst, ofOther, horizonOf(first, other)) : { ratio: null, within: null }),
    delta: rankSum(
      ofOther.map(({ time }) => time),
      ofFirst.map(({ time }) => time),
    ).delta,
  };
}

/** A figure above 0 of each run. */
function level(
  measure: 'throughput' | 'iops' | 'bursts',
  { first, other, drawn }: Pair,
  of: (run: Made) => number,
): Tested {
  const [a, b] = [other.map(of), first.map(of)];
  const isAbsent = [...a, ...b].every((value) => !(value > 0));
  const logs = (values: readonly number[]) => values.map((value) => Math.log(Math.max(value, Number.MIN_VALUE)));
  const shift = isAbsent ? undefined : shiftBetween(logs(a), logs(b), EXPERIMENT.sureness);
  const ratio = shift && Math.exp(shift.shift);
  const within: [number, number] | null = shift?.within ? [Math.exp(shift.within[0]), Math.exp(shift.within[1])] : null;
  return {
    measure,
    isAbsent,
    p: isAbsent ? 1 : chanceWithinBlocks(drawn, blockRanks(drawn, [...a, ...b])),
    ratio: ratio !== undefined && Number.isFinite(ratio) ? ratio : null,
    within: within?.every(Number.isFinite) === true ? within : null,
    delta: rankSum(a, b).delta,
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

/** Half a burst in a run of the usual length is added to each rate, so that one of 0 has a logarithm: the same to all, as a share of each run would make short ones burstier. */
function bursts(pair: Pair): Tested {
  const all = [...pair.first, ...pair.other];
  const added = 30 / medianSeconds(all);
  const tested = level('bursts', pair, (run) => burstRate(run) + added);
  const isAbsent = all.every((run) => burstRate(run) === 0);
  return !isAbsent && isExposureAlike(pair) ? tested : { ...tested, isAbsent, p: 1, ratio: null, within: null };
}

/** All measures that both have. */
export function compareArm(first: readonly Made[], other: readonly Made[]): Tested[] {
  if (first.length === 0 || other.length === 0) return [];
  const pair = pairOf(first, other);
  const hasIops = [...first, ...other].every(({ outcome }) => outcome.iops !== null);
  return [
    onset(pair),
    level('throughput', pair, ({ outcome }) => outcome.rate.mean),
    ...(hasIops ? [level('iops', pair, ({ outcome }) => outcome.iops?.mean ?? 0)] : []),
    bursts(pair),
  ];
}
