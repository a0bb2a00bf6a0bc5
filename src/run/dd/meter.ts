// How long system calls of a copy took, counted by the thread that makes them in memory that another thread empties at its own pace, also while
// a call hangs. A lock that is held for less than a microsecond keeps an emptying whole.

import { CELLS, cellOf, Histogram } from '../../base/histogram.js';
import { TIMED, type Timed } from '../../tools/dd/expectation.js';

/** Behind the counts of each stand the sum, the least and the largest, ns. */
const SUM = CELLS;
const MIN = CELLS + 1;
const MAX = CELLS + 2;
const EACH = CELLS + 3;
const LOCK_BYTES = 8;
const NS = 1e6;

/** How long calls took since it was last emptied, ns, by what they were. */
export type Latencies = Readonly<Record<Timed, Histogram>>;

/** Limits that a latency is held against, one call at a time, so that no bucket blurs what is over it. */
export interface Limit {
  readonly of: Timed;
  readonly ns: number;
}

export interface MeterSetup {
  readonly memory: SharedArrayBuffer;
  readonly limits: readonly Limit[];
  /** What each block is followed by. */
  readonly syncEach?: 'fdatasync' | 'fsync';
}

export function newMeter(limits: readonly Limit[], syncEach: MeterSetup['syncEach']): MeterSetup {
  const memory = new SharedArrayBuffer(LOCK_BYTES + (TIMED.length * EACH + limits.length) * 8);
  return { memory, limits, ...(syncEach && { syncEach }) };
}

/** One of each. */
export function byTimed(make: (at: number) => Histogram): Record<Timed, Histogram> {
  const [write, read, fdatasync, fsync, open] = TIMED.map((_, at) => make(at));
  const none = new Histogram();
  return {
    write: write ?? none,
    read: read ?? none,
    fdatasync: fdatasync ?? none,
    fsync: fsync ?? none,
    open: open ?? none,
  };
}

export class Meter {
  private readonly lock: Int32Array;
  private readonly cells: readonly Float64Array[];
  private readonly over: Float64Array;
  private readonly setup: MeterSetup;

  constructor(setup: MeterSetup) {
    const { memory, limits } = setup;
    this.setup = setup;
    this.lock = new Int32Array(memory, 0, 1);
    this.cells = TIMED.map((_, at) => new Float64Array(memory, LOCK_BYTES + at * EACH * 8, EACH));
    this.over = new Float64Array(memory, LOCK_BYTES + TIMED.length * EACH * 8, limits.length);
  }

  private locked<T>(act: () => T): T {
    while (Atomics.compareExchange(this.lock, 0, 0, 1) !== 0);
    try {
      return act();
    } finally {
      Atomics.store(this.lock, 0, 0);
    }
  }

  /** A call took so many ms. */
  record(what: Timed, ms: number): void {
    const ns = Math.max(1, Math.round(ms * NS));
    const cells = this.cells[TIMED.indexOf(what)];
    if (!cells) return;
    this.locked(() => {
      const cell = cellOf(ns);
      cells[cell] = (cells[cell] ?? 0) + 1;
      cells[SUM] = (cells[SUM] ?? 0) + ns;
      const least = cells[MIN] ?? 0;
      if (least === 0 || ns < least) cells[MIN] = ns;
      if (ns > (cells[MAX] ?? 0)) cells[MAX] = ns;
      for (const [at, limit] of this.setup.limits.entries())
        if (limit.of === what && ns >= limit.ns) this.over[at] = (this.over[at] ?? 0) + 1;
    });
  }

  /** What each block is to be followed by. */
  get syncEach(): MeterSetup['syncEach'] {
    return this.setup.syncEach;
  }

  /** What was timed since the last time. */
  empty(): Latencies {
    const taken = this.locked(() =>
      this.cells.map((cells) => {
        const copy = Float64Array.from(cells);
        cells.fill(0);
        return copy;
      }),
    );
    return byTimed((at) => {
      const cells = taken[at] ?? new Float64Array(EACH);
      const histogram = new Histogram();
      const [sum = 0, min = 0, max = 0] = cells.subarray(SUM);
      histogram.addCells(cells.subarray(0, CELLS), { sum, min: max > 0 ? min : Infinity, max });
      return histogram;
    });
  }

  /** How many calls so far reached each limit. */
  overLimits(): number[] {
    return this.locked(() => [...this.over]);
  }
}
