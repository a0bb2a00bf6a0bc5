// The facts of the machine: every small file that says what it is and how it is set, put on the tape as raw text.
// A set of facts is one mark (SOURCE.facts) and the readings after it; all of them carry the mark's own time, which is how a reader
// tells them from counters of the same path that stand around them. What can't be read is left out: not every machine has every file.
// A folder's listing is a reading whose path ends in '/', its names joined by newlines. Command lines come masked, and
// no environment is read.
// On Linux 6.18 it costs 6 to 12 ms of CPU with 75 processes and 40 ms with 1000; it is taken at the start, after a change and at the end.

import { readdirSync, readlinkSync } from 'node:fs';
import { monotonicNs } from '../base/clock.js';
import type { Hierarchy } from '../base/procfs/cgroups.js';
import { parsePidStat } from '../base/procfs/pid-stat.js';
import { SOURCE, type FactsMark } from '../model/recording.js';
import type { Sink } from '../model/sink.js';
import {
  cgroupFiles,
  CPU_WEIGHT_FILES,
  filesOfMembers,
  IO_LIMIT_FILES,
  LIMIT_FILES,
  readHierarchies,
} from './cgroup-files.js';
import { listFolder, readWhole } from './files.js';
import { maskCommandLine, maskText } from './mask.js';

export interface FactsOptions {
  readonly when: FactsMark['when'];
  /** Processes whose cgroups' limits of every kind are wanted. */
  readonly victims: readonly number[];
  /** Mounts and which device is which alone, without devices' settings, for one who asks nothing else of the facts. */
  readonly devicesOnly?: boolean;
  /** Put in front of every path. */
  readonly root?: string;
}

const FILES = [
  '/proc/version',
  '/proc/meminfo',
  '/proc/uptime',
  '/proc/self/stat',
  '/proc/partitions',
  '/proc/swaps',
  '/proc/filesystems',
  '/sys/devices/system/cpu/online',
  '/sys/hypervisor/type',
  '/sys/kernel/security/lockdown',
  '/sys/kernel/mm/transparent_hugepage/enabled',
  ...[
    'sys_vendor',
    'product_name',
    'product_version',
    'board_asset_tag',
    'chassis_asset_tag',
    'bios_vendor',
    'bios_version',
  ].map((name) => `/sys/class/dmi/id/${name}`),
  ...['aio-max-nr', 'aio-nr', 'file-nr', 'file-max', 'inode-nr'].map((name) => `/proc/sys/fs/${name}`),
  ...[
    'osrelease',
    'arch',
    'task_delayacct',
    'kptr_restrict',
    'hung_task_timeout_secs',
    'io_uring_disabled',
    'perf_event_paranoid',
  ].map((name) => `/proc/sys/kernel/${name}`),
  '/proc/sys/kernel/unprivileged_bpf_disabled',
];

/** The one that lies on a disk, which may be the one that answers nobody when a stall is recorded: it is read once. */
const ON_DISK = '/etc/os-release';
/** Texts of it that were read, by path. */
const readOnce = new Map<string, string>();
/** Reading it makes every CPU fold its counters (vmstat_refresh() in mm/vmstat.c). */
const NOT_TO_BE_READ = '/proc/sys/vm/stat_refresh';
/** A container engine runs where one of its sockets is; on the tape such a path has an empty text. */
const ENGINE_SOCKETS = [
  '/run/docker.sock',
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/run/podman/podman.sock',
];
/** Every disk has a queue, and no partition has: one file of it tells which of the two a device is. */
const QUEUE_MARK = ['logical_block_size'];
const MOST_PROCESSES = 500;
const MOST_CGROUPS = 2000;

/** A bdi's settings, each of which keeps its value until it is set. */
export const BDI_SETTINGS = [
  'read_ahead_kb',
  'min_ratio',
  'max_ratio',
  'min_ratio_fine',
  'max_ratio_fine',
  'strict_limit',
];
/** The same ratios in bytes of the dirty limit: they move with the memory that can be dirty (bdi_get_max_bytes() in mm/page-writeback.c). */
const BDI_BYTES = ['min_bytes', 'max_bytes'];

