// What the report draws besides the diagnosis: series over time, shaded bands, the latency heatmap. Plain arrays, ready to embed.

/** One line of a chart; NaN where there is no value. */
export interface ChartLine {
  readonly name: string;
  readonly values: Float64Array;
}

/** One chart over the shared time axis. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  /** The unit of the values: 'MB/s', 'IOPS', 'requests', 'MB', '%'. */
  readonly unit: string;
  readonly lines: readonly ChartLine[];
  /** Stacked area (the victim's states) rather than lines. */
  readonly stacked?: boolean;
}

/** A stretch of time to shade in every chart. */
export interface Band {
  readonly kind: 'stall' | 'burst' | 'phase';
  readonly label: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Counts of requests by time and latency; row 0 is the fastest. */
export interface Heatmap {
  readonly device: string;
  readonly title: string;
  /** Column edges, ms since the start: columns + 1 values. */
  readonly tEdges: Float64Array;
  /** Row edges, µs, ascending: rows + 1 values. */
  readonly latencyEdgesUs: Float64Array;
  /** counts[row * columns + column]. */
  readonly counts: Float64Array;
}

export interface Charts {
  /** The shared time axis, ms since the start: the middle of each bin. */
  readonly t: Float64Array;
  readonly binMs: number;
  readonly charts: readonly Chart[];
  readonly bands: readonly Band[];
  readonly heatmaps: readonly Heatmap[];
}
