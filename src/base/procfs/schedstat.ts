// /proc/PID/schedstat: three numbers on one line. All zero where the kernel was built or booted without schedstats' task part.
// Source: Documentation/scheduler/sched-stats.rst.

import { toInteger } from './numbers.js';

export interface Schedstat {
  /** ns on a CPU. */
  readonly runNs: number;
  /** ns ready to run, waiting for a CPU. */
  readonly waitNs: number;
  /** Time slices run. */
  readonly slices: number;
}

export function parseSchedstat(text: string): Schedstat | undefined {
  const [runNs, waitNs, slices] = text.trim().split(/\s+/).map(toInteger);
  if (runNs === undefined || waitNs === undefined || slices === undefined) return undefined;
  return { runNs, waitNs, slices };
}
