// A cgroup of a scenario's own, in version 1 or 2, whichever has the controller, with what scenarios need: limits on I/O, CPU and memory, and the freezer.
// A process enters it by its pid, or is started in it by a command line. Undoing the journal removes it, once its processes have ended.
// Source: Documentation/admin-guide/cgroup-v1/blkio-controller.rst, Documentation/scheduler/sched-bwc.rst,
// Documentation/admin-guide/cgroup-v2.rst.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../base/errors.js';
import { type Hierarchy } from '../../base/procfs/cgroups.js';
import { readHierarchies } from '../../capture/cgroup-files.js';
import type { UndoJournal } from '../../capture/undo.js';
import type { DeviceId } from '../../model/counters.js';

/** A controller by its name in version 1; version 2 calls blkio 'io'. */
export type Controller = 'blkio' | 'cpu' | 'memory' | 'freezer';

/** Bytes and operations a second. */
export interface IoLimits {
  readonly readBps?: number;
  readonly writeBps?: number;
  readonly readIops?: number;
  readonly writeIops?: number;
}

const IO_LIMITS = [
  ['readBps', 'read_bps', 'rbps'],
  ['writeBps', 'write_bps', 'wbps'],
  ['readIops', 'read_iops', 'riops'],
  ['writeIops', 'write_iops', 'wiops'],
] as const satisfies readonly (readonly [keyof IoLimits, string, string])[];

/** The period over which the kernel hands out a CPU quota, µs: its default. */
const CPU_PERIOD_US = 100_000;

function isVersion1(hierarchy: Hierarchy): boolean {
  return hierarchy.controller !== '';
}

/** The hierarchy with the controller, enabled for children of the group that we see as its root. */
function hierarchyWith(journal: UndoJournal, controller: Controller): Hierarchy {
  const hierarchies = readHierarchies();
  const first = hierarchies.find((one) => one.controller === controller);
  if (first) return first;
  const second = hierarchies.find((one) => !isVersion1(one));
  const name = controller === 'blkio' ? 'io' : controller;
  // Every group of version 2 but the root can be frozen: there is no controller to enable.
  if (second !== undefined && controller === 'freezer') return second;
  const has = (file: string) =>
    second !== undefined && readFileSync(join(second.mountPoint, file), 'utf8').trim().split(' ').includes(name);
  if (second === undefined || !has('cgroup.controllers'))
    throw new UserError(`No mounted cgroup hierarchy has the ${name} controller for a group of its own.`);
  if (!has('cgroup.subtree_control')) {
    const file = join(second.mountPoint, 'cgroup.subtree_control');
    journal.plan([{ kind: 'write-file', path: file, value: `-${name}` }]);
    writeFileSync(file, `+${name}`);
  }
  return second;
}

/** A cgroup that processes can be put into. */
export class LabCgroup {
  /** Its path below the hierarchy, as /proc/PID/cgroup has it. */
  readonly path: string;
  readonly folder: string;
  private readonly journal: UndoJournal;
  private readonly hierarchy: Hierarchy;

  private constructor(journal: UndoJournal, hierarchy: Hierarchy, folder: string, path: string) {
    this.journal = journal;
    this.hierarchy = hierarchy;
    this.folder = folder;
    this.path = path;
  }

  /** Makes one. Throws a UserError where no hierarchy has the controller. */
  static make(journal: UndoJournal, controller: Controller, name: string): LabCgroup {
    const hierarchy = hierarchyWith(journal, controller);
    const folder = join(hierarchy.mountPoint, `iowitness-${process.pid}-${name}`);
    journal.plan([{ kind: 'rmdir', path: folder }]);
    mkdirSync(folder);
    return new LabCgroup(journal, hierarchy, folder, join(hierarchy.root, `iowitness-${process.pid}-${name}`));
  }

  /** The group that holds everybody who is in no other, where it can have limits: in version 1 only. */
  static rootOf(journal: UndoJournal, controller: Controller): LabCgroup | undefined {
    const hierarchy = readHierarchies().find((one) => one.controller === controller);
    return hierarchy && new LabCgroup(journal, hierarchy, hierarchy.mountPoint, hierarchy.root);
  }

  /**
   * Moves a process here, with all its threads. It must be one of the scenario's own that ends with it: it is not moved back, as a journal
   * that is undone after a crash could not tell it from a later process with its number.
   */
  enter(pid: number): void {
    writeFileSync(join(this.folder, 'cgroup.procs'), String(pid));
  }

  /** The command line that runs a command in this group from its first instruction on. */
  inside(argv: readonly string[]): string[] {
    return ['sh', '-c', 'echo $$ > "$0" && exec "$@"', join(this.folder, 'cgroup.procs'), ...argv];
  }

  /** Limits its I/O on one device; the file that holds the limit is returned. */
  limitIo(device: DeviceId, limits: IoLimits): string {
    let file = join(this.folder, 'io.max');
    for (const [key, first, second] of IO_LIMITS) {
      const value = limits[key];
      if (value === undefined) continue;
      if (isVersion1(this.hierarchy)) {
        file = join(this.folder, `blkio.throttle.${first}_device`);
        this.write(file, `${device} ${value}`, `${device} 0`);
      } else {
        this.write(file, `${device} ${second}=${value}`, `${device} ${second}=max`);
      }
    }
    return file;
  }

  /** Limits its CPU time to a share of one CPU; the file that holds the limit is returned. */
  limitCpu(share: number): string {
    const quota = Math.round(share * CPU_PERIOD_US);
    const file = join(this.folder, isVersion1(this.hierarchy) ? 'cpu.cfs_quota_us' : 'cpu.max');
    if (isVersion1(this.hierarchy)) this.write(file, String(quota), '-1');
    else this.write(file, `${quota} ${CPU_PERIOD_US}`, 'max');
    return file;
  }

  /** What its processes are worth on a CPU, where 100 is usual; the file that holds the weight is returned. */
  weighCpu(weight: number): string {
    const first = isVersion1(this.hierarchy);
    const file = join(this.folder, first ? 'cpu.shares' : 'cpu.weight');
    // Version 1 has 1024 where version 2 has 100, and nothing below 2.
    this.write(file, String(first ? Math.max(2, Math.round(weight * 10.24)) : weight), first ? '1024' : '100');
    return file;
  }

  /** Limits the memory that its processes use, page cache included; the file that holds the limit is returned. */
  limitMemory(bytes: number): string {
    const first = isVersion1(this.hierarchy);
    const file = join(this.folder, first ? 'memory.limit_in_bytes' : 'memory.max');
    this.write(file, String(bytes), first ? '-1' : 'max');
    return file;
  }

  /** Keeps the memory of its processes out of swap; false where the kernel does not promise that, as in version 1. */
  forbidSwap(): boolean {
    const file = join(this.folder, 'memory.swap.max');
    if (isVersion1(this.hierarchy) || !existsSync(file)) return false;
    this.write(file, '0', 'max');
    return true;
  }

  /** Freezes its processes; the file that holds the state is returned. */
  freeze(): string {
    const first = isVersion1(this.hierarchy);
    const file = join(this.folder, first ? 'freezer.state' : 'cgroup.freeze');
    this.write(file, first ? 'FROZEN' : '1', first ? 'THAWED' : '0');
    return file;
  }

  private write(file: string, value: string, undo: string): void {
    if (!existsSync(file)) throw new UserError(`This kernel has no ${file}, so the scenario can’t set its limit.`);
    this.journal.plan([{ kind: 'write-file', path: file, value: undo }]);
    writeFileSync(file, value);
  }
}
