// How the lines of a chart share one scale: stacked on each other, from zero to the largest, or over powers of ten. Both the drawing in the page
// and the script use it.

/** Each line on top of those before it; NaN only where nothing is known of any of them. */
export function stack(lines: readonly ArrayLike<number>[]): Float64Array[] {
  const top = new Float64Array(lines[0]?.length ?? 0).fill(NaN);
  return lines.map((values) => {
    for (let at = 0; at < top.length; at += 1) {
      const value = values[at] ?? NaN;
      const below = top[at] ?? NaN;
      if (!Number.isNaN(value)) top[at] = value + (Number.isNaN(below) ? 0 : below);
    }
    return top.slice();
  });
}

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly logarithmic: boolean;
}

/** A stack of shares is full at 100 %, give or take a bin's rounding. */
const FULL = 100;
const ROUNDING = 1.02;

/** The scale on which these lines, stacked already where they are to be, all show. */
export function scaleOf(
  lines: readonly ArrayLike<number>[],
  unit: string,
  stacked: boolean,
  logarithmic: boolean,
): Scale {
  let least = Infinity;
  let largest = 0;
  for (const line of lines)
    for (let at = 0; at < line.length; at += 1) {
      const value = line[at] ?? NaN;
      if (value > largest) largest = value;
      if (value > 0 && value < least) least = value;
    }
  if (logarithmic && largest > 0) {
    const low = 10 ** Math.floor(Math.log10(least));
    const high = 10 ** Math.ceil(Math.log10(largest * 1.01));
    return { low, high: Math.max(high, low * 10), logarithmic };
  }
  if (stacked && unit === '%' && largest <= FULL * ROUNDING) return { low: 0, high: FULL, logarithmic: false };
  // A little over the largest value, so that its line is seen.
  return { low: 0, high: largest > 0 ? largest * 1.05 : 1, logarithmic: false };
}

/** Where a value stands between the scale's ends, 0 to 1. */
export function heightOn({ low, high, logarithmic }: Scale, value: number): number {
  const height = logarithmic
    ? Math.log10(Math.max(value, low) / low) / Math.log10(high / low)
    : (value - low) / (high - low);
  return Math.min(1, Math.max(0, height));
}
