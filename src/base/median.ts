/** For each share the value that so much of them is at most, by rank; NaN of none. */
export function quantilesOf(values: Iterable<number>, ...shares: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  return shares.map((share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN);
}

export function quantileOf(values: Iterable<number>, share: number): number {
  return quantilesOf(values, share)[0] ?? NaN;
}

/** Half of the values are at most this one of them; of an even number the larger of the two in the middle. NaN of none. */
export function medianOf(values: Iterable<number>): number {
  return quantileOf(values, 0.5);
}
