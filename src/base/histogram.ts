// A log-linear histogram: 64 buckets an octave, so a quantile is off by at most 1/64 = 1.6 % of its value, at a few ns a record.
// The layout is HdrHistogram's idea (Gil Tene, hdrhistogram.org) reduced to what latencies need: unsigned integers below 2^53.
// An octave takes memory once a value falls into it, so that thousands of histograms can stand beside each other.

const SUB_BITS = 6;
const SUB = 1 << SUB_BITS;
/** The first holds all values below SUB, each later one twice the range of the one before. */
const OCTAVES = 53 - SUB_BITS + 1;

function octaveOf(value: number): number {
  if (value < SUB) return 0;
  if (value < 2 ** 31) return 32 - SUB_BITS - Math.clz32(value);
  let exponent = Math.floor(Math.log2(value));
  // Math.log2 may round up just below a power of two.
  if (2 ** exponent > value) exponent -= 1;
  return exponent - SUB_BITS + 1;
}

/** The width of each octave's buckets; a table, because a power takes longer than all the rest of a record. */
const WIDTHS = Float64Array.from({ length: OCTAVES }, (_, octave) => 2 ** Math.max(0, octave - 1));

function widthOf(octave: number): number {
  return WIDTHS[octave] ?? 1;
}

function indexIn(octave: number, whole: number): number {
  return octave === 0 ? whole : Math.floor(whole / widthOf(octave)) - SUB;
}

/** How many buckets there are, and which one a value falls into: for counts that lie in memory of the caller's. */
export const CELLS = OCTAVES * SUB;

export function cellOf(value: number): number {
  const whole = value > 0 ? Math.floor(value) : 0;
  const octave = octaveOf(whole);
  return octave * SUB + indexIn(octave, whole);
}

function lowerEdge(octave: number, index: number): number {
  return octave === 0 ? index : (SUB + index) * widthOf(octave);
}

/** Counts of non-negative integers (ns or µs: the caller's unit), with count, sum, minimum and maximum kept exactly. */
export class Histogram {
  private readonly octaves: (Float64Array | undefined)[] = [];
  count = 0;
  sum = 0;
  min = Infinity;
  max = 0;

  /** `times`: as often as that. */
  record(value: number, times = 1): void {
    const whole = value > 0 ? Math.floor(value) : 0;
    const octave = octaveOf(whole);
    const counts = this.octaves[octave] ?? this.addOctave(octave);
    const index = indexIn(octave, whole);
    counts[index] = (counts[index] ?? 0) + times;
    this.count += times;
    this.sum += whole * times;
    if (whole < this.min) this.min = whole;
    if (whole > this.max) this.max = whole;
  }

  private addOctave(octave: number): Float64Array {
    while (this.octaves.length <= octave) this.octaves.push(undefined);
    return (this.octaves[octave] = new Float64Array(SUB));
  }

  /** Adds counts by `cellOf`, of which the sum, the least and the largest are known exactly. */
  addCells(
    cells: Float64Array,
    { sum, min, max }: { readonly sum: number; readonly min: number; readonly max: number },
  ): void {
    for (let octave = 0; octave < OCTAVES; octave += 1) {
      const from = cells.subarray(octave * SUB, (octave + 1) * SUB);
      if (from.every((count) => count === 0)) continue;
      const to = this.octaves[octave] ?? this.addOctave(octave);
      for (const [index, count] of from.entries()) {
        to[index] = (to[index] ?? 0) + count;
        this.count += count;
      }
    }
    this.sum += sum;
    this.min = Math.min(this.min, min);
    this.max = Math.max(this.max, max);
  }

  /** Adds all records of another histogram. */
  add(other: Histogram): void {
    other.octaves.forEach((from, octave) => {
      if (!from) return;
      const to = this.octaves[octave] ?? this.addOctave(octave);
      for (let index = 0; index < SUB; index += 1) to[index] = (to[index] ?? 0) + (from[index] ?? 0);
    });
    this.count += other.count;
    this.sum += other.sum;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
  }

  /** The value below which a share `q` (0 to 1) of the records lies, within 1.6 %; NaN when there are none. */
  quantile(q: number): number {
    if (this.count === 0) return NaN;
    const rank = Math.max(1, Math.ceil(q * this.count));
    let seen = 0;
    for (let octave = 0; octave < OCTAVES; octave += 1) {
      const counts = this.octaves[octave];
      if (!counts) continue;
      for (let index = 0; index < SUB; index += 1) {
        seen += counts[index] ?? 0;
        if (seen < rank) continue;
        const middle = lowerEdge(octave, index) + (widthOf(octave) - 1) / 2;
        return Math.min(Math.max(middle, this.min), this.max);
      }
    }
    return this.max;
  }

  mean(): number {
    return this.count === 0 ? NaN : this.sum / this.count;
  }

  /** What lies in each part of an octave, `parts` of them (a power of two up to 64), ascending; empty parts are left out. */
  parts(parts: number): { from: number; to: number; count: number }[] {
    const found: { from: number; to: number; count: number }[] = [];
    const each = SUB / parts;
    this.octaves.forEach((counts, octave) => {
      if (!counts) return;
      for (let from = 0; from < SUB; from += each) {
        const count = counts.subarray(from, from + each).reduce((sum, one) => sum + one, 0);
        if (count > 0) found.push({ from: lowerEdge(octave, from), to: lowerEdge(octave, from + each), count });
      }
    });
    return found;
  }
}
