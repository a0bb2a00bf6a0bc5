// From the tape's readings to counters over time: each path has a decoder, chosen once, that adds a row to the series of that path.
// Readings that failed or can't be parsed leave no row; values keep the kernel's names and units. Rows can be asked for at any time.

import { unbounded, type Allowance } from '../base/allowance.js';
import { detached } from '../base/detached.js';
import { entry } from '../base/maps.js';
import type { Counters, DeviceId, ProcessCounters, Series } from '../model/counters.js';
import type { Interval } from '../base/intervals.js';
import type { Reading } from '../model/recording.js';
import { eachKeyValue } from '../base/procfs/key-values.js';
import { toInteger } from '../base/procfs/numbers.js';
import { parsePidStat } from '../base/procfs/pid-stat.js';
import { parseBdiStats } from './procfs/bdi-stats.js';
import { parseBlkioThrottle } from './procfs/blkio-throttle.js';
import { DISK_FIELDS, parseDiskstats } from '../base/procfs/diskstats.js';
import { parseIoStat } from './procfs/io-stat.js';
import { parsePressure } from './procfs/pressure.js';
import { parseSchedstat } from '../base/procfs/schedstat.js';
import { CPU_FIELDS, parseCpuLine } from './procfs/stat.js';
import { Alike } from './column.js';
import { SeriesBuilder } from './series.js';

/** Adds one reading to its series. */
type Decoder = (text: string, t: number) => void;

/** What V8 takes for a path with its decoder and its tables, for a disk, and for a text that is kept row by row. */
const PATH_BYTES = 1536;
const DISK_BYTES = 512;
const TEXT_BYTES = 32;
/** And for a row of such texts without the text. */
const ROW_BYTES = 8;

const PRESSURES = ['io', 'memory', 'cpu'] as const;

/** One process while its readings come in. */
class ProcessTables {
  readonly stat: SeriesBuilder;
  state: string[] = [];
  readonly io: SeriesBuilder;
  readonly schedstat: SeriesBuilder;
  readonly wchanT: SeriesBuilder;
  wchan: string[] = [];
  comm = '';

  constructor(allowance: Allowance) {
    this.stat = new SeriesBuilder(allowance);
    this.io = new SeriesBuilder(allowance);
    this.schedstat = new SeriesBuilder(allowance);
    this.wchanT = new SeriesBuilder(allowance);
  }
}

/** Takes the readings of counters in the tape's order; times become ms since the recording's start. */
export class CounterDecoder {
  private readonly allowance: Allowance;
  private readonly decoders = new Map<string, Decoder | undefined>();
  private readonly disks = new Map<DeviceId, SeriesBuilder>();
  private readonly diskNames = new Map<DeviceId, string>();
  private readonly vmstat: SeriesBuilder;
  private readonly meminfo: SeriesBuilder;
  private readonly cpu: SeriesBuilder;
  private readonly pressure = new Map<'io' | 'memory' | 'cpu', SeriesBuilder>();
  private readonly processes = new Map<number, ProcessTables>();
  private readonly threads = new Map<number, ProcessTables>();
  private readonly bdi = new Map<DeviceId, SeriesBuilder>();
  private readonly cgroups = new Map<string, SeriesBuilder>();

  constructor(allowance = unbounded()) {
    this.allowance = allowance;
    this.vmstat = this.newSeries();
    this.meminfo = this.newSeries();
    this.cpu = this.newSeries();
  }

  private readonly newSeries = (): SeriesBuilder => new SeriesBuilder(this.allowance);

  take({ path, text, atNs, failed }: Reading): void {
    if (!failed) this.decoderOf(path)?.(text, atNs / 1e6);
  }

  private decoderOf(path: string): Decoder | undefined {
    const known = this.decoders.get(path);
    if (known || this.decoders.has(path) || !this.allowance.take(PATH_BYTES + path.length)) return known;
    const decoder = this.newDecoder(path);
    this.decoders.set(path, decoder);
    return decoder;
  }

