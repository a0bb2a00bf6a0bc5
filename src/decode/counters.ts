// From the tape's readings to counters over time: each path has a decoder, chosen once, that adds a row to the series of that path.
// Readings that failed or can't be parsed leave no row; values keep the kernel's names and units. Rows can be asked for at any time.

import type { Counters, DeviceId, ProcessCounters, Series } from '../model/counters.js';
import type { Interval } from '../base/intervals.js';
import type { Reading } from '../model/recording.js';
import { eachKeyValue } from '../base/procfs/key-values.js';
import { toInteger } from '../base/procfs/numbers.js';
import { parsePidStat } from '../base/procfs/pid-stat.js';
import { parseBdiStats } from './procfs/bdi-stats.js';
import { parseBlkioThrottle } from './procfs/blkio-throttle.js';
import { DISK_FIELDS, parseDiskstats } from './procfs/diskstats.js';
import { parseIoStat } from './procfs/io-stat.js';
import { parsePressure } from './procfs/pressure.js';
import { parseSchedstat } from './procfs/schedstat.js';
import { CPU_FIELDS, parseCpuLine } from './procfs/stat.js';
import { SeriesBuilder } from './series.js';

/** Adds one reading to its series. */
type Decoder = (text: string, t: number) => void;

const PRESSURES = ['io', 'memory', 'cpu'] as const;

/** One process while its readings come in. */
class ProcessTables {
  readonly stat = new SeriesBuilder();
  state: string[] = [];
  readonly io = new SeriesBuilder();
  readonly schedstat = new SeriesBuilder();
  readonly wchanT = new SeriesBuilder();
  wchan: string[] = [];
  comm = '';
}

/** Takes the readings of counters in the tape's order; times become ms since the recording's start. */
export class CounterDecoder {
  private readonly decoders = new Map<string, Decoder | undefined>();
  private readonly disks = new Map<DeviceId, SeriesBuilder>();
  private readonly diskNames = new Map<DeviceId, string>();
  private readonly vmstat = new SeriesBuilder();
  private readonly meminfo = new SeriesBuilder();
  private readonly cpu = new SeriesBuilder();
  private readonly pressure = new Map<'io' | 'memory' | 'cpu', SeriesBuilder>();
  private readonly processes = new Map<number, ProcessTables>();
  private readonly threads = new Map<number, ProcessTables>();
  private readonly bdi = new Map<DeviceId, SeriesBuilder>();
  private readonly cgroups = new Map<string, SeriesBuilder>();

  take({ path, text, atNs, failed }: Reading): void {
    if (failed) return;
    if (!this.decoders.has(path)) this.decoders.set(path, this.decoderOf(path));
    this.decoders.get(path)?.(text, atNs / 1e6);
  }

  private decoderOf(path: string): Decoder | undefined {
    if (path === '/proc/diskstats') return (text, t) => this.addDisks(text, t);
    if (path === '/proc/vmstat') return (text, t) => addKeyValues(this.vmstat, text, t);
    if (path === '/proc/meminfo') return (text, t) => addKeyValues(this.meminfo, text, t);
    if (path === '/proc/stat') return (text, t) => addInOrder(this.cpu, CPU_FIELDS, parseCpuLine(text), t);
    const pressure = PRESSURES.find((name) => path === `/proc/pressure/${name}`);
    if (pressure) return (text, t) => addPressure(entry(this.pressure, pressure, newSeries), text, t);
    const process = /^\/proc\/(\d+)\/(stat|io|schedstat|wchan)$/.exec(path);
    if (process) return processDecoder(this.processes, Number(process[1]), process[2] ?? '');
    const thread = /^\/proc\/\d+\/task\/(\d+)\/(stat|schedstat|wchan)$/.exec(path);
    if (thread) return processDecoder(this.threads, Number(thread[1]), thread[2] ?? '');
    const bdi = /^\/sys\/kernel\/debug\/bdi\/([^/]+)\/stats$/.exec(path)?.[1];
    if (bdi) return (text, t) => addAll(entry(this.bdi, bdi, newSeries), parseBdiStats(text), t);
    const add = CGROUP_FILES.get(path.slice(path.lastIndexOf('/') + 1));
    return add && ((text, t) => add(entry(this.cgroups, path, newSeries), text, t));
  }

