// Notices that a setting, mount, limit or daemon has changed while recording, so that a new set of facts is worth its cost.
// It keeps what it read last and compares: the settings that throttle I/O, the mounts and the victims' cgroups and freezers at each call, everything else at every fifth.
// With calls once a second that costs some tenths of a ms, and 1 ms every five seconds.

import type { Hierarchy } from '../base/procfs/cgroups.js';
import { keepsFiles, parseMountinfo } from '../base/procfs/mountinfo.js';
import { isDaemon } from '../base/procfs/pid-stat.js';
import { BDI_SETTINGS } from './facts.js';
import { cgroupFiles, filesOfMembers, FREEZER_FILES, LIMIT_FILES, readHierarchies } from './cgroup-files.js';
import { listFolder, OpenFiles, readWhole } from './files.js';
import { statOf } from './process.js';

const DIRTY = [
  'dirty_bytes',
  'dirty_ratio',
  'dirty_background_bytes',
  'dirty_background_ratio',
  'dirty_expire_centisecs',
  'dirty_writeback_centisecs',
];
const MEMORY = [
  'swappiness',
  'min_free_kbytes',
  'vfs_cache_pressure',
  'zone_reclaim_mode',
  'watermark_scale_factor',
  'overcommit_memory',
  'nr_hugepages',
];
const SYSCTLS = [
  ...MEMORY.map((name) => `/proc/sys/vm/${name}`),
  '/proc/sys/kernel/task_delayacct',
  '/proc/sys/kernel/sched_autogroup_enabled',
];
const QUEUE = [
  'scheduler',
  'nr_requests',
  'max_sectors_kb',
  'read_ahead_kb',
  'wbt_lat_usec',
  'nomerges',
  'rq_affinity',
  'write_cache',
];
const ALL_EVERY = 5;
/** Calls that a process must live through to count as running for good. */
const SETTLED = 2 * ALL_EVERY;
/**
 * After a change, further ones wait for this many calls, so that a machine in constant change is not read all the time. What comes and goes by
 * itself, on a host of containers every second, waits longer than what somebody sets.
 */
const REST = { setting: 10, coming: 30 };
type Change = keyof typeof REST;

export class SettingsWatch {
  private readonly root: string;
  private readonly files: OpenFiles;
  private readonly last = new Map<string, string>();
  /** The call at which a process was first seen, or what it proved to be once it had settled. */
  private readonly processes = new Map<number, { since: number; daemon?: boolean }>();
  /** The victims' memberships seen so far. */
  private readonly cgroups = new Set<string>();
  private hierarchies: readonly Hierarchy[] = [];
  /** Disks with something on them, as last listed. */
  private disks: readonly string[] = [];
  private calls = 0;
  private readonly pending = new Set<Change>();
  /** The call from which a change of each kind is told again. */
  private readonly next = { setting: 0, coming: 0 };

  constructor(root = '') {
    this.root = root;
    this.files = new OpenFiles(root);
  }

  /** True where anything has changed since the call that last said so; to be called once a second. The first call says false. */
  changed(victims: readonly number[]): boolean {
    const mounts = parseMountinfo(this.read('/proc/self/mountinfo')).filter(keepsFiles);
    this.compare('mounts', mounts.map(({ device, mountPoint }) => `${device} ${mountPoint}`).join('\n'), 'coming');
    for (const { mountPoint, options } of mounts) this.compare(`mount ${mountPoint}`, options);
    for (const name of DIRTY) this.compareFile(`/proc/sys/vm/${name}`);
    this.compareCgroups(victims);
    if (this.calls % ALL_EVERY === 0) this.compareAll(victims);
    else for (const disk of this.disks) this.compareFile(`/sys/block/${disk}/queue/scheduler`);
    if (this.calls === 0) this.pending.clear();
    this.calls += 1;
    const due = [...this.pending].filter((kind) => this.calls >= this.next[kind]);
    if (due.length === 0) return false;
    // A set of facts has all of them.
    for (const kind of this.pending) this.next[kind] = this.calls + REST[kind];
    this.pending.clear();
    return true;
  }

  private compareAll(victims: readonly number[]): void {
    for (const path of SYSCTLS) this.compareFile(path);
    this.disks = this.list('/sys/block').filter((disk) => this.read(`/sys/block/${disk}/size`).trim() !== '0');
    this.compare('disks', this.disks.join(' '), 'coming');
    for (const disk of this.disks) for (const name of QUEUE) this.compareFile(`/sys/block/${disk}/queue/${name}`);
    for (const id of this.list('/sys/class/bdi'))
      for (const name of BDI_SETTINGS) this.compareFile(`/sys/class/bdi/${id}/${name}`);
    if (this.calls === 0) this.hierarchies = readHierarchies(this.root);
    for (const path of cgroupFiles(this.hierarchies, victims, LIMIT_FILES, this.root)) this.compareFile(path);
    this.compare('daemons', this.daemons().join(' '), 'coming');
  }

  /**
   * That a victim, or what it starts, is in another cgroup than any of them before: its limits are not known yet. And that one is frozen, which may be
   * over after some seconds.
   */
  private compareCgroups(victims: readonly number[]): void {
    const now = new Set(victims.flatMap((pid) => readWhole(`${this.root}/proc/${pid}/cgroup`) || []));
    for (const text of now) this.cgroups.add(text);
    this.compare('cgroups', String(this.cgroups.size));
    const freezers = [...now].flatMap((text) => filesOfMembers(this.hierarchies, text, FREEZER_FILES));
    for (const path of new Set(freezers)) this.compareFile(path);
  }

  /** What is seen for the first time is no change: a new device or victim brings files that were not looked at before. */
  private compare(what: string, text: string, kind: Change = 'setting'): void {
    const before = this.last.get(what);
    this.last.set(what, text);
    if (before !== undefined && before !== text) this.pending.add(kind);
  }

  /** A file of limits is empty while there is none (io.max, blkio.throttle.…): a first limit is a change as well. */
  private compareFile(path: string): void {
    const text = this.readIfThere(path);
    if (text !== undefined) this.compare(path, text);
  }

  private read(path: string): string {
    return this.readIfThere(path) ?? '';
  }

  private readIfThere(path: string): string | undefined {
    try {
      return this.files.read(path).toString('latin1');
    } catch {
      return undefined;
    }
  }

  private list(folder: string): string[] {
    return listFolder(this.root + folder);
  }

  /** Daemons that have settled. Those that run at the first call have; a process's stat is read once, when it has. */
  private daemons(): number[] {
    const listed = this.list('/proc')
      .map(Number)
      .filter((pid) => pid > 0);
    const alive = new Set(listed);
    for (const pid of this.processes.keys()) if (!alive.has(pid)) this.processes.delete(pid);
    const found: number[] = [];
    for (const pid of listed) {
      let one = this.processes.get(pid);
      if (!one) this.processes.set(pid, (one = { since: this.calls }));
      if (one.daemon === undefined && (this.calls === 0 || this.calls - one.since >= SETTLED)) {
        const stat = statOf(pid, this.root);
        one.daemon = stat !== undefined && isDaemon(stat);
      }
      if (one.daemon) found.push(pid);
    }
    return found;
  }

  /** Closes all files. */
  close(): void {
    this.files.closeAll();
  }
}
