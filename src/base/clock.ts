// The three clocks that a recording carries together, so that sources line up and a clock step is noticed.
// The kernel's `mono` trace clock is CLOCK_MONOTONIC, which is also what process.hrtime reads; both are nanoseconds since boot
// without the time in suspend (clock_gettime(2), Documentation/trace/ftrace.rst).

/** Nanoseconds of CLOCK_MONOTONIC now. */
export function monotonicNs(): bigint {
  return process.hrtime.bigint();
}

/** Milliseconds of the same clock, with what is below them. */
export function monotonicMs(): number {
  return Number(monotonicNs()) / 1e6;
}

/** What the kernel's clocks can show, ns: ktime_t has 63 bits, so they end 292 years after boot, or in the year 2262 (include/linux/ktime.h). */
export const LAST_NS = 2n ** 63n - 1n;

/** One reading of all clocks at (nearly) the same moment. */
export interface ClockReading {
  /** CLOCK_MONOTONIC in ns, as a decimal string because JSON has no 64-bit integers. */
  readonly monotonicNs: string;
  /** Wall clock, ms since 1970-01-01T00:00:00Z. */
  readonly wallMs: number;
  /** Seconds since boot with the time in suspend (the first field of /proc/uptime), absent where it can't be read. */
  readonly bootSeconds?: number;
}
