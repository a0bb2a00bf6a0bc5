// What a perf.data is to whoever reads one.

import type { Described } from '../tracecmd/contents.js';
import type { SampleLayout } from './layout.js';

/** Some of the records: it begins with one, and no record lies in two. */
export interface Piece {
  readonly bytes: Buffer;
  /** Where the first of them lies in the file. */
  readonly offset: number;
  /** How many bytes of the file it takes, which are fewer where they are compressed. */
  readonly fileBytes: number;
  /** Bytes of the file's records behind it. */
  readonly left: number;
}

export interface PerfData extends Described {
  /** By the identifier of the events' counters; the one of `0` is that of samples without any. */
  readonly layouts: ReadonlyMap<number, SampleLayout>;
  readonly host?: string;
  readonly kernel?: string;
  /** Of the first and the last sample by its clock, ns. */
  readonly times?: { readonly from: bigint; readonly to: bigint };
  /** ms since 1970 at time 0 of its clock. */
  readonly wallMsAtZero?: number;
  /** Its records, inflated. Throws Malformed where they can't be read on. */
  readonly pieces: () => Iterable<Piece>;
}
