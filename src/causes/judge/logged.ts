// What a log of statistics shows of its devices and programs, as evidence of a verdict that is inconclusive: how busy the busiest devices were, how
// long their requests took, and the worst interval of each; which programs read and wrote most.

import { isKernelThread } from '../../analysis/machine/processes.js';
import { duration } from '../../base/format.js';
import type { Measures } from '../../analysis/measures.js';
import type { ProcessCounters, Series } from '../../model/counters.js';
import { part, said, size, time } from '../../model/quantity.js';
import type { Argument } from '../cause.js';

/** Devices that are told, and programs. */
const MOST_DEVICES = 3;
const MOST_PROGRAMS = 3;

interface Logged {
  readonly name: string;
  readonly busy: number;
  readonly intervals: number;
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
    intervals: t.length - 1,
    worst: Math.min(1, worst),
    worstAt,
    requests: growth(series, 'rd_ios', 'wr_ios', 'fl_ios', 'dc_ios', 'ios'),
    tookMs: growth(series, 'rd_ticks', 'wr_ticks', 'all_ticks'),
  };
}

export function devicesLogged({ input }: Measures): Argument[] {
  if (input.source !== 'statistics' && input.source !== 'benchmark') return [];
  const all = [...input.counters.disks].flatMap(([name, series]) => logged(name, series) ?? []);
  const first = all
    .filter(({ busy }) => busy > 0)
    .sort((a, b) => b.busy - a.busy)
    .slice(0, MOST_DEVICES);
  return first.map(({ name, busy, intervals, worst, worstAt, requests, tookMs }) => ({
    measure: `${name} in the log`,
    value:
      intervals > 1
        ? said`busy ${part(Math.min(1, busy))} of ${time(input.durationMs)}, ${part(worst)} in its worst interval, ${time(worstAt)} into the log`
        : said`busy ${part(Math.min(1, busy))} of ${time(input.durationMs)}`,
    meaning:
      tookMs > 0 && requests > 0
        ? `a request took ${duration(tookMs / requests)} on average, waiting in its queue included`
        : 'how long its requests took is not in the log',
    source: 'the log’s figures of devices',
  }));
}

/** NaN where the log does not tell. */
function moved({ io }: ProcessCounters): { readonly read: number; readonly written: number } {
  return {
    read: io ? growth(io, 'read_bytes') : NaN,
    written: io ? growth(io, 'write_bytes') : NaN,
  };
}

/** Threads of the kernel, which work for others, behind all programs. */
export function programsLogged({ input }: Measures): Argument[] {
  if (input.source !== 'statistics') return [];
  const rankOf = ({ pid }: ProcessCounters) => Number(isKernelThread(input, pid));
  return [...input.counters.processes.values()]
    .map((process) => ({ process, ...moved(process) }))
    .filter(({ read, written }) => read + written > 0)
    .sort((a, b) => rankOf(a.process) - rankOf(b.process) || b.read + b.written - a.read - a.written)
    .slice(0, MOST_PROGRAMS)
    .map(({ process: { comm, pid }, read, written }) => ({
      measure: `${comm || 'unnamed'} (${pid}) in the log`,
      value: said`${size(written)} written, ${size(read)} read`,
      meaning:
        'of all devices together; a write counts for who made the pages dirty, whenever the kernel writes them out',
      source: 'the log’s figures of processes',
    }));
}
