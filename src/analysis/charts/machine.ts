// What the machine as a whole was under: dirty pages against their limit, and the pressure that tasks felt.

import type { Chart } from '../../model/charts.js';
import type { Measures } from '../measures.js';
import { gaugeLine, ratePerBin, type Axis } from './axis.js';

const MIB = 2 ** 20;

export function dirtyChart(m: Measures, axis: Axis): Chart {
  const { counters, pageBytes } = m.input;
  const line = (column: string, name: string, role?: 'limit') =>
    gaugeLine(axis, counters.vmstat, column, pageBytes / MIB, { name, ...(role && { role }) });
  return {
    id: 'dirty',
    title: 'Dirty pages of the machine against its limit',
    unit: 'MiB',
    lines: [
      ...line('nr_dirty', 'dirty'),
      ...line('nr_writeback', 'being written back'),
      ...line('nr_dirty_threshold', 'limit', 'limit'),
      ...line('nr_dirty_background_threshold', 'background limit'),
    ],
  };
}

export function pressureChart(m: Measures, axis: Axis): Chart {
  const lines = [...m.input.counters.pressure].flatMap(([name, series]) => {
    const some = series.columns.get('some_total');
    // Totals are µs of stall per wall time: growth per second of 10^6 µs is 100 %.
    return some ? [{ name: `${name}, some tasks`, values: ratePerBin(axis, series, some, 1e-4) }] : [];
  });
  return { id: 'pressure', title: 'Pressure (share of time in which tasks waited for the resource)', unit: '%', lines };
}
