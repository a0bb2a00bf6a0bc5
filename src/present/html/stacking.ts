// How lines share one scale: stacked on each other, or from zero to the largest. Both the drawing in the page and the script use it.

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

/** The top of a scale that begins at zero: a little over the largest value, so that its line is seen. */
export function topOver(largest: number): number {
  return largest > 0 ? largest * 1.05 : 1;
}
