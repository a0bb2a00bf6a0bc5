// Fisher's exact test: of `of` recordings, as many have a property and as many are slow; how likely is it that at least so many are both, or as few,
// by accident? (Fisher, The Logic of Inductive Inference, J. R. Statist. Soc. 98, 1935.) Assumes recordings that are independent of each other.

import { logChoose } from './distributions.js';

export interface TwoByTwo {
  /** With the property and without, in each group. */
  readonly slowWith: number;
  readonly slowWithout: number;
  readonly fastWith: number;
  readonly fastWithout: number;
}

/** Tables that are as unlikely to this precision count as such. */
const ALIKE = 1e-7;

/** Two-sided: the chance of a table that is at most as likely as this one. */
export function exactTest({ slowWith, slowWithout, fastWith, fastWithout }: TwoByTwo): number {
  const slow = slowWith + slowWithout;
  const fast = fastWith + fastWithout;
  const having = slowWith + fastWith;
  const all = logChoose(slow + fast, having);
  const chance = (both: number) => Math.exp(logChoose(slow, both) + logChoose(fast, having - both) - all);
  const own = chance(slowWith) * (1 + ALIKE);
  let p = 0;
  for (let both = Math.max(0, having - fast); both <= Math.min(slow, having); both += 1) {
    const one = chance(both);
    if (one <= own) p += one;
  }
  return Math.min(1, p);
}
