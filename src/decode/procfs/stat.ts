// /proc/stat's first line: CPU time of all CPUs together since boot, in clock ticks.
// Source: proc_stat(5); Documentation/filesystems/proc.rst, section 1.7. The kernel folds guest time into user, so it is left out.

import { toInteger } from '../../base/procfs/numbers.js';

/** The columns in their order; kernels before 2.6.11 print no steal. */
export const CPU_FIELDS = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const;

/** The values in the order of CPU_FIELDS, as many as there are; undefined where the text does not begin with the line. */
export function parseCpuLine(text: string): number[] | undefined {
  const [label, ...fields] = (text.split('\n', 1)[0] ?? '').trim().split(/\s+/);
  if (label !== 'cpu') return undefined;
  const values: number[] = [];
  for (const field of fields.slice(0, CPU_FIELDS.length)) {
    const value = toInteger(field);
    if (value === undefined) break;
    values.push(value);
  }
  return values.length >= 4 ? values : undefined;
}
