// What a log of statistics shows of its devices, as evidence of a verdict that is inconclusive: how busy the busiest were, how long their requests
// took, and the worst interval of each.

import { duration } from '../../base/format.js';
import type { Measures } from '../../analysis/measures.js';
import type { Series } from '../../model/counters.js';
import { part, said, time } from '../../model/quantity.js';
import type { Argument } from '../cause.js';

/** Devices that are told. */
const MOST_DEVICES = 3;

interface Logged {
  readonly name: string;
  readonly busy: number;
  readonly worst: number;
  readonly worstAt: number;
  readonly requests: number;
  /** ms in all that requests took; NaN where the log does not tell. */
  readonly tookMs: number;
}

function growth(series: Series, ...columns: readonly string[]): number {
  const found = columns.flatMap((name) => series.columns.get(name)?.at(-1) ?? []);
  return found.length === 0 ? NaN : found.reduce((a, b) => a + b, 0);
}

function logged(name: string, series: Series): Logged | undefined {
  const ticks = series.columns.get('io_ticks');
  const { t } = series;
  const wall = (t.at(-1) ?? 0) - (t[0] ?? 0);
  if (!ticks || wall <= 0) return undefined;
  let [worst, worstAt] = [0, 0];
  for (let row = 1; row < t.length; row += 1) {
    const length = (t[row] ?? 0) - (t[row - 1] ?? 0);
    const busy = ((ticks[row] ?? 0) - (ticks[row - 1] ?? 0)) / length;
    if (busy > worst) [worst, worstAt] = [busy, t[row - 1] ?? 0];
  }
  return {
    name,
    busy: (ticks.at(-1) ?? 0) / wall,
    worst: Math.min(1, worst),
    worstAt,
    requests: growth(series, 'rd_ios', 'wr_ios', 'fl_ios', 'ios'),
    tookMs: growth(series, 'rd_ticks', 'wr_ticks', 'all_ticks'),
  };
}

export function devicesLogged({ input }: Measures): Argument[] {
  if (input.source !== 'statistics') return [];
  const all = [...input.counters.disks].flatMap(([name, series]) => logged(name, series) ?? []);
  const first = all
    .filter(({ busy }) => busy > 0)
    .sort((a, b) => b.busy - a.busy)
    .slice(0, MOST_DEVICES);
  return first.map(({ name, busy, worst, worstAt, requests, tookMs }) => ({
    measure: `${name} in the log`,
    value: said`busy ${part(Math.min(1, busy))} of ${time(input.durationMs)}, ${part(worst)} in its worst interval, ${time(worstAt)} into the log`,
    meaning:
      tookMs > 0 && requests > 0
        ? `a request took ${duration(tookMs / requests)} on average, waiting in its queue included`
        : 'how long its requests took is not in the log',
    source: 'the log’s figures of devices',
  }));
}