  private addDisks(text: string, t: number): void {
    for (const { id, name, values } of parseDiskstats(text)) {
      this.diskNames.set(id, name);
      addInOrder(entry(this.disks, id, newSeries), DISK_FIELDS, values, t);
    }
  }

  /** The rows of a part, whose times count from its beginning. What has none there has no entry. */
  within(part: Interval): Counters {
    return {
      disks: allWithin(this.disks, part),
      diskNames: new Map(this.diskNames),
      vmstat: this.vmstat.within(part),
      meminfo: this.meminfo.within(part),
      cpu: this.cpu.within(part),
      pressure: allWithin(this.pressure, part),
      processes: processesWithin(this.processes, part),
      threads: processesWithin(this.threads, part),
      bdi: allWithin(this.bdi, part),
      cgroups: allWithin(this.cgroups, part),
    };
  }

  /** Forgets the rows before `ms`, and what has no others. */
  forgetBefore(ms: number): void {
    for (const series of [this.vmstat, this.meminfo, this.cpu]) series.forgetBefore(ms);
    for (const all of [this.disks, this.pressure, this.bdi, this.cgroups])
      for (const series of all.values()) series.forgetBefore(ms);
    for (const all of [this.processes, this.threads]) {
      for (const [pid, tables] of all) if (forgetProcess(tables, ms)) all.delete(pid);
    }
    // Decoders hold the tables that they fill.
    this.decoders.clear();
  }
}

function processDecoder(into: Map<number, ProcessTables>, pid: number, file: string): Decoder {
  const tables = entry(into, pid, () => new ProcessTables());
  switch (file) {
    case 'stat':
      return (text, t) => addStat(tables, text, t);
    case 'io':
      return (text, t) => addKeyValues(tables.io, text, t);
    case 'schedstat':
      return (text, t) => addSchedstat(tables.schedstat, text, t);
    default:
      return (text, t) => {
        if (!tables.wchanT.begin(t)) return;
        const [name, last] = [text.trim(), tables.wchan.at(-1)];
        // Of equal texts one is kept: a thread sleeps in the same place for thousands of samples.
        tables.wchan.push(last === name ? last : name);
      };
  }
}

function processesWithin(all: ReadonlyMap<number, ProcessTables>, part: Interval): Map<number, ProcessCounters> {
  return new Map(
    [...all].flatMap(([pid, tables]) => {
      const found = processWithin(pid, tables, part);
      return found ? [[pid, found]] : [];
    }),
  );
}

/** True where nothing is left. */
function forgetProcess(tables: ProcessTables, ms: number): boolean {
  tables.state = tables.state.slice(tables.stat.forgetBefore(ms));
  tables.wchan = tables.wchan.slice(tables.wchanT.forgetBefore(ms));
  tables.io.forgetBefore(ms);
  tables.schedstat.forgetBefore(ms);
  return [tables.stat, tables.wchanT, tables.io, tables.schedstat].every(({ length }) => length === 0);
}

