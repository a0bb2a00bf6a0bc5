// The order of some of many values while they come one after the other: the median of what has come, and how much of it is at most a limit,
// each in the logarithm of their number. A tree of partial counts over the ranks (Fenwick, A new data structure for cumulative frequency
// tables, Software: Practice and Experience 24, 1994).

export class Ranks {
  private readonly sorted: Float64Array;
  private readonly counts: Uint32Array;
  private taken = 0;

  /** `values`: all that may ever come; none is NaN. */
  constructor(values: Iterable<number>) {
    this.sorted = Float64Array.from(values).sort();
    this.counts = new Uint32Array(this.sorted.length + 1);
  }

  /** How many of all values are at most this. */
  private rankOf(value: number): number {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.sorted[middle] ?? Infinity) <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A value comes. */
  add(value: number): void {
    this.taken += 1;
    for (let at = this.rankOf(value); at < this.counts.length; at += at & -at)
      this.counts[at] = (this.counts[at] ?? 0) + 1;
  }

  /** The upper median of what has come; NaN before that. */
  median(): number {
    if (this.taken === 0) return NaN;
    let left = Math.floor(this.taken / 2) + 1;
    let at = 0;
    for (let step = 2 ** Math.floor(Math.log2(this.counts.length)); step > 0; step /= 2) {
      const count = this.counts[at + step] ?? Infinity;
      if (count >= left) continue;
      at += step;
      left -= count;
    }
    return this.sorted[at] ?? NaN;
  }

  /** How many of what has not come yet are above a limit. */
  yetAbove(limit: number): number {
    const rank = this.rankOf(limit);
    let come = 0;
    for (let at = rank; at > 0; at -= at & -at) come += this.counts[at] ?? 0;
    return this.sorted.length - rank - (this.taken - come);
  }
}
