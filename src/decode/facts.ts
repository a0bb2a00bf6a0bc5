// From the tape's sets of facts to the facts of the machine, one value a set: settings by path, devices and what they stand on, mounts,
// limits, processes and the summary. A set that was cut short by a crash holds what was read of it.

import { cgroupOfFile, findHierarchies, parseMembership } from '../base/procfs/cgroups.js';
import { parseKeyValues } from '../base/procfs/key-values.js';
import { parseMountinfo } from '../base/procfs/mountinfo.js';
import { isDaemon, parsePidStat, type PidStat } from '../base/procfs/pid-stat.js';
import type { CgroupLimit, Facts, Mount, RunningProcess } from '../model/facts.js';
import type { FactsMark, Reading } from '../model/recording.js';
import { decodeDevices } from './devices.js';
import { FactSets } from './fact-sets.js';
import { isLimitFile, parseLimit } from './procfs/cgroup-limits.js';
import { countCpuList } from './procfs/cpuinfo.js';
import { summarise } from './summary.js';

/** Readings of one set by path. */
interface FactSet {
  readonly when: FactsMark['when'];
  readonly atMs: number;
  readonly texts: Map<string, string>;
}

/** `readings` in the tape's order. */
export function decodeFacts(readings: Iterable<Reading>): Facts[] {
  const sets: FactSet[] = [];
  const marks = new FactSets();
  for (const reading of readings) {
    const kind = marks.classify(reading);
    if (kind === 'member') {
      if (!reading.failed) sets.at(-1)?.texts.set(reading.path, reading.text);
    } else if (kind) sets.push({ when: kind.when, atMs: reading.atNs / 1e6, texts: new Map() });
  }
  return sets.map(decodeSet);
}

function decodeSet({ when, atMs, texts }: FactSet): Facts {
  const files = new Map([...texts].filter(([path]) => !/^\/proc\/(\d+|self)\//.test(path)));
  const mounts = parseMountinfo(texts.get('/proc/self/mountinfo') ?? '');
  const memory = parseKeyValues(files.get('/proc/meminfo') ?? '').get('MemTotal');
  return {
    atMs,
    when,
    files,
    devices: decodeDevices(files, mounts),
    mounts,
    limits: decodeLimits(files, mounts),
    processes: decodeProcesses(texts, atMs),
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

function decodeProcesses(texts: ReadonlyMap<string, string>, atMs: number): RunningProcess[] {
  const recorder = parsePidStat(texts.get('/proc/self/stat') ?? '')?.pid;
  const uptime = Number(/^\d+(\.\d+)?/.exec(texts.get('/proc/uptime') ?? '')?.[0]);
  const processes: RunningProcess[] = [];
  for (const [path, text] of texts) {
    const folder = /^\/proc\/\d+\//.exec(path)?.[0];
    const stat = folder !== undefined && path === `${folder}stat` ? parsePidStat(text) : undefined;
    if (!stat) continue;
    const startedMs = startOf(stat, uptime, atMs);
    processes.push({
      pid: stat.pid,
      comm: stat.comm,
      command: (texts.get(`${folder}cmdline`) ?? '').replace(/\0+$/, '').replaceAll('\0', ' '),
      cgroups: parseMembership(texts.get(`${folder}cgroup`) ?? ''),
      daemon: isDaemon(stat) && stat.pid !== recorder && stat.parent !== recorder,
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

/** Clock ticks of 1/100 s (USER_HZ) on both sides: start and uptime count from the same boot, the time in suspend included. */
function startOf(stat: PidStat, uptimeSeconds: number, atMs: number): number | undefined {
  return Number.isFinite(uptimeSeconds) ? atMs - (uptimeSeconds * 1000 - stat.startTicks * 10) : undefined;
}
