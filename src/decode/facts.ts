// From the tape's sets of facts to the facts of the machine, one value a set: settings by path, devices and what they stand on, mounts,
// limits, processes and the summary. A set that was cut short by a crash holds what was read of it.

import { cgroupOfFile, findHierarchies, parseMembership } from '../base/procfs/cgroups.js';
import { parseKeyValues } from '../base/procfs/key-values.js';
import { parseMountinfo } from '../base/procfs/mountinfo.js';
import { isDaemon, parsePidStat, type PidStat } from '../base/procfs/pid-stat.js';
import type { Interval } from '../base/intervals.js';
import type { CgroupLimit, Facts, Mount, RunningProcess } from '../model/facts.js';
import type { FactsMark, Reading } from '../model/recording.js';
import { decodeDevices } from './devices.js';
import { isLimitFile, parseLimit } from './procfs/cgroup-limits.js';
import { countCpuList } from './procfs/cpuinfo.js';
import { summarise } from './summary.js';

/** Readings of one set by path. */
interface FactSet {
  readonly when: FactsMark['when'];
  readonly atMs: number;
  readonly texts: Map<string, string>;
}

/** Takes the tape's facts as they come, and gives those of a part at any time. */
export class FactsDecoder {
  private sets: FactSet[] = [];
  /** The last text of each path: one set differs little from the next, and what is the same is kept once. */
  private readonly known = new Map<string, string>();
  private readonly ticksPerSecond: number;

  constructor(ticksPerSecond: number) {
    this.ticksPerSecond = ticksPerSecond;
  }

  begin({ when }: FactsMark, atMs: number): void {
    this.sets.push({ when, atMs, texts: new Map() });
  }

  /** A member of the set begun last. */
  add({ path, text, failed }: Reading): void {
    if (failed) return;
    let kept = this.known.get(path);
    if (kept !== text) this.known.set(path, (kept = text));
    this.sets.at(-1)?.texts.set(path, kept);
  }

  /** Forgets the sets that are over at `ms`: all but the one in force then and those that follow. */
  forgetBefore(ms: number): void {
    this.sets = inForce(this.sets, ms);
  }

  /** The sets of a part, decoded one by one as they are asked for; times in ms since the part's beginning, at which the first is in force. */
  *within({ from, to }: Interval): Generator<Facts> {
    for (const set of inForce(this.sets, from)) if (set.atMs <= to) yield decodeSet(set, from, this.ticksPerSecond);
  }
}

function inForce(sets: readonly FactSet[], ms: number): FactSet[] {
  const first = sets.findLastIndex(({ atMs }) => atMs <= ms);
  return sets.slice(Math.max(0, first));
}

/** Times count from `from`; a set that was taken before stands at 0. */
function decodeSet({ when, atMs, texts }: FactSet, from: number, ticksPerSecond: number): Facts {
  const files = new Map([...texts].filter(([path]) => !/^\/proc\/(\d+|self)\//.test(path)));
  const mounts = parseMountinfo(texts.get('/proc/self/mountinfo') ?? '');
  const memory = parseKeyValues(files.get('/proc/meminfo') ?? '').get('MemTotal');
  return {
    atMs: Math.max(0, atMs - from),
    when,
    files,
    devices: decodeDevices(files, mounts),
    mounts,
    limits: decodeLimits(files, mounts),
    processes: decodeProcesses(texts, atMs - from, ticksPerSecond),
    cpus: countCpuList(files.get('/sys/devices/system/cpu/online') ?? '') ?? NaN,
    kernel:
      files.get('/proc/sys/kernel/osrelease')?.trim() ??
      /^Linux version (\S+)/.exec(files.get('/proc/version') ?? '')?.[1] ??
      '',
    summary: summarise(files),
    ...(memory !== undefined && { memoryBytes: memory * 1024 }),
  };
}

function decodeLimits(files: ReadonlyMap<string, string>, mounts: readonly Mount[]): CgroupLimit[] {
  const hierarchies = findHierarchies(mounts);
  const limits: CgroupLimit[] = [];
  for (const [file, text] of files) {
    const slash = file.lastIndexOf('/');
    if (!isLimitFile(file.slice(slash + 1))) continue;
    const cgroup = cgroupOfFile(hierarchies, file);
    if (cgroup === undefined) continue;
    const sibling = (name: string) => files.get(file.slice(0, slash + 1) + name);
    for (const limit of parseLimit(file.slice(slash + 1), text, sibling)) limits.push({ cgroup, file, ...limit });
  }
  return limits;
}

function decodeProcesses(texts: ReadonlyMap<string, string>, atMs: number, ticksPerSecond: number): RunningProcess[] {
  const recorder = parsePidStat(texts.get('/proc/self/stat') ?? '')?.pid;
  const commOf = (pid: number) => parsePidStat(texts.get(`/proc/${pid}/stat`) ?? '')?.comm;
  const uptime = Number(/^\d+(\.\d+)?/.exec(texts.get('/proc/uptime') ?? '')?.[0]);
  const processes: RunningProcess[] = [];
  for (const [path, text] of texts) {
    const folder = /^\/proc\/\d+\//.exec(path)?.[0];
    const stat = folder !== undefined && path === `${folder}stat` ? parsePidStat(text) : undefined;
    if (!stat) continue;
    // A database's backends lead sessions of their own as well, and come and go with its clients.
    const isWorker = isDaemon(stat) && commOf(stat.parent) === stat.comm;
    const startedMs = startOf(stat, uptime, ticksPerSecond, atMs);
    processes.push({
      pid: stat.pid,
      comm: stat.comm,
      command: (texts.get(`${folder}cmdline`) ?? '').replace(/\0+$/, '').replaceAll('\0', ' '),
      cgroups: parseMembership(texts.get(`${folder}cgroup`) ?? ''),
      daemon: isDaemon(stat) && !isWorker && stat.pid !== recorder && stat.parent !== recorder,
      startTicks: stat.startTicks,
      ...(startedMs !== undefined && { startedMs }),
      ...pathsOf(texts.get(`${folder}fd/`)),
    });
  }
  return processes;
}

/** The folder that it stands in, and the paths of what it has open: its files before its standard streams. Where it complains tells nothing. */
function pathsOf(text: string | undefined): Pick<RunningProcess, 'openFiles' | 'folder'> {
  if (text === undefined) return {};
  const lines = text.split('\n').flatMap((line) => {
    const [, name = '', path = ''] = /^(\S+) (\/.*)$/.exec(line) ?? [];
    return path === '' ? [] : [{ name, path }];
  });
  const folder = lines.find(({ name }) => name === 'cwd')?.path;
  const isStream = (name: string) => Number(name) <= 2;
  const open = lines
    .filter(({ name }) => name !== 'cwd' && name !== '2')
    .toSorted((a, b) => Number(isStream(a.name)) - Number(isStream(b.name)));
  return { openFiles: open.map(({ path }) => path), ...(folder !== undefined && { folder }) };
}

/** Start and uptime count from the same boot, the time in suspend included. */
function startOf(stat: PidStat, uptimeSeconds: number, ticksPerSecond: number, atMs: number): number | undefined {
  const startedMs = atMs - (uptimeSeconds * 1000 - (stat.startTicks * 1000) / ticksPerSecond);
  return Number.isFinite(startedMs) ? startedMs : undefined;
}
