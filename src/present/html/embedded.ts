// What a report embeds for its script: the shape that payload.ts writes and web/ reads. A file of its own, so that the browser code
// takes nothing from Node. Everything that is text on the page is already in the page: only figures and band labels are here.

import type { Band } from '../../model/charts.js';

/** Little-endian IEEE 754 single-precision values, base64. NaN is 'no value'. */
export type Packed = string;

export interface EmbeddedChart {
  /** Names it in the page's address. */
  readonly id: string;
  readonly stacked: boolean;
  readonly logarithmic: boolean;
  readonly unit: string;
  readonly lines: readonly Packed[];
  /** Moments, ms since the recording's start. */
  readonly ticks: Packed | null;
}

export interface EmbeddedHeatmap {
  /** ms since the recording's start: columns + 1 values. */
  readonly tEdges: Packed;
  /** µs, ascending: rows + 1 values. */
  readonly latencyEdgesUs: Packed;
  /** counts[row * columns + column]. */
  readonly counts: Packed;
}

export interface Embedded {
  /** ms since 1970 at the recording's start; null where it is not known. */
  readonly startedAt: number | null;
  readonly binMs: number;
  /** The middle of each bin, ms since the recording's start. */
  readonly t: Packed;
  /** The proof's, then the timeline's, in the page's order. */
  readonly charts: readonly EmbeddedChart[];
  readonly bands: readonly Band[];
  readonly heatmaps: readonly EmbeddedHeatmap[];
}
