// The bursts of one disk while they happen, from its counters every few ms. In: what each sample adds. Out: each burst once, when it is over and so is
// the interval whose average it went into, and the period of the latest ones. It keeps two minutes and the beginnings of some bursts, whatever
// happens. What a burst is, bursts.ts says; this gives it a series that goes on.

import { BURSTS, LIVE_BURSTS } from '../../model/thresholds/requests.js';
import { findBursts } from './bursts.js';
import { latestPeriod, type Period } from './regularity.js';

/** What a disk did since the sample before. */
export interface Moved {
  /** ms; when it was sampled, and how long it was since the sample before. */
  readonly atMs: number;
  readonly forMs: number;
  readonly operations: number;
  readonly bytes: number;
  /** As the kernel counts it (io_ticks). */
  readonly busyMs: number;
}

/** What an interval shows, by second. */
export interface Rates {
  readonly operations: number;
  readonly bytes: number;
  readonly busy: number;
}

export interface Burst {
  /** ms, to a bin. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly operations: number;
  readonly bytes: number;
  /** The most of one bin, by second. */
  readonly peakOperations: number;
  readonly peakBytes: number;
  /** The highest average of an interval that it went into. */
  readonly average: Rates;
  /** True where that average shows so little of the peak that nobody would look for it. */
  readonly isHidden: boolean;
}

interface Sums {
  operations: number;
  bytes: number;
  busyMs: number;
}

/** Counters are read this often, ms. */
export const BIN_MS = 10;
/** What is kept of the series, ms. */
const KEEP_MS = 120_000;

export class LiveBursts {
  private readonly intervalMs: number;
  private readonly bins = new Map<number, Sums>();
  private readonly intervals = new Map<number, Sums>();
  private readonly starts: number[] = [];
  private nowMs = 0;
  private firstBin: number | undefined;
  /** Up to here bursts have been told. */
  private toldBin = 0;
  private hasMoved = false;

  /** `intervalMs`: of the averages that bursts are held against; they count from 0. */
  constructor(intervalMs: number) {
    this.intervalMs = intervalMs;
  }

  take(moved: Moved): void {
    const { atMs, forMs } = moved;
    this.firstBin ??= Math.floor((atMs - forMs) / BIN_MS);
    this.nowMs = atMs;
    if (moved.operations === 0 && moved.bytes === 0 && moved.busyMs === 0) return;
    this.hasMoved = true;
    spread(this.bins, BIN_MS, moved);
    spread(this.intervals, this.intervalMs, moved);
  }

  /** Nothing was moved up to this time. */
  pass(atMs: number): void {
    this.nowMs = atMs;
  }

  /**
   * The bursts that are over since this was asked last; to be asked about once a second. At the end all that are left: one that goes on as far as it
   * went, and of the interval that was not over the part that was.
   */
  over(isEnd = false): Burst[] {
    if (!this.hasMoved) return [];
    const nowBin = isEnd ? Math.ceil(this.nowMs / BIN_MS) : Math.floor(this.nowMs / BIN_MS);
    const first = Math.max(this.firstBin ?? 0, nowBin - KEEP_MS / BIN_MS);
    for (const bin of this.bins.keys()) if (bin < first) this.bins.delete(bin);
    const { spans } = findBursts(this.weightsFrom(first), nowBin - first);
    const settledMs = isEnd ? Infinity : Math.floor(this.nowMs / this.intervalMs) * this.intervalMs;
    const endedBin = isEnd ? nowBin : nowBin - BURSTS.joinBins.long;
    const found = spans
      .map(({ from, to }) => ({ from: from + first, to: to + first }))
      // The latest ones may go on, and their average is not known yet.
      .filter(({ from, to }) => from >= this.toldBin && to <= endedBin && to * BIN_MS <= settledMs);
    this.hasMoved = this.bins.size > 0 && (spans.at(-1)?.to ?? 0) + first > (found.at(-1)?.to ?? this.toldBin);
    const all = [...this.bins.values()].reduce((sum, bin) => sum + weightOf(bin), 0);
    const bursts = found.flatMap((span) => this.burstOf(span, all / Math.max(1, nowBin - first)));
    this.toldBin = found.at(-1)?.to ?? this.toldBin;
    const oldest = Math.floor((first * BIN_MS) / this.intervalMs);
    for (const interval of this.intervals.keys()) if (interval < oldest) this.intervals.delete(interval);
    return bursts;
  }

