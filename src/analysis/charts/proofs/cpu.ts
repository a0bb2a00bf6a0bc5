// Who had the CPUs: CPU time by program as /proc counts it, and what the hypervisor took.

import type { Chart, ChartLine } from '../../../model/charts.js';
import { entry } from '../../../base/maps.js';
import { growthOf } from '../../machine/series.js';
import { ratePerBin, type Axis } from '../axis.js';
import type { Shown } from '../../shown.js';

const MOST_PROGRAMS = 5;

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
  const stolen = counters.cpu.columns.get('steal');
  if (stolen && growthOf(counters.cpu, 'steal') > 0)
    lines.push({
      name: 'taken by the hypervisor',
      role: 'rest',
      values: ratePerBin(axis, counters.cpu, stolen, percentOf),
    });
  return [{ id: 'proof-cpu', title: 'CPU time by program (100 % is one CPU)', unit: '%', stacked: true, lines }];
}
