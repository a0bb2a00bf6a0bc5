// Sums over time in a fixed number of bins, however long the trace is: when time runs past the last bin, every two bins become one.

const BINS = 512;
const FIRST_BIN_NS = 1_000_000;

export class TimeBins {
  private readonly columns: Float64Array[];
  /** Which columns keep their largest value; the others are sums. */
  private readonly largest: readonly boolean[];
  binNs = FIRST_BIN_NS;
  /** Bins that were touched. */
  length = 0;

  constructor(largest: readonly boolean[]) {
    this.largest = largest;
    this.columns = largest.map(() => new Float64Array(BINS));
  }

  private binAt(t: number): number {
    let bin = Math.max(0, Math.floor(t / this.binNs));
    while (bin >= BINS) {
      this.halve();
      bin = Math.floor(t / this.binNs);
    }
    if (bin >= this.length) this.length = bin + 1;
    return bin;
  }

  /** Adds to a sum, or raises a largest value, at one moment. */
  at(column: number, t: number, value: number): void {
    const bin = this.binAt(t);
    const values = this.columns[column];
    if (!values) return;
    values[bin] = this.largest[column] === true ? Math.max(values[bin] ?? 0, value) : (values[bin] ?? 0) + value;
  }

  /** Adds value × time between two moments, ns. */
  span(column: number, from: number, to: number, value: number): void {
    const values = this.columns[column];
    if (!values || to <= from) return;
    const last = this.binAt(to);
    const { binNs } = this;
    const first = this.binAt(from);
    if (first === last) {
      values[first] = (values[first] ?? 0) + value * (to - from);
      return;
    }
    for (let bin = first; bin <= last; bin += 1) {
      const within = Math.min(to, (bin + 1) * binNs) - Math.max(from, bin * binNs);
      values[bin] = (values[bin] ?? 0) + value * Math.max(0, within);
    }
  }

  column(index: number): number[] {
    return [...(this.columns[index]?.subarray(0, this.length) ?? [])];
  }

  private halve(): void {
    this.columns.forEach((values, column) => {
      for (let bin = 0; bin < BINS / 2; bin += 1) {
        const a = values[2 * bin] ?? 0;
        const b = values[2 * bin + 1] ?? 0;
        values[bin] = this.largest[column] === true ? Math.max(a, b) : a + b;
      }
      values.fill(0, BINS / 2);
    });
    this.binNs *= 2;
    this.length = Math.ceil(this.length / 2);
  }
}
