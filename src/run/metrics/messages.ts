// What the recorder and the process that makes the metrics say to each other.

import type { Manifest } from '../../model/recording.js';
import type { Family } from '../../present/export/openmetrics/exposition.js';
import type { Address } from '../serve.js';

/** One call of a Sink, with bytes of its own. */
export type Piece =
  | { readonly kind: 'reading'; readonly path: string; readonly text: string; readonly atNs: bigint }
  | { readonly kind: 'failure'; readonly path: string; readonly text: string; readonly atNs: bigint }
  | { readonly kind: 'pages'; readonly instance: string; readonly cpu: number; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly name: string; readonly bytes: Uint8Array };

export type ToMetrics =
  | { readonly kind: 'start'; readonly settings: MetricsSettings }
  | { readonly kind: 'begin'; readonly name: string; readonly manifest: Manifest }
  /** A watch serves these from now on, and no recording's. */
  | { readonly kind: 'families'; readonly families: readonly Family[] }
  /** `missed` are bytes of pages that were left out since the last batch. */
  | { readonly kind: 'batch'; readonly pieces: readonly Piece[]; readonly bytes: number; readonly missed: number };

/** What it says once it serves. */
export type FromMetrics =
  /** It goes on no more. */
  | { readonly kind: 'failed'; readonly why: string }
  /** A batch of so many bytes has been taken. */
  | { readonly kind: 'took'; readonly bytes: number };

/** What the process is started with. */
export interface MetricsSettings {
  readonly address: Address;
  readonly tool: string;
}
