// One device's work over time in a fixed number of bins, however long the trace is: when time runs past the last bin, every two bins
// become one. Time only moves forward, so there is one open bin, and all that happens goes there.

import type { DepthSeries } from '../../model/block-stats.js';

const BINS = 512;
const FIRST_BIN_NS = 1_000_000;

export class DepthBins {
  private readonly depth = new Float64Array(BINS);
  private readonly mostAtOnce = new Float64Array(BINS);
  private readonly waiting = new Float64Array(BINS);
  private readonly completions = new Float64Array(BINS);
  private readonly bytes = new Float64Array(BINS);
  private binNs = FIRST_BIN_NS;
  private bin = 0;
  /** Where the open bin ends, and until when everything is counted. */
  private end = FIRST_BIN_NS;
  private now = 0;

  /** Until `t` so many were with the device, and so many waited. */
  advance(t: number, depth: number, waiting: number): void {
    while (t >= this.end) {
      this.add(this.end, depth, waiting);
      this.open();
    }
    this.add(t, depth, waiting);
  }

  private add(t: number, depth: number, waiting: number): void {
    const { bin, now } = this;
    if (t <= now) return;
    this.depth[bin] = (this.depth[bin] ?? 0) + depth * (t - now);
    this.waiting[bin] = (this.waiting[bin] ?? 0) + waiting * (t - now);
    this.now = t;
  }

  /** So many are with the device now. */
  reach(depth: number): void {
    if (depth > (this.mostAtOnce[this.bin] ?? 0)) this.mostAtOnce[this.bin] = depth;
  }

  complete(bytes: number): void {
    const { bin } = this;
    this.completions[bin] = (this.completions[bin] ?? 0) + 1;
    this.bytes[bin] = (this.bytes[bin] ?? 0) + bytes;
  }

  /** Opens the next bin. */
  private open(): void {
    this.bin += 1;
    if (this.bin === BINS) this.halve();
    this.end = (this.bin + 1) * this.binNs;
  }

  private halve(): void {
    for (const values of [this.depth, this.waiting, this.completions, this.bytes]) {
      for (let bin = 0; bin < BINS / 2; bin += 1) values[bin] = (values[2 * bin] ?? 0) + (values[2 * bin + 1] ?? 0);
      values.fill(0, BINS / 2);
    }
    const most = this.mostAtOnce;
    for (let bin = 0; bin < BINS / 2; bin += 1) most[bin] = Math.max(most[2 * bin] ?? 0, most[2 * bin + 1] ?? 0);
    most.fill(0, BINS / 2);
    this.binNs *= 2;
    this.bin = BINS / 2;
  }

  result(): DepthSeries {
    const { binNs } = this;
    const known = (values: Float64Array) => [...values.subarray(0, this.bin + 1)];
    return {
      binNs,
      depth: known(this.depth).map((sum) => sum / binNs),
      mostAtOnce: known(this.mostAtOnce),
      waiting: known(this.waiting).map((sum) => sum / binNs),
      completions: known(this.completions),
      bytes: known(this.bytes),
    };
  }
}
