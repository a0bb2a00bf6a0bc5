// Do so many moments lie so near to each other by accident? The scan statistic, bounded as simply as it goes: k given moments of a time, each anywhere in it, all lie within a
// part w of it with a chance of k·w^(k−1) − (k−1)·w^k (David & Nagaraja, Order Statistics, 2003, section 2.3, the range), and there are n over k choices of them (Bonferroni).
// Assumes moments that come independently and evenly; what is above 1 says nothing.

import { logChoose } from './distributions.js';

/** The chance of `k` or more of `n` moments within the part `within` of the time, at most; 1 where they would be there anyway. */
export function clusterChance(n: number, k: number, within: number): number {
  if (k < 2 || within >= 1) return 1;
  return Math.min(1, Math.exp(logChoose(n, k) + Math.log(k) + (k - 1) * Math.log(within)));
}
