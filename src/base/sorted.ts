// Searching in sorted columns of numbers.

/** The index of the last of the first `count` values that is at most `value`; -1 where none is. */
export function greatestNotAbove(values: ArrayLike<number>, value: number, count = values.length): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? Infinity) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Whether a sorted column has a value from `least` to `most`. */
export function hasWithin(values: ArrayLike<number>, least: number, most: number): boolean {
  return (values[greatestNotAbove(values, most)] ?? -Infinity) >= least;
}
