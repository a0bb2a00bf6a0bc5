// What the recorder and the process that asks JVMs for their threads say to each other.

import type { DumpMark } from '../../model/recording.js';

/** When a JVM is asked: all the time; or only while one of its threads waits and gets nothing, second by second. */
export type Asking = 'always' | 'stalled';

/** The processes that are watched now, once a second. */
export interface ToDumper {
  readonly watched: readonly number[];
  readonly asking: Asking;
}

export type FromDumper =
  /** `packed`: what the JVM printed, gzip; `atNs`: CLOCK_MONOTONIC when it had. */
  | { readonly kind: 'dump'; readonly mark: DumpMark; readonly packed: Uint8Array; readonly atNs: bigint }
  /** A JVM gave none; in words. */
  | { readonly kind: 'none'; readonly why: string };