/** Takes one set of facts. */
export function captureFacts(sink: Sink, options: FactsOptions): void {
  const mark: FactsMark = { when: options.when };
  const atNs = monotonicNs();
  sink.reading(SOURCE.facts, JSON.stringify(mark), atNs);
  const capture = new FactsCapture(sink, options.root ?? '', atNs);
  if (options.devicesOnly === true) capture.runDevices();
  else capture.run(options.victims);
}

class FactsCapture {
  private readonly sink: Sink;
  private readonly root: string;
  private readonly atNs: bigint;

  constructor(sink: Sink, root: string, atNs: bigint) {
    this.sink = sink;
    this.root = root;
    this.atNs = atNs;
  }

  runDevices(): void {
    this.take('/proc/partitions');
    this.take('/proc/self/mountinfo', maskText);
    for (const disk of this.list('/sys/block')) this.takeDisk(disk, () => QUEUE_MARK);
  }

  run(victims: readonly number[]): void {
    for (const path of FILES) this.take(path);
    this.takeFromDisk();
    this.take('/proc/cmdline', maskCommandLine);
    this.take('/proc/self/mountinfo', maskText);
    const cpuinfo = readWhole(`${this.root}/proc/cpuinfo`);
    // The first processor's lines stand for all of them.
    if (cpuinfo !== undefined) this.say('/proc/cpuinfo', `${cpuinfo.split('\n\n')[0]}\n`);
    for (const name of this.list('/proc/sys/vm'))
      if (`/proc/sys/vm/${name}` !== NOT_TO_BE_READ) this.take(`/proc/sys/vm/${name}`);
    for (const name of this.list('/proc/sys/kernel'))
      if (name.startsWith('sched_')) this.take(`/proc/sys/kernel/${name}`);
    for (const disk of this.list('/sys/block')) this.takeDisk(disk, (queue) => this.list(queue));
    for (const id of this.list('/sys/class/bdi'))
      for (const name of [...BDI_SETTINGS, ...BDI_BYTES]) this.take(`/sys/class/bdi/${id}/${name}`);
    const hierarchies = readHierarchies(this.root);
    const taken = this.takeLimits(victims, hierarchies);
    for (const path of ENGINE_SOCKETS) if (this.exists(path)) this.say(path, '');
    const memberships = this.takeProcesses(victims);
    this.takeWeights(memberships, hierarchies, taken);
    for (const victim of victims) this.takeOpenFiles(victim);
  }

  private say(path: string, text: string): void {
    this.sink.reading(path, text, this.atNs);
  }

  /** `mask` takes secrets out of what may hold some. */
  private take(path: string, mask?: (text: string) => string): string | undefined {
    const text = readWhole(this.root + path);
    if (text !== undefined) this.say(path, mask ? mask(text) : text);
    return text;
  }

  private takeFromDisk(): void {
    const path = this.root + ON_DISK;
    const text = readOnce.get(path) ?? readWhole(path);
    if (text === undefined) return;
    readOnce.set(path, text);
    this.say(ON_DISK, text);
  }

  private list(folder: string): string[] {
    return listFolder(this.root + folder);
  }

  private exists(path: string): boolean {
    const slash = path.lastIndexOf('/');
    return this.list(path.slice(0, slash)).includes(path.slice(slash + 1));
  }

  /** A disk with its partitions, or its size alone while it is empty: a machine may have hundreds of unused loop devices. */
  private takeDisk(disk: string, settingsIn: (queue: string) => readonly string[]): void {
    const folder = `/sys/block/${disk}`;
    this.take(`${folder}/dev`);
    if (Number(this.take(`${folder}/size`) ?? '0') === 0) return;
    for (const name of settingsIn(`${folder}/queue`)) this.take(`${folder}/queue/${name}`);
    for (const name of ['device/model', 'dm/name', 'loop/backing_file', 'loop/dio', 'md/level'])
      this.take(`${folder}/${name}`);
    const slaves = this.list(`${folder}/slaves`);
    if (slaves.length > 0) this.say(`${folder}/slaves/`, slaves.join('\n'));
    for (const name of this.list(folder)) {
      // A partition's folder is named after its disk: sda1, nvme0n1p1.
      if (name.startsWith(disk)) for (const file of ['dev', 'size', 'start']) this.take(`${folder}/${name}/${file}`);
    }
  }

