// The interval that holds the median of what values are drawn from, by their order alone: between two of them that are as far from the middle as
// coin tosses may go (Conover, Practical Nonparametric Statistics, 3.2). Of autocorrelated values it takes how many they are worth.

import { logChoose } from './distributions.js';

/** The rank, from 1, below which the median of `n` lies with at most half of `miss`; 0 where so few values tell no bound. */
function lowRank(n: number, miss: number): number {
  let below = 0;
  for (let k = 0; k < n; k += 1) {
    below += Math.exp(logChoose(n, k) - n * Math.LN2);
    if (below > miss / 2) return k;
  }
  return 0;
}

/** Bounds that hold the median in at least this share of cases; undefined where the values are worth too little for that. `worth`: independent values. */
export function medianInterval(
  values: Float64Array,
  sureness: number,
  worth = values.length,
): readonly [low: number, high: number] | undefined {
  const n = Math.floor(Math.min(worth, values.length));
  const rank = lowRank(n, 1 - sureness);
  if (rank < 1) return undefined;
  const sorted = values.toSorted();
  // The same share of all values as of those that they are worth.
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.max(0, share))] ?? NaN;
  const step = values.length / n;
  return [at(Math.floor((rank - 1) * step)), at(Math.ceil((n - rank + 1) * step) - 1)];
}
