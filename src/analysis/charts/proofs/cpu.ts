// Who had the CPUs: CPU time by program as /proc counts it, and what the hypervisor took.

import type { Chart, ChartLine } from '../../../model/charts.js';
import { entry } from '../../../base/maps.js';
import type { Series } from '../../../model/counters.js';
import { growthOf } from '../../machine/series.js';
import { ratePerBin, type Axis } from '../axis.js';
import type { Shown } from '../../shown.js';

const MOST_PROGRAMS = 5;

/** What of all CPUs' time is at work, whoever for; the kernel folds what guests run into the first two. */
const AT_WORK = ['user', 'nice', 'system', 'irq', 'softirq'];

/**
 * What the machine's CPUs did besides: for programs that are not shown, and for those shown before the first reading of them. Without it CPUs that are full
 * would look idle.
 */
function othersLine(cpu: Series, shown: readonly ChartLine[], axis: Axis, percentOf: number): ChartLine[] {
  const rates = AT_WORK.flatMap((name) => {
    const column = cpu.columns.get(name);
    return column ? [ratePerBin(axis, cpu, column, percentOf)] : [];
  });
  if (rates.length === 0) return [];
  const values = Float64Array.from({ length: axis.bins }, (_, bin) => {
    const all = rates.reduce((sum, rate) => sum + (rate[bin] ?? NaN), 0);
    const told = shown.reduce((sum, line) => sum + (line.values[bin] ?? 0), 0);
    return Number.isNaN(all) ? NaN : Math.max(0, all - told);
  });
  return [{ name: 'others, or not counted yet', role: 'rest', values }];
}

export function cpuProof({ at }: Shown, axis: Axis): Chart[] {
  const { counters, ticksPerSecond } = at.input;
  const percentOf = 100 / ticksPerSecond;
  const byName = new Map<string, { values: Float64Array; ticks: number }>();
  for (const { comm, stat } of counters.processes.values()) {
    for (const name of ['utime', 'stime']) {
      const column = stat.columns.get(name);
      const ticks = growthOf(stat, name);
      if (!column || !(ticks > 0)) continue;
      const program = entry(byName, comm, () => ({ values: new Float64Array(axis.bins), ticks: 0 }));
      program.ticks += ticks;
      ratePerBin(axis, stat, column, percentOf).forEach((value, bin) => {
        if (value > 0) program.values[bin] = (program.values[bin] ?? 0) + value;
      });
    }
  }
  const ranked = [...byName].sort((a, b) => b[1].ticks - a[1].ticks).slice(0, MOST_PROGRAMS);
  const lines = ranked.map(([name, { values }]): ChartLine => ({ name, subject: name, values }));
  lines.push(...othersLine(counters.cpu, lines, axis, percentOf));
  const stolen = counters.cpu.columns.get('steal');
  if (stolen && growthOf(counters.cpu, 'steal') > 0)
    lines.push({
      name: 'taken by the hypervisor',
      role: 'rest',
      values: ratePerBin(axis, counters.cpu, stolen, percentOf),
    });
  return [{ id: 'proof-cpu', title: 'CPU time by program (100 % is one CPU)', unit: '%', stacked: true, lines }];
}