  /** All limits of the victims' cgroups, and the I/O limits of every other cgroup that has one. */
  private takeLimits(victims: readonly number[], hierarchies: readonly Hierarchy[]): ReadonlySet<string> {
    const taken = cgroupFiles(hierarchies, victims, LIMIT_FILES, this.root);
    for (const path of taken) this.take(path);
    for (const hierarchy of hierarchies) {
      const names = IO_LIMIT_FILES[hierarchy.controller] ?? [];
      if (names.length === 0) continue;
      for (const folder of this.cgroupFolders(hierarchy)) {
        for (const name of names) {
          const path = `${folder}/${name}`;
          const text = taken.has(path) ? undefined : readWhole(this.root + path);
          if (text?.trim()) this.say(path, text);
        }
      }
    }
    return taken;
  }

  /** What the cgroups of the processes are worth on a CPU, but of the files that were taken before. */
  private takeWeights(
    memberships: ReadonlySet<string>,
    hierarchies: readonly Hierarchy[],
    before: ReadonlySet<string>,
  ): void {
    const all = [...memberships].flatMap((text) => filesOfMembers(hierarchies, text, CPU_WEIGHT_FILES));
    for (const path of new Set(all)) if (!before.has(path)) this.take(path);
  }

  /** The folders of a hierarchy, those nearest to the root first. */
  private cgroupFolders({ mountPoint }: Hierarchy): string[] {
    const folders = [mountPoint];
    for (let index = 0; index < folders.length && folders.length <= MOST_CGROUPS; index += 1) {
      try {
        for (const entry of readdirSync(this.root + folders[index], { withFileTypes: true })) {
          if (entry.isDirectory()) folders.push(`${folders[index]}/${entry.name}`);
        }
      } catch {
        // Removed since it was listed.
      }
    }
    return folders.slice(0, MOST_CGROUPS);
  }

  /** What a victim has open, and where it stands, a line each ('4 /data/log', 'cwd /'): its disk is told by that when it does no I/O. */
  private takeOpenFiles(pid: number): void {
    const folder = `/proc/${pid}`;
    const names = this.list(`${folder}/fd`).map((fd) => ({ name: fd, link: `${folder}/fd/${fd}` }));
    const lines = [...names, { name: 'cwd', link: `${folder}/cwd` }].flatMap(({ name, link }) => {
      try {
        return [`${name} ${readlinkSync(this.root + link)}`];
      } catch {
        // Closed since it was listed, or not to be seen with these rights.
        return [];
      }
    });
    if (lines.length > 0) this.say(`${folder}/fd/`, lines.join('\n'));
  }

  /**
   * User processes; the texts that tell their cgroups are returned, each once. The command line lies in the process's memory, where a reader can be made to
   * wait while the process waits for I/O.
   */
  private takeProcesses(victims: readonly number[]): Set<string> {
    const memberships = new Set<string>();
    let taken = 0;
    // The victims come first: of a machine with more processes than are taken their cgroups and files must be known.
    for (const name of new Set([...victims.map(String), ...this.list('/proc')])) {
      if (!(Number(name) > 0) || taken >= MOST_PROCESSES) continue;
      const text = readWhole(`${this.root}/proc/${name}/stat`);
      const stat = parsePidStat(text ?? '');
      if (text === undefined || !stat || stat.kernelThread) continue;
      taken += 1;
      this.say(`/proc/${name}/stat`, text);
      memberships.add(this.take(`/proc/${name}/cgroup`) ?? '');
      if (stat.state !== 'D') this.take(`/proc/${name}/cmdline`, maskCommandLine);
    }
    return memberships;
  }
}