  /** What each bin from there on weighs, without the background: many small bins would pass for the height of bursts. */
  private weightsFrom(first: number): Map<number, number> {
    const weights = [...this.bins].map(([bin, sums]): [number, number] => [bin - first, weightOf(sums)]);
    const ranked = Float64Array.from(weights, ([, weight]) => weight)
      .sort()
      .toReversed();
    let left = LIVE_BURSTS.heightShare * ranked.reduce((a, b) => a + b, 0);
    const height = ranked.find((weight) => (left -= weight) <= 0) ?? 0;
    return new Map(weights.filter(([, weight]) => weight >= BURSTS.ofHeight * height));
  }

  /** `mean`: what a bin weighs, all in all. */
  private burstOf({ from, to }: { readonly from: number; readonly to: number }, mean: number): Burst[] {
    const sum: Sums = { operations: 0, bytes: 0, busyMs: 0 };
    let [peakOperations, peakBytes] = [0, 0];
    const { begin, end } = this.withEdges(from, to);
    for (let bin = begin; bin < end; bin += 1) {
      const one = this.bins.get(bin);
      if (!one) continue;
      add(sum, one, 1);
      peakOperations = Math.max(peakOperations, (one.operations * 1000) / BIN_MS);
      peakBytes = Math.max(peakBytes, (one.bytes * 1000) / BIN_MS);
    }
    const { operations, bytes } = sum;
    if (operations < LIVE_BURSTS.leastRequests && bytes < LIVE_BURSTS.leastBytes) return [];
    if (weightOf(sum) / (to - from) < LIVE_BURSTS.contrast * mean) return [];
    this.starts.push(from);
    if (this.starts.length > LIVE_BURSTS.mostDistances + 1) this.starts.shift();
    const average = this.averageOver(from * BIN_MS, to * BIN_MS);
    const isHidden =
      peakOperations >= LIVE_BURSTS.hides * average.operations && peakBytes >= LIVE_BURSTS.hides * average.bytes;
    return [
      { fromMs: from * BIN_MS, toMs: to * BIN_MS, operations, bytes, peakOperations, peakBytes, average, isHidden },
    ];
  }

  /** A look that came late has spread what it found beyond the bins that stand out: those next to them belong to it as well. */
  private withEdges(from: number, to: number): { readonly begin: number; readonly end: number } {
    let [begin, end] = [from, to];
    while (begin > from - BURSTS.joinBins.short && this.bins.has(begin - 1)) begin -= 1;
    while (end < to + BURSTS.joinBins.short && this.bins.has(end)) end += 1;
    return { begin, end };
  }

  /** The interval that shows most of it. */
  private averageOver(fromMs: number, toMs: number): Rates {
    let most: Rates = { operations: 0, bytes: 0, busy: 0 };
    for (let at = Math.floor(fromMs / this.intervalMs); at * this.intervalMs < Math.min(toMs, this.nowMs); at += 1) {
      const ms = Math.min(this.intervalMs, this.nowMs - at * this.intervalMs);
      const { operations = 0, bytes = 0, busyMs = 0 } = this.intervals.get(at) ?? {};
      const rates = { operations: (operations * 1000) / ms, bytes: (bytes * 1000) / ms, busy: busyMs / ms };
      if (rates.busy >= most.busy) most = rates;
    }
    return most;
  }

  /** In ms; undefined where the latest bursts are not clearly periodic. */
  get period(): Period | undefined {
    const found = latestPeriod(this.starts);
    return found && { ...found, period: found.period * BIN_MS, uncertainty: found.uncertainty * BIN_MS };
  }
}

function weightOf({ operations, bytes }: Sums): number {
  return bytes + operations * LIVE_BURSTS.requestBytes;
}

function add(sum: Sums, { operations, bytes, busyMs }: Sums | Moved, share: number): void {
  sum.operations += operations * share;
  sum.bytes += bytes * share;
  sum.busyMs += busyMs * share;
}

/** Gives each stretch of this length its part of what was moved: a sample that came late may be of several. */
function spread(into: Map<number, Sums>, lengthMs: number, moved: Moved): void {
  const { atMs, forMs } = moved;
  const fromMs = atMs - forMs;
  for (let at = Math.floor(fromMs / lengthMs); at * lengthMs < atMs; at += 1) {
    const overlap = Math.min(atMs, (at + 1) * lengthMs) - Math.max(fromMs, at * lengthMs);
    if (overlap <= 0) continue;
    let sum = into.get(at);
    if (!sum) into.set(at, (sum = { operations: 0, bytes: 0, busyMs: 0 }));
    add(sum, moved, overlap / forMs);
  }
}
