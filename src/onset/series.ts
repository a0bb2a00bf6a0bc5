// One recording → every counter and what is derived from counters, as series over time: rates of what only grows, levels of what goes up and down, of the
// victim's disk what iostat tells (Documentation/admin-guide/iostats.rst). A value that can't be told (a latency where nothing completed) is NaN.
// Series are made when they are asked for, as there are hundreds.

import type { Measures } from '../analysis/measures.js';
import { grouped } from '../base/maps.js';
import type { Series } from '../model/counters.js';
import { flow, frequency, memory, number, part, time, type Quantity, type Unit } from '../model/quantity.js';

export interface Values {
  /** ms since the recording's start. */
  readonly t: Float64Array;
  readonly values: Float64Array;
}

export interface Measure {
  readonly id: string;
  readonly label: string;
  readonly unit: Unit;
  readonly values: () => Values;
}

const NONE: Values = { t: new Float64Array(0), values: new Float64Array(0) };

const QUANTITIES: Readonly<Record<Unit, (value: number) => Quantity>> = {
  ms: time,
  share: part,
  bytes: memory,
  'bytes/s': flow,
  count: number,
  'per second': frequency,
  times: number,
};

/** A value of a measure as people read it. */
export function quantityOf(unit: Unit, value: number): Quantity {
  return QUANTITIES[unit](value);
}

