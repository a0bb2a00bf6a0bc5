// Requests and the victim's states as rows, for formats that hand on everything rather than a verdict: what `export` writes. Times are ms
// since the recording's start. Names stand once in a list, rows hold their places in it.

import type { Kind } from './block-stats.js';
import type { State } from './states.js';

/** One row a request, in order of completion; the last rows are what the device had not answered at the end. */
export interface RequestRows {
  readonly length: number;
  readonly names: readonly string[];
  /** The device's name, by place in `names`. */
  readonly device: Uint32Array;
  readonly kind: readonly Kind[];
  /** Where it begins, in units of 512 bytes; 0 for a flush. */
  readonly sector: Float64Array;
  readonly bytes: Float64Array;
  /** How many requests a row stands for, 1 where all were recorded. */
  readonly weight: Uint8Array;
  /** NaN where that was not seen. */
  readonly queuedMs: Float64Array;
  readonly dispatchedMs: Float64Array;
  /** Of what was not answered the recording's end. */
  readonly completedMs: Float64Array;
  /** Rows from here on were not answered. */
  readonly answered: number;
  /** The thread that queued it, 0 where that was not seen, and its name. */
  readonly thread: Int32Array;
  readonly threadName: Uint32Array;
  /** Who is behind the greatest part of it: a process, a journal, a filesystem, or nobody known (0 = ''). */
  readonly owner: Uint32Array;
  /** 0 where it is no process. */
  readonly ownerPid: Int32Array;
  /** How it came to be named, as in the table of writers: 'direct', 'flushed', …; 0 = ''. */
  readonly via: Uint32Array;
  /** That part, 0 to 1. */
  readonly ownerShare: Float64Array;
  /** 1 where the victim waited for it or made it. */
  readonly victims: Uint8Array;
}

/** One row a stretch of one state of one of the victim's threads; a thread's rows in order of time. */
export interface StateRows {
  readonly length: number;
  readonly pid: number;
  /** Name by thread, the one accounted for first. */
  readonly threads: ReadonlyMap<number, string>;
  readonly thread: Int32Array;
  readonly fromMs: Float64Array;
  readonly toMs: Float64Array;
  readonly state: readonly State[];
  /** The kernel's stack of the sleep, innermost frame first, by place in `stacks`; -1 where none was taken. */
  readonly stack: Int32Array;
  readonly stacks: readonly (readonly string[])[];
  /** The thread that woke it, 0 where that is not known. */
  readonly wokenBy: Int32Array;
}

export interface Rows {
  /** Of what moment on CLOCK_MONOTONIC times count, ns, and of the wall clock, ms since 1970; absent where the input does not tell. */
  readonly startNs?: bigint;
  readonly wallMs?: number;
  /** Absent where no request was recorded. */
  readonly requests?: RequestRows;
  /** Absent where no victim was watched. */
  readonly states?: StateRows;
}
