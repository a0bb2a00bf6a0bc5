// What a series may do without a change: a level, a trend, the cycles of a day. Orthonormal vectors over its points, against which it is laid, so that what
// remains is what they don't explain (least squares by Gram and Schmidt's way, twice for the sake of rounding).

/** Whole days and halves of them that a series spans, as numbers of cycles; less than this of one is a trend. */
const LEAST_CYCLE = 0.7;

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

/** Takes out of a series what the vectors explain, in place. */
export function residue(series: Float64Array, basis: readonly Float64Array[]): Float64Array {
  for (const vector of basis) {
    const part = dot(series, vector);
    for (let at = 0; at < series.length; at += 1) series[at] = (series[at] ?? 0) - part * (vector[at] ?? 0);
  }
  return series;
}

/** A basis of level, trend and cycles over `points`; `cycles`: how many of each cycle the points span. */
export function smoothBasis(points: number, cycles: readonly number[]): Float64Array[] {
  const shapes: ((x: number) => number)[] = [() => 1, (x) => x - 0.5];
  for (const turns of cycles) {
    if (turns < LEAST_CYCLE) continue;
    shapes.push(
      (x) => Math.sin(2 * Math.PI * turns * x),
      (x) => Math.cos(2 * Math.PI * turns * x),
    );
  }
  const basis: Float64Array[] = [];
  for (const shape of shapes) {
    const vector = Float64Array.from({ length: points }, (_, at) => shape(at / Math.max(1, points - 1)));
    residue(residue(vector, basis), basis);
    const size = Math.sqrt(dot(vector, vector));
    if (size > 1e-6) basis.push(vector.map((one) => one / size));
  }
  return basis;
}
