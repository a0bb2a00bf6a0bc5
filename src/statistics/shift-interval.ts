// How far the values of two groups lie apart: the median of all differences (Hodges & Lehmann, Ann. Math. Statist. 34, 1963), and between which of those the
// true one lies, by Mann–Whitney's distribution (Moses; in Conover, Practical Nonparametric Statistics, 5.4). Of logarithms it is a ratio. Assumes
// independent values and two distributions of one shape; with few values no bound is told.

import { normalQuantile } from './distributions.js';

export interface Shift {
  readonly shift: number;
  /** Absent where so few values tell none. */
  readonly within?: readonly [low: number, high: number];
}

/** Groups up to this together are counted exactly. */
const EXACT_TO = 60;

/** By the sum of pairs that are above: in how many ways, without ties (Mann & Whitney, Ann. Math. Statist. 18, 1947). */
function waysOf(first: number, second: number): Float64Array {
  // Of each number of the first group's values, by how many of the second's lie below them.
  let ways: Float64Array[] = Array.from({ length: first + 1 }, () => Float64Array.of(1));
  for (let of = 1; of <= second; of += 1) {
    const next: Float64Array[] = [Float64Array.of(1)];
    for (let size = 1; size <= first; size += 1) {
      // The largest is of the second group, or of the first and above all of the second.
      const counts = new Float64Array(size * of + 1);
      (ways[size] ?? Float64Array.of(1)).forEach((count, pairs) => (counts[pairs] = (counts[pairs] ?? 0) + count));
      (next[size - 1] ?? Float64Array.of(1)).forEach(
        (count, pairs) => (counts[pairs + of] = (counts[pairs + of] ?? 0) + count),
      );
      next.push(counts);
    }
    ways = next;
  }
  return ways[first] ?? Float64Array.of(1);
}

/** The number of pairs, from 1, at which the interval begins; 0 for none. */
function rankAt(first: number, second: number, miss: number): number {
  const pairs = first * second;
  if (first + second > EXACT_TO) {
    const spread = Math.sqrt((pairs * (first + second + 1)) / 12);
    return Math.max(0, Math.floor(pairs / 2 - normalQuantile(1 - miss / 2) * spread));
  }
  const ways = waysOf(first, second);
  const all = ways.reduce((a, b) => a + b, 0);
  let below = 0;
  for (let at = 0; at < ways.length; at += 1) {
    below += (ways[at] ?? 0) / all;
    if (below > miss / 2) return at;
  }
  return 0;
}

/** First less second. The interval holds the true one in at least the share `sureness` of cases. */
export function shiftBetween(first: readonly number[], second: readonly number[], sureness: number): Shift | undefined {
  const differences = Float64Array.from(first.flatMap((one) => second.map((other) => one - other))).sort();
  const count = differences.length;
  if (count === 0) return undefined;
  const [middle = NaN, next = NaN] = [differences[Math.floor((count - 1) / 2)], differences[Math.floor(count / 2)]];
  const rank = rankAt(first.length, second.length, 1 - sureness);
  const shift = (middle + next) / 2;
  if (rank < 1) return { shift };
  return { shift, within: [differences[rank - 1] ?? NaN, differences[count - rank] ?? NaN] };
}
