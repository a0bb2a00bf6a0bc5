// Do two groups of runs differ, where which run is of which group was drawn by chance within blocks? Then every other division that could have been drawn is
// as likely, and p is the share of those that set the groups as far apart: exact whatever the runs follow, a drift or a daily cycle among it, as the chance
// lies in the order that was drawn and not in what was measured (Fisher, The Design of Experiments, 1935; Rosenbaum, Observational Studies, 2.4; draws as in
// Phipson & Smyth, Stat. Appl. Genet. Mol. Biol. 9, 2010). What sets them apart is the sum of scores: ranks within the block for a measure, log-rank scores
// for times.

import { generator } from '../base/random.js';
import { logChoose } from './distributions.js';

/** A run: which block it was drawn in, and whether it is of the first group. */
export interface Drawn {
  readonly block: number;
  readonly isFirst: boolean;
}

/** All divisions are counted up to so many; of more this many are drawn. */
const COUNTED = 20_000;
const DRAWS = 9_999;
/** Sums that differ by less are the same. */
const ALIKE = 1e-9;

interface Block {
  readonly scores: readonly number[];
  readonly size: number;
}

function blocksOf(runs: readonly Drawn[], scores: readonly number[]): Block[] {
  const blocks = new Map<number, { scores: number[]; size: number }>();
  runs.forEach(({ block, isFirst }, at) => {
    const own = blocks.get(block) ?? { scores: [], size: 0 };
    own.scores.push(scores[at] ?? 0);
    if (isFirst) own.size += 1;
    blocks.set(block, own);
  });
  return [...blocks.values()];
}

/** The sums of every choice of `size` scores. */
function sumsOf({ scores, size }: Block): number[] {
  let sums = new Map<number, number[]>([[0, [0]]]);
  scores.forEach((score) => {
    const more = new Map<number, number[]>();
    for (const [taken, list] of sums) {
      more.set(taken, [...(more.get(taken) ?? []), ...list]);
      if (taken < size) more.set(taken + 1, [...(more.get(taken + 1) ?? []), ...list.map((sum) => sum + score)]);
    }
    sums = more;
  });
  return sums.get(size) ?? [];
}

function counted(blocks: readonly Block[], own: number): number {
  let sums = [0];
  for (const block of blocks) {
    const each = sumsOf(block);
    sums = sums.flatMap((sum) => each.map((one) => sum + one));
  }
  return sums.filter((sum) => Math.abs(sum) >= own).length / sums.length;
}

function drawn(blocks: readonly Block[], own: number, seed: number): number {
  const random = generator(seed);
  const orders = blocks.map(({ scores }) => [...scores]);
  let beyond = 0;
  for (let turn = 0; turn < DRAWS; turn += 1) {
    let sum = 0;
    blocks.forEach(({ size }, block) => {
      const order = orders[block] ?? [];
      for (let at = 0; at < size; at += 1) {
        const other = at + Math.floor(random() * (order.length - at));
        const moved = order[at] ?? 0;
        order[at] = order[other] ?? 0;
        order[other] = moved;
        sum += order[at] ?? 0;
      }
    });
    if (Math.abs(sum) >= own) beyond += 1;
  }
  return (beyond + 1) / (DRAWS + 1);
}

/** ln of the number of ways in which the runs of these blocks could have been divided. */
function logDivisions(blocks: readonly { readonly first: number; readonly second: number }[]): number {
  return blocks.reduce((sum, { first, second }) => sum + logChoose(first + second, first), 0);
}

/** Two-sided p of the first group's sum of scores; 1 where nothing could have been drawn otherwise. `seed`: of the draws. */
export function chanceWithinBlocks(runs: readonly Drawn[], scores: readonly number[], seed = 1): number {
  // Each block's scores about their mean: what the first group's sum is expected to be is then 0.
  const blocks = blocksOf(runs, scores).map(({ scores: list, size }): Block => {
    const mean = list.reduce((a, b) => a + b, 0) / list.length;
    return { scores: list.map((score) => score - mean), size };
  });
  const means = new Map<number, { sum: number; count: number }>();
  runs.forEach(({ block }, at) => {
    const own = means.get(block) ?? { sum: 0, count: 0 };
    means.set(block, { sum: own.sum + (scores[at] ?? 0), count: own.count + 1 });
  });
  const own = runs.reduce((sum, { block, isFirst }, at) => {
    const { sum: all, count } = means.get(block) ?? { sum: 0, count: 1 };
    return isFirst ? sum + (scores[at] ?? 0) - all / count : sum;
  }, 0);
  const far = Math.abs(own) - ALIKE;
  const sizes = blocks.map(({ scores: list, size }) => ({ first: size, second: list.length - size }));
  return logDivisions(sizes) <= Math.log(COUNTED) ? counted(blocks, far) : drawn(blocks, far, seed);
}

/** The smallest p that a plan can lead to: 2 of all divisions, or 1 where blocks are lopsided. Blocks hold so many runs of either group. */
export function leastChance(blocks: readonly { readonly first: number; readonly second: number }[]): number {
  return Math.min(1, 2 * Math.exp(-logDivisions(blocks)));
}

/**
 * Ranks within each block, so that what one block differs from another by counts for nothing; ties get their mean (van Elteren, Bull. Int. Stat. Inst. 37,
 * 1960).
 */
export function blockRanks(runs: readonly Drawn[], values: readonly number[]): number[] {
  return values.map((value, at) => {
    const { block } = runs[at] ?? { block: NaN };
    let [below, alike, size] = [0, 0, 0];
    values.forEach((other, place) => {
      if (runs[place]?.block !== block) return;
      size += 1;
      if (other < value) below += 1;
      else if (other === value) alike += 1;
    });
    return (below + (alike + 1) / 2) / (size + 1);
  });
}
