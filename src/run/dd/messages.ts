// What the thread that copies is told, and what it says.

import type { DdOptions } from '../../tools/dd/options.js';
import type { DdCounts } from '../../tools/dd/statistics.js';
import type { MeterSetup } from './meter.js';

export interface CopyTask {
  readonly options: DdOptions;
  /** Whether messages quote as in a locale of UTF-8. */
  readonly isUtf8: boolean;
  /** SharedState's. */
  readonly state: SharedArrayBuffer;
  readonly meter?: MeterSetup;
  /** How often the whole copy is made; Infinity until it is stopped. */
  readonly repeat: number;
  /** False: by node:fs also where WASI is there. */
  readonly quick: boolean;
}

export type FromCopy =
  /** Without its name in front. */
  | { readonly kind: 'sentence'; readonly text: string }
  /** This Node has no WASI, so each block costs more. */
  | { readonly kind: 'slow' }
  /** A read error was passed over: what is done so far. */
  | { readonly kind: 'counts'; readonly counts: DdCounts; readonly seconds: number }
  /** One copy is made, or could not begin, where it has no counts. */
  | { readonly kind: 'copied'; readonly status: number; readonly counts?: DdCounts; readonly seconds: number }
  /** Whoever read the output has gone. */
  | { readonly kind: 'closed' }
  /** All is done, or was stopped. */
  | { readonly kind: 'end'; readonly isStopped: boolean };
