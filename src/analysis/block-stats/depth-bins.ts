// One device's work over time in a bounded number of bins, however long the trace is: when time runs past the last bin, every two bins
// become one. Time only moves forward, so there is one open bin, and all that happens goes there. Only bins in which something happened
// are kept, as a trace may be of thousands of devices of which each does something once.

import type { DepthSeries } from '../../model/block-stats.js';

const BINS = 512;
const FIRST_BIN_NS = 1_000_000;

/** What a bin sums up; of the most at once it has the largest. */
interface Bin {
  at: number;
  depth: number;
  mostAtOnce: number;
  waiting: number;
  completions: number;
  bytes: number;
}

function emptyBin(at: number): Bin {
  return { at, depth: 0, mostAtOnce: 0, waiting: 0, completions: 0, bytes: 0 };
}

function isEmpty(bin: Bin): boolean {
  return bin.depth === 0 && bin.mostAtOnce === 0 && bin.waiting === 0 && bin.completions === 0;
}

export class DepthBins {
  /** Those before the open one, in order. */
  private closed: Bin[] = [];
  private open = emptyBin(0);
  private binNs = FIRST_BIN_NS;
  /** Where the open bin ends, and until when everything is counted. */
  private end = FIRST_BIN_NS;
  private now = 0;

  /** Until `t` so many were with the device, and so many waited. */
  advance(t: number, depth: number, waiting: number): void {
    while (t >= this.end) {
      this.add(this.end, depth, waiting);
      this.next();
    }
    this.add(t, depth, waiting);
  }

  private add(t: number, depth: number, waiting: number): void {
    const { open, now } = this;
    if (t <= now) return;
    open.depth += depth * (t - now);
    open.waiting += waiting * (t - now);
    this.now = t;
  }

  /** So many are with the device now. */
  reach(depth: number): void {
    if (depth > this.open.mostAtOnce) this.open.mostAtOnce = depth;
  }

  complete(bytes: number): void {
    this.open.completions += 1;
    this.open.bytes += bytes;
  }

  /** Opens the next bin. */
  private next(): void {
    const { open } = this;
    if (!isEmpty(open)) this.closed.push(open);
    this.open = emptyBin(open.at + 1);
    if (this.open.at === BINS) this.halve();
    this.end = (this.open.at + 1) * this.binNs;
  }

  private halve(): void {
    const pairs: Bin[] = [];
    for (const bin of this.closed) {
      bin.at >>= 1;
      const last = pairs.at(-1);
      if (last?.at === bin.at) join(last, bin);
      else pairs.push(bin);
    }
    this.closed = pairs;
    this.binNs *= 2;
    this.open.at = BINS / 2;
  }

  result(): DepthSeries {
    const { binNs, closed, open } = this;
    const dense = (pick: (bin: Bin) => number) => {
      const values = Array.from({ length: open.at + 1 }, () => 0);
      for (const bin of closed) values[bin.at] = pick(bin);
      values[open.at] = pick(open);
      return values;
    };
    return {
      binNs,
      depth: dense(({ depth }) => depth / binNs),
      mostAtOnce: dense(({ mostAtOnce }) => mostAtOnce),
      waiting: dense(({ waiting }) => waiting / binNs),
      completions: dense(({ completions }) => completions),
      bytes: dense(({ bytes }) => bytes),
    };
  }
}

function join(into: Bin, from: Bin): void {
  into.depth += from.depth;
  into.mostAtOnce = Math.max(into.mostAtOnce, from.mostAtOnce);
  into.waiting += from.waiting;
  into.completions += from.completions;
  into.bytes += from.bytes;
}
