// How the CPUs spent the time between two samples, in per cent, as sysstat 12.6.1 shows it (write_plain_cpu_stat in iostat.c): interrupts count
// as system, and what went backwards is 0.

import { unsigned } from './counts.js';

/** The first columns of /proc/stat in clock ticks, in the kernel's order: user nice system idle iowait irq softirq steal. */
export type CpuTicks = readonly number[];

export const CPU_SHARES = ['user', 'nice', 'system', 'iowait', 'steal', 'idle'] as const;

/** In the order of CPU_SHARES; NaN, which is shown as absent, where no tick has passed and `isFine`. */
export function cpuShares(before: CpuTicks, now: CpuTicks, isFine: boolean): number[] {
  const parts = (ticks: CpuTicks): number[] => {
    const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = ticks;
    return [user, nice, system + softirq + irq, iowait, steal, idle];
  };
  const total = (ticks: CpuTicks): number => ticks.reduce((sum, value) => sum + value, 0);
  const passed = unsigned(total(now) - total(before), 64);
  if (passed === 0 && isFine) return CPU_SHARES.map(() => NaN);
  const earlier = parts(before);
  return parts(now).map((value, index) => {
    const grown = value - (earlier[index] ?? 0);
    return grown < 0 ? 0 : (grown / (passed === 0 ? 1 : passed)) * 100;
  });
}
