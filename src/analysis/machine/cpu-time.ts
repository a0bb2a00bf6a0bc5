// What the machine's CPUs did between two times, all together. Source: /proc/stat (Documentation/filesystems/proc.rst, 1.7).

import type { Case } from '../../model/case.js';
import { growthWithin } from './series.js';
import type { Interval } from '../../base/intervals.js';

/** Columns of time in which a CPU ran something here, and in which it had nothing to run. */
export const BUSY = ['user', 'nice', 'system', 'irq', 'softirq'] as const;
export const IDLE = ['idle', 'iowait'] as const;

/** Time in these columns, ms; 0 where they were not recorded. */
export function cpuMs({ counters, ticksPerSecond }: Case, { from, to }: Interval, columns: readonly string[]): number {
  const tickMs = 1000 / ticksPerSecond;
  return columns.reduce((sum, name) => sum + (growthWithin(counters.cpu, name, from, to) * tickMs || 0), 0);
}

/** The share of that time in these columns; NaN where nothing was recorded. */
export function cpuShare(input: Case, times: Interval, columns: readonly string[]): number {
  return cpuMs(input, times, columns) / cpuMs(input, times, [...BUSY, ...IDLE, 'steal']);
}
