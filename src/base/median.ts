/** Half of the values are at most this one of them; of an even number the larger of the two in the middle. NaN of none. */
export function medianOf(values: Iterable<number>): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[sorted.length >> 1] ?? NaN;
}