/** From each row to the next, of the growth of columns in that time; the row's time is the later one. */
function perStep(
  series: Series | undefined,
  names: readonly string[],
  of: (grown: readonly number[], ms: number) => number,
): Values {
  const columns = names.map((name) => series?.columns.get(name));
  if (!series || columns.some((column) => column === undefined) || series.t.length < 2) return NONE;
  const { t } = series;
  const values = new Float64Array(t.length - 1);
  for (let row = 1; row < t.length; row += 1) {
    const grown = columns.map((column) => (column?.[row] ?? NaN) - (column?.[row - 1] ?? NaN));
    // A counter that falls was begun anew.
    values[row - 1] = grown.some((one) => one < 0) ? NaN : of(grown, (t[row] ?? NaN) - (t[row - 1] ?? NaN));
  }
  return { t: t.subarray(1), values };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

const SECTOR = 512;

/** What iostat tells of a disk. */
function ofDisk(id: string, label: string, series: Series | undefined): Measure[] {
  if (!series) return [];
  const made = (
    name: string,
    words: string,
    unit: Unit,
    names: readonly string[],
    of: (grown: readonly number[], ms: number) => number,
  ): Measure => ({ id: `${id}.${name}`, label: `${label}: ${words}`, unit, values: () => perStep(series, names, of) });
  const rate = ([grown = NaN]: readonly number[], ms: number) => (grown * 1000) / ms;
  const each = ([of = NaN, count = NaN]: readonly number[]) => (count > 0 ? of / count : NaN);
  const bytes = (grown: readonly number[], ms: number) => (sum(grown) * SECTOR * 1000) / ms;
  return [
    made('throughput', 'throughput', 'bytes/s', ['rd_sectors', 'wr_sectors'], bytes),
    made('iops', 'requests a second', 'per second', ['rd_ios', 'wr_ios'], (grown, ms) => (sum(grown) * 1000) / ms),
    made(
      'await',
      'time a request takes',
      'ms',
      ['rd_ticks', 'wr_ticks', 'rd_ios', 'wr_ios'],
      ([a = NaN, b = NaN, c = NaN, d = NaN]) => (c + d > 0 ? (a + b) / (c + d) : NaN),
    ),
    made('read.rate', 'reads a second', 'per second', ['rd_ios'], rate),
    made('read.bytes', 'read', 'bytes/s', ['rd_sectors'], bytes),
    made('read.await', 'time a read takes', 'ms', ['rd_ticks', 'rd_ios'], each),
    made('write.rate', 'writes a second', 'per second', ['wr_ios'], rate),
    made('write.bytes', 'written', 'bytes/s', ['wr_sectors'], bytes),
    made('write.await', 'time a write takes', 'ms', ['wr_ticks', 'wr_ios'], each),
    made('write.size', 'size of a write', 'bytes', ['wr_sectors', 'wr_ios'], (grown) => SECTOR * each(grown)),
    made('flush.rate', 'flushes a second', 'per second', ['fl_ios'], rate),
    made('flush.await', 'time a flush takes', 'ms', ['fl_ticks', 'fl_ios'], each),
    made('busy', 'busy', 'share', ['io_ticks'], ([grown = NaN], ms) => Math.min(1, grown / ms)),
    made('depth', 'requests in flight', 'count', ['time_in_queue'], ([grown = NaN], ms) => grown / ms),
  ];
}

/** Columns of /proc/vmstat that are levels, in pages or things; all others only grow (mm/vmstat.c). */
const LEVELS = /^nr_(?!dirtied$|written$|vmscan_|throttled_written$|foll_pin_|tlb_)|^workingset_nodes$/;

function ofColumns(
  source: string,
  series: Series,
  made: (name: string) => { readonly unit: Unit; readonly times?: number; readonly isLevel: boolean },
): Measure[] {
  return [...series.columns].map(([name, column]): Measure => {
    const { unit, isLevel, times = 1 } = made(name);
    const values = () =>
      isLevel
        ? { t: series.t, values: times === 1 ? column : column.map((value) => value * times) }
        : perStep(series, [name], ([grown = NaN], ms) => (grown * times * 1000) / ms);
    return { id: `${source}.${name}`, label: `${name} (${source})`, unit, values };
  });
}

const CPU_BUSY = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const;

function ofCpu(series: Series): Measure[] {
  return CPU_BUSY.map((name, at) => ({
    id: `cpu.${name}`,
    label: `CPU time: ${name}`,
    unit: 'share' as const,
    values: () => perStep(series, CPU_BUSY, (grown) => (grown[at] ?? NaN) / sum(grown)),
  }));
}

/** Bytes of /proc/PID/io; calls are counted. */
const IO_FIELDS = [
  ['rchar', 'read by calls', 'bytes/s'],
  ['wchar', 'written by calls', 'bytes/s'],
  ['syscr', 'reading calls a second', 'per second'],
  ['syscw', 'writing calls a second', 'per second'],
  ['read_bytes', 'read from disks', 'bytes/s'],
  ['write_bytes', 'made dirty', 'bytes/s'],
] as const;

/** Processes of a name together would need one clock: the one that a name stands for is that of most samples. */
function ofProcesses(m: Measures): Measure[] {
  const { processes } = m.input.counters;
  const byName = grouped(processes.values(), ({ comm }) => comm);
  return [...byName].flatMap(([comm, all]) => {
    const own = all.find(({ pid }) => pid === m.account?.pid);
    const one = own ?? all.toSorted((a, b) => b.stat.t.length - a.stat.t.length)[0];
    if (!one) return [];
    const who = own ? 'the victim' : comm;
    const id = own ? 'victim' : `process.${comm}`;
    const cpu: Measure[] = one.schedstat
      ? [['run_ns', 'on a CPU'] as const, ['wait_ns', 'ready, without a CPU'] as const].map(([name, words]) => ({
          id: `${id}.${name}`,
          label: `${who}: ${words}`,
          unit: 'share' as const,
          values: () => perStep(one.schedstat, [name], ([grown = NaN], ms) => grown / 1e6 / ms),
        }))
      : [];
    const io = IO_FIELDS.map(([name, words, unit]): Measure => ({
      id: `${id}.${name}`,
      label: `${who}: ${words}`,
      unit,
      values: () => perStep(one.io, [name], ([grown = NaN], ms) => (grown * 1000) / ms),
    }));
    return [...cpu, ...(one.io ? io : [])];
  });
}

/** All measures of a recording. */
export function measuresOf(m: Measures): Measure[] {
  const { disks, vmstat, meminfo, cpu, pressure, bdi, cgroups } = m.input.counters;
  const { disk, topology } = m;
  const [beneath] = disk === undefined ? [] : topology.beneath(disk);
  return [
    ...(disk === undefined ? [] : ofDisk('disk', 'the victim’s disk', disks.get(disk))),
    ...(beneath === undefined ? [] : ofDisk('beneath', 'the disk beneath', disks.get(beneath))),
    ...ofProcesses(m),
    ...ofCpu(cpu),
    ...[...pressure].flatMap(([kind, series]) =>
      (['some', 'full'] as const).map((who): Measure => ({
        id: `pressure.${kind}.${who}`,
        label: `pressure of ${kind}: ${who === 'some' ? 'some tasks' : 'all tasks'}`,
        unit: 'share',
        values: () => perStep(series, [`${who}_total`], ([grown = NaN], ms) => grown / 1000 / ms),
      })),
    ),
    ...ofColumns('vmstat', vmstat, (name) => {
      const isLevel = LEVELS.test(name);
      return { isLevel, unit: isLevel ? 'count' : 'per second' };
    }),
    ...ofColumns('meminfo', meminfo, (name) => {
      const isCount = name.startsWith('HugePages_');
      return { isLevel: true, unit: isCount ? 'count' : 'bytes', times: isCount ? 1 : 1024 };
    }),
    ...(disk !== undefined && bdi.get(disk)
      ? ofColumns('writeback of the victim’s disk', bdi.get(disk) ?? { t: NONE.t, columns: new Map() }, (name) => ({
          isLevel: !/^Bdi(Dirtied|Written)$/.test(name),
          unit: 'count',
        }))
      : []),
    ...[...cgroups].flatMap(([file, series]) =>
      ofColumns(file, series, (name) => ({
        isLevel: name === 'value',
        unit: name === 'value' ? 'bytes' : 'per second',
      })),
    ),
  ];
}

/** The same without what is not known. */
export function known({ t, values }: Values): Values {
  if (!values.some(Number.isNaN)) return { t, values };
  const rows = [...values.keys()].filter((row) => !Number.isNaN(values[row]));
  return {
    t: Float64Array.from(rows, (row) => t[row] ?? NaN),
    values: Float64Array.from(rows, (row) => values[row] ?? NaN),
  };
}
