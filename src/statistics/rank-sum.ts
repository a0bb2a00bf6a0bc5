// Mann–Whitney's test of two groups of independent values, and Cliff's delta as the size of the effect. Ties get their mean rank. Small groups are
// tested exactly, by counting every way to divide the ranks at hand (Mann & Whitney, Ann. Math. Statist. 18, 1947; ties as in Streitberg & Röhmel,
// Statistical Software Newsletter 12, 1986), large ones by the normal distribution with the variance that ties leave (Lehmann, Nonparametrics, 1.4).
// Delta is P(x > y) − P(x < y) (Cliff, Psychological Bulletin 114, 1993).

import { normalTails } from './distributions.js';

export interface RankSum {
  /** Two-sided; 1 where a group is empty. */
  readonly p: number;
  /** −1 where every value of the first group is below all of the second, 1 where it is above. */
  readonly delta: number;
}

/** Groups up to this together are tested exactly: the counting takes their third power. */
const EXACT_TO = 60;

/** Twice the mean rank of each value, first group first: whole numbers. */
function doubledRanks(all: readonly number[]): Int32Array {
  const order = all.map((_, index) => index).sort((a, b) => (all[a] ?? 0) - (all[b] ?? 0));
  const ranks = new Int32Array(all.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && all[order[to] ?? 0] === all[order[from] ?? 0]) to += 1;
    for (let at = from; at < to; at += 1) ranks[order[at] ?? 0] = from + to + 1;
    from = to;
  }
  return ranks;
}

/** By the number of ranks chosen and their sum: in how many ways. */
function exactTails(ranks: Int32Array, size: number, sum: number): number {
  const most = ranks.reduce((a, b) => a + b, 0);
  const ways = Array.from({ length: size + 1 }, () => new Float64Array(most + 1));
  const [none] = ways;
  if (none) none[0] = 1;
  ranks.forEach((rank, taken) => {
    for (let chosen = Math.min(size, taken + 1); chosen >= 1; chosen -= 1) {
      const [into, from] = [ways[chosen], ways[chosen - 1]];
      if (!into || !from) continue;
      for (let at = most; at >= rank; at -= 1) into[at] = (into[at] ?? 0) + (from[at - rank] ?? 0);
    }
  });
  const counts = ways[size] ?? new Float64Array(0);
  const expected = (size * most) / ranks.length;
  const away = Math.abs(sum - expected) - 1e-9;
  let [all, beyond] = [0, 0];
  counts.forEach((count, at) => {
    all += count;
    if (Math.abs(at - expected) >= away) beyond += count;
  });
  return beyond / all;
}

function normalTail(ranks: Int32Array, size: number, sum: number): number {
  const n = ranks.length;
  const mean = ranks.reduce((a, b) => a + b, 0) / n;
  const spread = ranks.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1);
  const variance = (spread * size * (n - size)) / n;
  // Doubled ranks have sums two apart at least: half of that is the correction for continuity.
  return variance > 0 ? normalTails(Math.max(0, Math.abs(sum - size * mean) - 1) / Math.sqrt(variance)) : 1;
}

/** Delta from the sum of the first group's doubled ranks. */
function deltaOf(sum: number, first: number, second: number): number {
  const above = sum / 2 - (first * (first + 1)) / 2;
  return (2 * above) / (first * second) - 1;
}

function sumOfFirst(ranks: Int32Array, first: number): number {
  return ranks.subarray(0, first).reduce((a, b) => a + b, 0);
}

/** Cliff's delta alone, without a test; 0 where a group is empty. */
export function cliffsDelta(first: readonly number[], second: readonly number[]): number {
  if (first.length === 0 || second.length === 0) return 0;
  return deltaOf(sumOfFirst(doubledRanks([...first, ...second]), first.length), first.length, second.length);
}

export function rankSum(first: readonly number[], second: readonly number[]): RankSum {
  if (first.length === 0 || second.length === 0) return { p: 1, delta: 0 };
  const ranks = doubledRanks([...first, ...second]);
  const sum = sumOfFirst(ranks, first.length);
  const tail = ranks.length <= EXACT_TO ? exactTails : normalTail;
  return { p: tail(ranks, first.length, sum), delta: deltaOf(sum, first.length, second.length) };
}
