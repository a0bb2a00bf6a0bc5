// Whether things that begin at certain times return at a fixed interval, and how sure that is. In: their beginnings. Out: the mean distance with
// its uncertainty, and how often beginnings at random would be as regular. A file of its own, because bursts of a recording and bursts that are
// seen live are both judged by it.

import { BURSTS, LIVE_BURSTS } from '../../model/thresholds/requests.js';

export interface Period {
  /** The mean distance, in the unit of the beginnings. */
  readonly period: number;
  /** Half of the interval in which the true one lies in 95 of 100 cases, by Student's t of the distances. */
  readonly uncertainty: number;
  /** 1 − coefficient of variation of the distances. */
  readonly regularity: number;
  /** The chance that as many beginnings at random (a Poisson process) are as regular. */
  readonly chance: number;
  /** How many distances tell it. */
  readonly distances: number;
}

/** Student's t at 97.5 % by degrees of freedom from 1; 1.96 for more. Source: any table of the distribution. */
const STUDENT = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12];

/**
 * How often `count` distances of a Poisson process vary no more than this coefficient of variation says. Such distances, as parts of their sum,
 * are spread evenly over the simplex whose corners are the unit vectors; those that vary so little lie in a ball around its middle, so the chance
 * is one volume over the other: k! V(k) r^k / √n with k = n − 1 and r = v / √n. Exact while the ball lies inside the simplex, v ≤ 1 / √k, and
 * beyond it an upper bound.
 */
export function chanceOfRegular(count: number, variation: number): number {
  const dimensions = count - 1;
  const radius = variation / Math.sqrt(count);
  let term = dimensions % 2 === 0 ? 1 : 2 * radius;
  for (let k = (dimensions % 2) + 2; k <= dimensions; k += 2) term *= 2 * Math.PI * (k - 1) * radius ** 2;
  return Math.min(1, term / Math.sqrt(count));
}

/** The standard deviation of the distance of two numbers that were rounded down: √(2 / 12). */
const ROUNDING = Math.sqrt(1 / 6);

/** Undefined where they are too few to tell, too irregular, or as regular as those at random often are. `starts` ascend, in whole units. */
export function periodOf(starts: readonly number[], mostChance: number): Period | undefined {
  const distances = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
  const count = distances.length;
  if (count < BURSTS.leastDistances) return undefined;
  const mean = distances.reduce((a, b) => a + b, 0) / count;
  const squares = distances.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  const variation = Math.sqrt(squares / count) / mean;
  // Two beginnings, each somewhere in its unit: their distance is that far off by itself, however regular they are.
  const chance = chanceOfRegular(count, Math.max(variation, ROUNDING / mean));
  if (!(1 - variation >= BURSTS.leastRegular) || chance > mostChance) return undefined;
  const error = Math.sqrt(squares / (count - 1) / count);
  return {
    period: mean,
    uncertainty: Math.max((STUDENT[count - 2] ?? 1.96) * error, 1 / count),
    regularity: 1 - variation,
    chance,
    distances: count,
  };
}

/**
 * The same of the latest beginnings while more of them come, as many as are most clearly regular: what happened once, or was another way before,
 * does not hide a period for ever. Each number of them is a try, so the chance is theirs together.
 */
export function latestPeriod(starts: readonly number[]): Period | undefined {
  const { leastDistances, mostDistances, mostChance } = LIVE_BURSTS;
  const latest = starts.slice(-(mostDistances + 1));
  const tries = latest.length - leastDistances;
  let best: Period | undefined;
  for (let from = 0; from < tries; from += 1) {
    const found = periodOf(latest.slice(from), mostChance / tries);
    if (found && found.chance * tries < (best?.chance ?? Infinity)) best = { ...found, chance: found.chance * tries };
  }
  return best;
}
