// The arms of a plan → the order of its runs: blocks in which each arm is run equally often, and within a block an order that is drawn from the seed.
// Whatever drifts over days meets all arms alike, and the order that was drawn is what the tests rest on (statistics/within-blocks.ts).

import { generator } from '../base/random.js';

export interface Planned {
  /** From 1. */
  readonly number: number;
  readonly block: number;
  readonly arm: string;
}

/** More runs of an arm than this in one block add little to how sure it can be, and much to how long it takes until something is learnt. */
const MOST_IN_BLOCK = 6;
/** Where it is looked after each block whether it may end. */
const IN_SEQUENCE = 3;

/** Runs of each arm in a block, where the plan does not say. */
export function usualBlock(repeats: number, isSequential: boolean): number {
  const most = isSequential ? IN_SEQUENCE : MOST_IN_BLOCK;
  return Math.ceil(repeats / Math.ceil(repeats / most));
}

/** The last block may have fewer runs of each arm. */
export function drawOrder(arms: readonly string[], repeats: number, perBlock: number, seed: number): Planned[] {
  const random = generator(seed);
  const planned: Planned[] = [];
  for (let block = 1, left = repeats; left > 0; block += 1, left -= perBlock) {
    const order = Array.from({ length: Math.min(left, perBlock) }, () => arms).flat();
    // Fisher and Yates.
    for (let at = order.length - 1; at > 0; at -= 1) {
      const other = Math.floor(random() * (at + 1));
      [order[at], order[other]] = [order[other] ?? '', order[at] ?? ''];
    }
    for (const arm of order) planned.push({ number: planned.length + 1, block, arm });
  }
  return planned;
}

/** The share of the whole error that may be spent at the look after a block: late looks, which know most, have most of it. All looks together spend it once. */
export function shareOfLook(block: number, blocks: number): number {
  return (6 * block ** 2) / (blocks * (blocks + 1) * (2 * blocks + 1));
}
