// From the tape's sets of facts to the facts of the machine, one value a set: settings by path, devices and what they stand on, mounts,
// limits, processes and the summary. A set that was cut short by a crash holds what was read of it.

import { unbounded, type Allowance } from '../base/allowance.js';
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
import { parseUptime } from './procfs/uptime.js';
import { summarise } from './summary.js';

/** Readings of one set by path. */
interface FactSet {
  readonly when: FactsMark['when'];
  readonly atMs: number;
  readonly texts: Map<string, string>;
}

/** Sets of which what was made is kept, besides the last one: a night of changes has thousands, each as long as the first. */
export const MOST_SETS = 64;

/** What V8 takes for a set, for a file of it and for a text that is new. */
const SET_BYTES = 8 * 1024;
const FILE_BYTES = 128;
const TEXT_BYTES = 64;

/** What it takes for what is made of a file in a set that is decoded: so much, and so much more for each letter. */
const MADE: readonly { readonly files: RegExp; readonly bytes: number; readonly perLetter: number }[] = [
  { files: /^\/sys\/block\/.*\/dev$/, bytes: 1024, perLetter: 0 },
  { files: /^\/proc\/\d+\/stat$/, bytes: 512, perLetter: 0 },
  { files: /^\/proc\/\d+\/(cmdline|fd\/)$/, bytes: 64, perLetter: 3 },
  { files: /^\/proc\/(\d+\/cgroup|self\/mountinfo)$|^\/sys\/fs\/cgroup\//, bytes: 256, perLetter: 16 },
];

function costOf(path: string, text: string): number {
  const made = MADE.find(({ files }) => files.test(path));
  return made ? made.bytes + made.perLetter * text.length : 0;
}

/** Takes the tape's facts as they come, and gives those of a part at any time. */
export class FactsDecoder {
  private readonly allowance: Allowance;
  private set: FactSet | undefined;
  private sets: FactSet[] = [];
  /** The last text of each path: one set differs little from the next, and what is the same is kept once. */
  private readonly known = new Map<string, string>();
  private readonly ticksPerSecond: number;

  constructor(ticksPerSecond: number, allowance = unbounded()) {
    this.ticksPerSecond = ticksPerSecond;
    this.allowance = allowance;
  }

  begin({ when }: FactsMark, atMs: number): void {
    this.set = this.allowance.take(SET_BYTES) ? { when, atMs, texts: new Map() } : undefined;
    if (this.set) this.sets.push(this.set);
  }

  /** A member of the set begun last. */
  add({ path, text, failed }: Reading): void {
    if (failed || !this.set) return;
    const known = this.known.get(path);
    const isNew = known !== text;
    const kept = FILE_BYTES + (isNew ? TEXT_BYTES + path.length + text.length : 0);
    // What is made of the sets behind these is given up again.
    const made = this.sets.length <= MOST_SETS || isNew ? costOf(path, text) : 0;
    if (!this.allowance.take(kept + made)) return;
    if (isNew) this.known.set(path, text);
    this.set.texts.set(path, isNew ? text : known);
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
  const uptime = (parseUptime(texts.get('/proc/uptime') ?? '') ?? NaN) / 100;
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
      command: commandOf(texts.get(`${folder}cmdline`) ?? ''),
      cgroups: parseMembership(texts.get(`${folder}cgroup`) ?? ''),
      daemon: isDaemon(stat) && !isWorker && stat.pid !== recorder && stat.parent !== recorder,
      startTicks: stat.startTicks,
      ...(startedMs !== undefined && { startedMs }),
      ...(stat.policy !== undefined && {
        scheduling: { policy: stat.policy, nice: stat.nice, session: stat.session },
      }),
      ...pathsOf(texts.get(`${folder}fd/`)),
    });
  }
  return processes;
}

/** A descriptor, and what it is of: no path is longer than 4096 bytes (PATH_MAX), ' (deleted)' may follow it. */
const MOST_LINE = 4200;

/** Arguments end with a zero each; a process that writes over them may leave many. */
function commandOf(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end -= 1;
  return text.slice(0, end).replaceAll('\0', ' ');
}

/** The folder that it stands in, and the paths of what it has open: its files before its standard streams. Where it complains tells nothing. */
function pathsOf(text: string | undefined): Pick<RunningProcess, 'openFiles' | 'folder'> {
  if (text === undefined) return {};
  const lines = text.split('\n').flatMap((line) => {
    const [, name = '', path = ''] = line.length > MOST_LINE ? [] : (/^(\S+) (\/.*)$/.exec(line) ?? []);
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