  private newDecoder(path: string): Decoder | undefined {
    if (path === '/proc/diskstats') return (text, t) => this.addDisks(text, t);
    if (path === '/proc/vmstat') return (text, t) => addKeyValues(this.vmstat, text, t);
    if (path === '/proc/meminfo') return (text, t) => addKeyValues(this.meminfo, text, t);
    if (path === '/proc/stat') return (text, t) => addInOrder(this.cpu, CPU_FIELDS, parseCpuLine(text), t);
    const pressure = PRESSURES.find((name) => path === `/proc/pressure/${name}`);
    if (pressure) return (text, t) => addPressure(entry(this.pressure, pressure, this.newSeries), text, t);
    const process = /^\/proc\/(\d+)\/(stat|io|schedstat|wchan)$/.exec(path);
    if (process) return this.processDecoder(this.processes, Number(process[1]), process[2] ?? '');
    const thread = /^\/proc\/\d+\/task\/(\d+)\/(stat|schedstat|wchan)$/.exec(path);
    if (thread) return this.processDecoder(this.threads, Number(thread[1]), thread[2] ?? '');
    const bdi = /^\/sys\/kernel\/debug\/bdi\/([^/]+)\/stats$/.exec(path)?.[1];
    if (bdi) return (text, t) => addAll(entry(this.bdi, bdi, this.newSeries), parseBdiStats(text), t);
    const add = CGROUP_FILES.get(path.slice(path.lastIndexOf('/') + 1));
    return add && ((text, t) => add(entry(this.cgroups, path, this.newSeries), text, t));
  }

  private addDisks(text: string, t: number): void {
    for (const { id, name, values } of parseDiskstats(text)) {
      if (!this.disks.has(id) && !this.allowance.take(DISK_BYTES + name.length)) continue;
      if (this.diskNames.get(id) !== name) this.diskNames.set(id, detached(name));
      addInOrder(entry(this.disks, id, this.newSeries), DISK_FIELDS, values, t);
    }
  }

  private processDecoder(into: Map<number, ProcessTables>, pid: number, file: string): Decoder {
    const tables = entry(into, pid, () => new ProcessTables(this.allowance));
    switch (file) {
      case 'stat':
        return (text, t) => this.addStat(tables, text, t);
      case 'io':
        return (text, t) => addKeyValues(tables.io, text, t);
      case 'schedstat':
        return (text, t) => addSchedstat(tables.schedstat, text, t);
      default:
        return (text, t) => this.addWchan(tables, text, t);
    }
  }

  private addWchan(tables: ProcessTables, text: string, t: number): void {
    const [name, last] = [text.trim(), tables.wchan.at(-1)];
    const cost = ROW_BYTES + (last === name ? 0 : TEXT_BYTES + text.length);
    if (!this.allowance.take(cost) || !tables.wchanT.begin(t)) return;
    // Of equal texts one is kept: a thread sleeps in the same place for thousands of samples.
    tables.wchan.push(last === name ? last : name);
  }

  private addStat(tables: ProcessTables, text: string, t: number): void {
    const stat = parsePidStat(text);
    if (!stat || !this.allowance.take(ROW_BYTES) || !tables.stat.begin(t)) return;
    // The name is the last one: a process changes it when it executes another program.
    if (stat.comm !== tables.comm) tables.comm = detached(stat.comm);
    tables.state.push(stat.state);
    for (const name of ['minflt', 'majflt', 'utime', 'stime', 'rss'] as const) tables.stat.set(name, stat[name]);
    tables.stat.set('cminflt', stat.childMinflt);
    tables.stat.set('num_threads', stat.threads);
    tables.stat.set('nice', stat.nice);
    tables.stat.set('policy', stat.policy);
    tables.stat.set('delayacct_blkio', stat.blkioTicks);
  }

  /** The rows of a part, whose times count from its beginning. What has none there has no entry. */
  within(part: Interval): Counters {
    const alike = new Alike(this.allowance);
    return {
      disks: allWithin(this.disks, part, alike),
      diskNames: new Map(this.diskNames),
      vmstat: this.vmstat.within(part, alike),
      meminfo: this.meminfo.within(part, alike),
      cpu: this.cpu.within(part, alike),
      pressure: allWithin(this.pressure, part, alike),
      processes: processesWithin(this.processes, part, alike),
      threads: processesWithin(this.threads, part, alike),
      bdi: allWithin(this.bdi, part, alike),
      cgroups: allWithin(this.cgroups, part, alike),
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

function processesWithin(
  all: ReadonlyMap<number, ProcessTables>,
  part: Interval,
  alike: Alike,
): Map<number, ProcessCounters> {
  return new Map(
    [...all].flatMap(([pid, tables]) => {
      const found = processWithin(pid, tables, part, alike);
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

function allWithin<K>(builders: ReadonlyMap<K, SeriesBuilder>, part: Interval, alike: Alike): Map<K, Series> {
  const found = [...builders].map(([key, builder]) => [key, builder.within(part, alike)] as const);
  return new Map(found.filter(([, { t }]) => t.length > 0));
}

function processWithin(pid: number, tables: ProcessTables, part: Interval, alike: Alike): ProcessCounters | undefined {
  const io = tables.io.within(part, alike);
  const schedstat = tables.schedstat.within(part, alike);
  const stat = tables.stat.within(part, alike);
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
