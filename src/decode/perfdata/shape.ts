// What a perf.data is to whoever reads one.

import type { Described } from '../tracecmd/contents.js';
import type { SampleLayout } from './layout.js';

export interface PerfData extends Described {
  /** By the identifier of the events' counters; the one of `0` is that of samples without any. */
  readonly layouts: ReadonlyMap<number, SampleLayout>;
  readonly host?: string;
  readonly kernel?: string;
  /** Of the first and the last sample by its clock, ns. */
  readonly times?: { readonly from: bigint; readonly to: bigint };
  /** ms since 1970 at time 0 of its clock. */
  readonly wallMsAtZero?: number;
  /** Its records in pieces; each begins with a record, and no record lies in two. Throws Malformed where they can't be read on. */
  readonly pieces: () => Iterable<{ readonly bytes: Buffer; readonly offset: number }>;
}