function newSeries(): SeriesBuilder {
  return new SeriesBuilder();
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

function allWithin<K>(builders: ReadonlyMap<K, SeriesBuilder>, part: Interval): Map<K, Series> {
  const found = [...builders].map(([key, builder]) => [key, builder.within(part)] as const);
  return new Map(found.filter(([, { t }]) => t.length > 0));
}

function processWithin(pid: number, tables: ProcessTables, part: Interval): ProcessCounters | undefined {
  const io = tables.io.within(part);
  const schedstat = tables.schedstat.within(part);
  const stat = tables.stat.within(part);
  const { t } = tables.wchanT.within(part);
  if ([stat, io, schedstat].every((series) => series.t.length === 0) && t.length === 0) return undefined;
  return {
    pid,
    comm: tables.comm,
    stat,
    state: tables.state.slice(...tables.stat.rowsOf(part)),
    ...(io.t.length > 0 && { io }),
    ...(schedstat.t.length > 0 && { schedstat }),
    ...(t.length > 0 && { wchan: { t, name: tables.wchan.slice(...tables.wchanT.rowsOf(part)) } }),
  };
}

function addStat(tables: ProcessTables, text: string, t: number): void {
  const stat = parsePidStat(text);
  if (!stat || !tables.stat.begin(t)) return;
  // The name is the last one: a process changes it when it executes another program.
  tables.comm = stat.comm;
  tables.state.push(stat.state);
  for (const name of ['minflt', 'majflt', 'utime', 'stime', 'rss'] as const) tables.stat.set(name, stat[name]);
  tables.stat.set('num_threads', stat.threads);
  tables.stat.set('delayacct_blkio', stat.blkioTicks);
}

function addSchedstat(series: SeriesBuilder, text: string, t: number): void {
  const values = parseSchedstat(text);
  if (values) addInOrder(series, ['run_ns', 'wait_ns', 'slices'], [values.runNs, values.waitNs, values.slices], t);
}

function addKeyValues(series: SeriesBuilder, text: string, t: number): void {
  let begun: boolean | undefined;
  eachKeyValue(text, (key, value) => {
    begun ??= series.begin(t);
    if (begun) series.set(key, value);
  });
}

function addAll(series: SeriesBuilder, values: ReadonlyMap<string, number>, t: number): void {
  if (values.size === 0 || !series.begin(t)) return;
  for (const [name, value] of values) series.set(name, value);
}

function addInOrder(
  series: SeriesBuilder,
  names: readonly string[],
  values: readonly number[] | undefined,
  t: number,
): void {
  if (values && series.begin(t)) names.forEach((name, index) => series.set(name, values[index]));
}

function addPressure(series: SeriesBuilder, text: string, t: number): void {
  const { some, full } = parsePressure(text);
  if ((some === undefined && full === undefined) || !series.begin(t)) return;
  series.set('some_total', some);
  series.set('full_total', full);
}

/** Columns are 'MAJ:MIN Write'. A cgroup that did no I/O yet has no lines: its row is empty, and figures begin when it does. */
function addThrottle(series: SeriesBuilder, text: string, t: number): void {
  if (!series.begin(t)) return;
  for (const { device, operation, value } of parseBlkioThrottle(text)) series.set(`${device} ${operation}`, value);
}

/** Columns are 'MAJ:MIN wbytes'. */
function addIoStat(series: SeriesBuilder, text: string, t: number): void {
  if (!series.begin(t)) return;
  for (const { device, values } of parseIoStat(text))
    for (const [key, value] of values) series.set(`${device} ${key}`, value);
}

/** A file of one figure has the column 'value'. */
function addValue(series: SeriesBuilder, text: string, t: number): void {
  const value = toInteger(text.trim());
  if (value !== undefined && series.begin(t)) series.set('value', value);
}

/** The decoders of a cgroup's files, whatever folder its hierarchy is mounted on. */
const CGROUP_FILES = new Map<string, (series: SeriesBuilder, text: string, t: number) => void>([
  ['cpu.stat', addKeyValues],
  ['memory.events', addKeyValues],
  ['memory.current', addValue],
  ['memory.usage_in_bytes', addValue],
  ['memory.failcnt', addValue],
  ['blkio.throttle.io_service_bytes', addThrottle],
  ['blkio.throttle.io_serviced', addThrottle],
  ['io.stat', addIoStat],
  ['io.pressure', addPressure],
]);
