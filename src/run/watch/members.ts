// Whom `watch` watches: processes by number, and those of cgroups and systemd units, asked again each second as they come and go.

import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { mountOf, parseMountinfo, type MountLine } from '../../base/procfs/mountinfo.js';
import { UserError } from '../../base/errors.js';
import { readWhole } from '../../capture/files.js';

export interface Watched {
  readonly units: readonly string[];
  /** A folder of cgroupfs, or a path as /proc/PID/cgroup has it. */
  readonly cgroups: readonly string[];
  readonly pids: readonly number[];
}

/** Slices lie in slices; deeper than this no distribution puts a unit. */
const MOST_DEEP = 6;
/** Where folders of cgroups are: the hierarchies, and the one that version 1 has its hierarchies in. */
const CGROUPFS = /^(cgroup2?|tmpfs)$/;
/** Processes of a watched service that are looked at each second. */
const MOST_PROCESSES = 64;

export class Members {
  private readonly watched: Watched;
  private readonly root: string;
  private readonly units = new Map<string, readonly string[]>();

  constructor(watched: Watched, root = '') {
    this.watched = watched;
    this.root = root;
  }

  get isNamed(): boolean {
    const { units, cgroups, pids } = this.watched;
    return units.length + cgroups.length + pids.length > 0;
  }

  /** 'postgresql.service, /batch, process 812'. */
  get words(): string {
    const { units, cgroups, pids } = this.watched;
    const named = [...units, ...cgroups, ...pids.map((pid) => `process ${pid}`)];
    return named.length > 0 ? named.join(', ') : 'whoever waits most';
  }

  /** Throws a UserError for a cgroup that is nowhere; a unit may be started later. */
  check(): void {
    for (const cgroup of this.watched.cgroups)
      if (this.foldersOfCgroup(cgroup).length === 0)
        throw new UserError(`There is no cgroup ${cgroup}: give its folder, or its path as /proc/PID/cgroup has it.`);
  }

  /** The processes that there are now. */
  pids(): number[] {
    const folders = [
      ...this.watched.units.flatMap((unit) => this.foldersOfUnit(unit)),
      ...this.watched.cgroups.flatMap((cgroup) => this.foldersOfCgroup(cgroup)),
    ];
    const found = new Set(this.watched.pids.filter((pid) => existsSync(`${this.root}/proc/${pid}`)));
    for (const folder of folders) this.addProcesses(folder, found, 0);
    found.delete(process.pid);
    return [...found].slice(0, MOST_PROCESSES);
  }

  private addProcesses(folder: string, found: Set<number>, depth: number): void {
    for (const word of readWhole(`${folder}/cgroup.procs`)?.match(/\d+/g) ?? []) found.add(Number(word));
    if (depth < MOST_DEEP)
      for (const name of foldersIn(folder)) this.addProcesses(join(folder, name), found, depth + 1);
  }

  /** Where systemd's own hierarchy is mounted: version 2, or the named one of version 1 (cgroups(7)). */
  private hierarchies(all: readonly MountLine[], systemdOnly: boolean): string[] {
    return all
      .filter(({ type, options }) =>
        type === 'cgroup2' ? true : type === 'cgroup' && (!systemdOnly || options.split(',').includes('name=systemd')),
      )
      .map(({ mountPoint }) => this.root + mountPoint);
  }

  private mounts(): MountLine[] {
    return parseMountinfo(readWhole(`${this.root}/proc/self/mountinfo`) ?? '');
  }

  /** It is looked for again only when it is gone from where it was. */
  private foldersOfUnit(unit: string): readonly string[] {
    const known = this.units.get(unit);
    if (known?.every((folder) => existsSync(`${folder}/cgroup.procs`))) return known;
    const name = unit.includes('.') ? unit : `${unit}.service`;
    const found = this.hierarchies(this.mounts(), true).flatMap((mount) => findBelow(mount, name, 0));
    if (found.length > 0) this.units.set(unit, found);
    return found;
  }

  /** Asked each second, so nowhere but in the kernel's memory: a name that is in no cgroupfs would have to be asked of a disk, or of a server. */
  private foldersOfCgroup(cgroup: string): string[] {
    const mounts = this.mounts();
    const folder = resolve(cgroup);
    const candidates = [
      ...(CGROUPFS.test(mountOf(mounts, folder)?.type ?? '') ? [this.root + folder] : []),
      ...this.hierarchies(mounts, false).map((mount) => join(mount, cgroup)),
    ];
    return candidates.filter((one) => existsSync(`${one}/cgroup.procs`));
  }
}

/** Where a unit's cgroup lies: in a slice of a slice. */
function findBelow(folder: string, name: string, depth: number): string[] {
  const names = foldersIn(folder);
  if (names.includes(name)) return [join(folder, name)];
  if (depth === MOST_DEEP) return [];
  return names
    .filter((one) => one.endsWith('.slice') || one.startsWith('user@'))
    .flatMap((one) => findBelow(join(folder, one), name, depth + 1));
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : []));
  } catch {
    // It has been removed meanwhile.
    return [];
  }
}
