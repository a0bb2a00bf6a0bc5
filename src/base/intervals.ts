// Sets of time intervals: unions, overlaps and shares. Times in ms; all sets are sorted and disjoint after `union`.

export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** The union of intervals, sorted and disjoint; empty ones are dropped. */
export function union(intervals: readonly Interval[]): Interval[] {
  const joined: { from: number; to: number }[] = [];
  let last: { from: number; to: number } | undefined;
  for (const { from, to } of inOrder(intervals)) {
    if (!(to > from)) continue;
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else joined.push((last = { from, to }));
  }
  return joined;
}

/** By their beginning. A thread's life and a disk's completions come in that order already, and there are millions of them. */
function inOrder(intervals: readonly Interval[]): readonly Interval[] {
  for (let index = 1; index < intervals.length; index += 1) {
    if ((intervals[index]?.from ?? 0) < (intervals[index - 1]?.from ?? 0))
      return intervals.toSorted((a, b) => a.from - b.from);
  }
  return intervals;
}

/** The intersection of two disjoint sorted sets. */
export function intersect(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const found: Interval[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const one = a[i];
    const other = b[j];
    if (!one || !other) break;
    const from = Math.max(one.from, other.from);
    const to = Math.min(one.to, other.to);
    if (to > from) found.push({ from, to });
    if (one.to < other.to) i += 1;
    else j += 1;
  }
  return found;
}

/** Total length, ms. */
export function total(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, one) => sum + one.to - one.from, 0);
}

/** What of `whole` is not in `part`; both disjoint and sorted. */
export function without(whole: readonly Interval[], part: readonly Interval[]): Interval[] {
  const found: Interval[] = [];
  let j = 0;
  for (const one of whole) {
    let from = one.from;
    while (j < part.length && (part[j]?.to ?? Infinity) <= from) j += 1;
    for (let k = j; k < part.length; k += 1) {
      const cut = part[k];
      if (!cut || cut.from >= one.to) break;
      if (cut.from > from) found.push({ from, to: cut.from });
      from = Math.max(from, cut.to);
    }
    if (from < one.to) found.push({ from, to: one.to });
  }
  return found;
}

/** Index of the first interval of a sorted disjoint set that ends after `t`; the set's length where none does. */
export function firstEndingAfter(set: readonly Interval[], t: number): number {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((set[middle]?.to ?? Infinity) <= t) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How much of a stretch of time a sorted disjoint set covers. */
export function coveredMs(set: readonly Interval[], from: number, to: number): number {
  let ms = 0;
  for (let index = firstEndingAfter(set, from); (set[index]?.from ?? Infinity) < to; index += 1) {
    const one = set[index];
    if (one) ms += Math.min(one.to, to) - Math.max(one.from, from);
  }
  return ms;
}

/** Adds the length of each interval to the bins of width `binMs` that it covers. */
export function addToBins(bins: Float64Array, binMs: number, from: number, to: number, weight = 1): void {
  if (!(to > from)) return;
  const first = Math.max(0, Math.floor(from / binMs));
  const last = Math.min(bins.length - 1, Math.floor(to / binMs));
  for (let bin = first; bin <= last; bin += 1) {
    const overlap = Math.min(to, (bin + 1) * binMs) - Math.max(from, bin * binMs);
    if (overlap > 0) bins[bin] = (bins[bin] ?? 0) + overlap * weight;
  }
}
