// From the tape's readings to counters over time: each path has a decoder, chosen once, that adds a row to the series of that path.
// Readings that failed, belong to a set of facts or can't be parsed leave no row; values keep the kernel's names and units.

import type { Counters, DeviceId, ProcessCounters, Series } from '../model/counters.js';
import type { Reading } from '../model/recording.js';
import { eachKeyValue } from '../base/procfs/key-values.js';
import { toInteger } from '../base/procfs/numbers.js';
import { parsePidStat } from '../base/procfs/pid-stat.js';
import { FactSets } from './fact-sets.js';
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

/** `readings` in the tape's order; times become ms since the recording's start. */
export function decodeCounters(readings: Iterable<Reading>): Counters {
  const sets = new FactSets();
  const tables = new CounterTables();
  const decoders = new Map<string, Decoder | undefined>();
  for (const reading of readings) {
    if (sets.classify(reading) !== undefined || reading.failed) continue;
    const { path } = reading;
    if (!decoders.has(path)) decoders.set(path, tables.decoderOf(path));
    decoders.get(path)?.(reading.text, reading.atNs / 1e6);
  }
  return tables.finish();
}

const PRESSURES = ['io', 'memory', 'cpu'] as const;

/** One process while its readings come in. */
class ProcessTables {
  readonly stat = new SeriesBuilder();
  readonly state: string[] = [];
  readonly io = new SeriesBuilder();
  readonly schedstat = new SeriesBuilder();
  readonly wchanT: number[] = [];
  readonly wchan: string[] = [];
  comm = '';
}

class CounterTables {
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

  decoderOf(path: string): Decoder | undefined {
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

  finish(): Counters {
    return {
      disks: finishAll(this.disks),
      diskNames: this.diskNames,
      vmstat: this.vmstat.finish(),
      meminfo: this.meminfo.finish(),
      cpu: this.cpu.finish(),
      pressure: finishAll(this.pressure),
      processes: finishProcesses(this.processes),
      threads: finishProcesses(this.threads),
      bdi: finishAll(this.bdi),
      cgroups: finishAll(this.cgroups),
    };
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
        tables.wchanT.push(t);
        tables.wchan.push(text.trim());
      };
  }
}

function finishProcesses(all: ReadonlyMap<number, ProcessTables>): Map<number, ProcessCounters> {
  return new Map([...all].map(([pid, tables]) => [pid, finishProcess(pid, tables)]));
}

function newSeries(): SeriesBuilder {
  return new SeriesBuilder();
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

function finishAll<K>(builders: ReadonlyMap<K, SeriesBuilder>): Map<K, Series> {
  return new Map([...builders].map(([key, builder]) => [key, builder.finish()]));
}

function finishProcess(pid: number, tables: ProcessTables): ProcessCounters {
  const io = tables.io.finish();
  const schedstat = tables.schedstat.finish();
  return {
    pid,
    comm: tables.comm,
    stat: tables.stat.finish(),
    state: tables.state,
    ...(io.t.length > 0 && { io }),
    ...(schedstat.t.length > 0 && { schedstat }),
    ...(tables.wchan.length > 0 && { wchan: { t: Float64Array.from(tables.wchanT), name: tables.wchan } }),
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
