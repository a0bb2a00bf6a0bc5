// I/O as the load generator that issued it measured it: from its calls' beginning to their end, all that lies between them and a disk included.

import type { Series } from './counters.js';

/** In the order in which fio numbers them. */
export const MEASURED_KINDS = ['reads', 'writes', 'trims', 'syncs'] as const;
export type MeasuredKind = (typeof MEASURED_KINDS)[number];

/** What half, 99 % and 99.9 % of all took at most, and the longest, ms; NaN where it is not told. */
export interface MeasuredLatency {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Each of them in order of time, as long as each other. */
export interface EachMeasured {
  /** When it had ended, ms. */
  readonly t: Float64Array;
  /** What it took, ms; absent where only bandwidth was logged. */
  readonly latencyMs?: Float64Array;
  readonly bytes: Float64Array;
}

/**
 * What was logged of windows of time, each a counter `sum` that grows in a window by its value times its seconds: operations and bytes are those so
 * far, and a latency (ms) is the growth per second. Of latencies it may be the mean or the longest of each window, which the log does not tell;
 * `longest` is there where both were logged.
 */
export interface MeasuredWindows {
  readonly latency?: Series;
  readonly bytes?: Series;
  readonly operations?: Series;
}

/** One job's I/O of one kind. */
export interface MeasuredIo {
  readonly job: string;
  readonly kind: MeasuredKind;
  /** How long it ran. */
  readonly ms: number;
  /** NaN where it is not told. */
  readonly operations: number;
  readonly bytes: number;
  readonly latency?: MeasuredLatency;
  /** The error's number with which the job ended. */
  readonly error?: number;
  readonly each?: EachMeasured;
  readonly windows?: MeasuredWindows;
}

/** What a load generator told of its run. */
export interface Measured {
  readonly jobs: readonly MeasuredIo[];
  /** The unit of its latencies, where the input does not tell and it was concluded. */
  readonly concludedUnit?: 'µs' | 'ns';
}
