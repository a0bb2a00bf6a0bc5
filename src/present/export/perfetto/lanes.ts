// Stretches of time that overlap → lanes in which none does: slices of one track have to nest, and requests of a device don't. Tracks of
// one name under one parent are drawn as one by Perfetto's page.

/** Places of stretches in order of their beginnings. */
export function byBeginning(count: number, from: (index: number) => number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, index) => index).sort((a, b) => from(a) - from(b) || a - b);
}

/** Gives each stretch, asked for in order of beginnings, the first lane that is free then. */
export class Lanes {
  private readonly ends: number[] = [];

  take(from: number, to: number): number {
    let lane = 0;
    while ((this.ends[lane] ?? -Infinity) > from) lane += 1;
    this.ends[lane] = to;
    return lane;
  }
}
