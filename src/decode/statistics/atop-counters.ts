// atop's samples → counters that grow: disks, CPUs, pressure, dirty pages, and of processes their CPU time and what they read and wrote. atop
// prints what each grew by since the sample before.
//
// Source: atop's json.c and photosyst.h (2.8.1): ticks, sectors of 512 bytes, µs of pressure, bytes of memory.

import { entry } from '../../base/maps.js';
import type { Counters, ProcessCounters, Series } from '../../model/counters.js';
import type { AtopLog, AtopSample } from './atop-json.js';
import { figure, listOf, objectOf, textOf, type Fields } from './fields.js';
import { Growth, type Span } from './growth.js';
import { MOST_DISKS, spansOf, type Told } from './intervals.js';

const SECTOR = 512;
const KIB = 1024;
/** A name in an object of a disk, of a logical volume and of an md device; they are of one list here. */
const DISK_LISTS = ['DSK', 'LVM', 'MDD'] as const;
const DISK_NAMES = ['dskname', 'lvmname', 'mddname'] as const;

/** Fields by columns, as /proc/diskstats and /proc/stat have them. */
const DISK: Readonly<Record<string, string>> = {
  rd_ios: 'nread',
  rd_sectors: 'nrsect',
  wr_ios: 'nwrite',
  wr_sectors: 'nwsect',
  dc_ios: 'ndiscrd',
  io_ticks: 'io_ms',
  time_in_queue: 'avque',
  all_ticks: 'avque',
};
const CPU: Readonly<Record<string, string>> = {
  user: 'utime',
  nice: 'ntime',
  system: 'stime',
  idle: 'itime',
  iowait: 'wtime',
  irq: 'Itime',
  softirq: 'Stime',
  steal: 'steal',
};
const PRESSURE = {
  io: { some_total: 'iostot', full_total: 'ioftot' },
  memory: { some_total: 'mstot', full_total: 'mftot' },
  cpu: { some_total: 'cstot' },
} as const;

function growths(fields: Fields, names: Readonly<Record<string, string>>): Record<string, number> {
  return Object.fromEntries(Object.entries(names).map(([column, name]) => [column, figure(fields, name)]));
}

/**
 * The samples as intervals. One that reaches back before the sample before it counts from the machine's start, as atop's first one does: it only
 * tells when the next begins. `stepped` are those of a time before the sample before them, which are left out.
 */
export function atopSpans(samples: readonly AtopSample[]): { readonly spans: Told[]; readonly stepped: number } {
  let before: number | undefined;
  let stepped = 0;
  const intervals = samples.flatMap(({ at, seconds, fields }) => {
    if (before !== undefined && at < before) {
      stepped += 1;
      return [];
    }
    // Both are whole seconds of a clock that has more.
    const isOfInterval = before !== undefined && seconds <= at - before + 1;
    before = at;
    return [{ at: at * 1000, seconds: undefined, fields: isOfInterval ? fields : {} }];
  });
  return { spans: spansOf(intervals), stepped };
}

function series(spans: readonly Told[], group: string, names: Readonly<Record<string, string>>): Series {
  const growth = new Growth();
  for (const span of spans)
    if (span.fields[group] !== undefined) growth.add(span, growths(objectOf(span.fields[group]), names));
  return growth.finish();
}

function disksOf(spans: readonly Told[]): Map<string, Series> {
  const disks = new Map<string, Growth>();
  for (const span of spans) {
    for (const disk of DISK_LISTS.flatMap((list) => listOf(span.fields[list]))) {
      const name = textOf(disk, ...DISK_NAMES);
      if (name === undefined || (!disks.has(name) && disks.size >= MOST_DISKS)) continue;
      entry(disks, name, () => new Growth()).add(span, growths(disk, DISK));
    }
  }
  return new Map([...disks].map(([name, growth]) => [name, growth.finish()]));
}

class Process {
  comm = '';
  readonly stat = new Growth();
  readonly io = new Growth();
  /** At the beginning of its first interval and at the end of each; the empty text where it was not there. */
  readonly state: string[] = [];
  private until = NaN;

  times(span: Span, { utime, stime }: Record<string, number>, state: string): void {
    if (this.state.length === 0) this.state.push(state);
    else if (span.from > this.until) this.state.push('', '');
    this.state.push(state);
    this.until = span.to;
    this.stat.add(span, { utime: utime ?? NaN, stime: stime ?? NaN });
  }

  bytes(span: Span, grown: Record<string, number>): void {
    const bytes = Object.entries(grown).map(([column, sectors]) => [column, sectors * SECTOR]);
    this.io.add(span, Object.fromEntries(bytes));
  }

  counters(pid: number): ProcessCounters {
    const io = this.io.finish();
    return {
      pid,
      comm: this.comm,
      stat: this.stat.finish(),
      state: this.state,
      ...(io.columns.size > 0 && { io }),
    };
  }
}

const TIMES = { utime: 'utime', stime: 'stime' };
const IO = { read_bytes: 'rsz', write_bytes: 'wsz', cancelled_write_bytes: 'cwsz' };

/** Threads beside their process are left out: what they did is the process's. */
function processesOf(spans: readonly Told[]): Map<number, ProcessCounters> {
  const found = new Map<number, Process>();
  for (const span of spans) {
    const states = new Map<number, string>();
    for (const general of listOf(span.fields['PRG'])) {
      const pid = figure(general, 'pid');
      if (!Number.isSafeInteger(pid) || figure(general, 'isproc') === 0) continue;
      const name = textOf(general, 'name')?.replace(/^\((.*)\)$/, '$1');
      entry(found, pid, () => new Process()).comm = name ?? '';
      states.set(pid, textOf(general, 'state') ?? '');
    }
    for (const [list, take] of [
      ['PRC', (one: Process, fields: Fields, state: string) => one.times(span, growths(fields, TIMES), state)],
      ['PRD', (one: Process, fields: Fields) => one.bytes(span, growths(fields, IO))],
    ] as const) {
      for (const fields of listOf(span.fields[list])) {
        const pid = figure(fields, 'pid');
        const [one, state] = [found.get(pid), states.get(pid)];
        if (one && state !== undefined) take(one, fields, state);
      }
    }
  }
  return new Map([...found].map(([pid, one]) => [pid, one.counters(pid)]));
}

/** The counters of a log's intervals; memory counts in pages of 1 KiB. */
export function atopCounters(spans: readonly Told[], none: Counters): Counters {
  const disks = disksOf(spans);
  const pressure = (['io', 'memory', 'cpu'] as const).flatMap((name): [typeof name, Series][] => {
    const told = series(spans, 'PSI', PRESSURE[name]);
    return told.columns.size > 0 ? [[name, told]] : [];
  });
  const memory = spans.filter(({ fields }) => !Number.isNaN(figure(objectOf(fields['MEM']), 'cachedrt')));
  return {
    ...none,
    disks,
    diskNames: new Map([...disks.keys()].map((name) => [name, name])),
    cpu: series(spans, 'CPU', CPU),
    pressure: new Map(pressure),
    processes: processesOf(spans),
    ...(memory.length > 0 && {
      vmstat: {
        t: Float64Array.from(memory, ({ to }) => to),
        columns: new Map([
          ['nr_dirty', Float64Array.from(memory, ({ fields }) => figure(objectOf(fields['MEM']), 'cachedrt') / KIB)],
        ]),
      },
    }),
  };
}

/** Clock ticks a second on the logged machine; NaN where the log does not tell. */
export function ticksOf({ samples }: AtopLog): number {
  return figure(objectOf(samples[0]?.fields['CPU']), 'hertz');
}
