// A log-linear histogram: 64 buckets an octave, so a quantile is off by at most 1/64 = 1.6 % of its value, at a few ns a record.
// The layout is HdrHistogram's idea (Gil Tene, hdrhistogram.org) reduced to what latencies need: unsigned integers below 2^53.

const SUB_BITS = 6;
const SUB = 1 << SUB_BITS;
const BUCKETS = SUB * (53 - SUB_BITS + 1);

function bucketOf(value: number): number {
  if (value < SUB) return value;
  let exponent = Math.floor(Math.log2(value));
  // Math.log2 may round up just below a power of two.
  if (2 ** exponent > value) exponent -= 1;
  return (exponent - SUB_BITS + 1) * SUB + (Math.floor(value / 2 ** (exponent - SUB_BITS)) - SUB);
}

function lowerEdge(bucket: number): number {
  if (bucket < SUB) return bucket;
  const octave = Math.floor(bucket / SUB);
  return (SUB + (bucket % SUB)) * 2 ** (octave - 1);
}

/** Counts of non-negative integers (ns or µs: the caller's unit), with count, sum, minimum and maximum kept exactly. */
export class Histogram {
  private readonly counts = new Float64Array(BUCKETS);
  count = 0;
  sum = 0;
  min = Infinity;
  max = 0;

  record(value: number): void {
    const whole = value > 0 ? Math.floor(value) : 0;
    const bucket = bucketOf(whole);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.count += 1;
    this.sum += whole;
    if (whole < this.min) this.min = whole;
    if (whole > this.max) this.max = whole;
  }

  /** Adds all records of another histogram. */
  add(other: Histogram): void {
    other.counts.forEach((count, bucket) => {
      if (count > 0) this.counts[bucket] = (this.counts[bucket] ?? 0) + count;
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
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      seen += this.counts[bucket] ?? 0;
      if (seen >= rank) {
        const middle = (lowerEdge(bucket) + Math.max(lowerEdge(bucket), lowerEdge(bucket + 1) - 1)) / 2;
        return Math.min(Math.max(middle, this.min), this.max);
      }
    }
    return this.max;
  }

  mean(): number {
    return this.count === 0 ? NaN : this.sum / this.count;
  }
}
