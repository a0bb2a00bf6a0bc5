// Where the cgroups of processes keep their counters and limits: the folders, and the files worth reading in each.
// Both the sampler (counters) and the facts (limits) ask here, so that they agree on which cgroups bind a process.
// Source: Documentation/admin-guide/cgroup-v1/blkio-controller.rst, memory.rst, freezer-subsystem.rst; Documentation/scheduler/sched-bwc.rst;
// Documentation/admin-guide/cgroup-v2.rst.

import {
  cgroupFolder,
  findHierarchies,
  parseMembership,
  withAncestors,
  type Hierarchy,
} from '../base/procfs/cgroups.js';
import { parseMountinfo } from '../base/procfs/mountinfo.js';
import { readWhole } from './files.js';

/** Files by controller; '' is version 2, where one folder has them all. */
export type FilesByController = Readonly<Record<string, readonly string[]>>;

/** What a cgroup used, and how often it was held back. */
export const COUNTER_FILES: FilesByController = {
  blkio: ['blkio.throttle.io_service_bytes', 'blkio.throttle.io_serviced'],
  cpu: ['cpu.stat'],
  memory: ['memory.usage_in_bytes', 'memory.failcnt'],
  '': ['io.stat', 'cpu.stat', 'memory.events', 'memory.current', 'io.pressure'],
};

/** The limits on I/O alone. */
export const IO_LIMIT_FILES: FilesByController = {
  blkio: ['read_bps', 'write_bps', 'read_iops', 'write_iops'].map((what) => `blkio.throttle.${what}_device`),
  '': ['io.max', 'io.latency'],
};

/** What a cgroup's processes are worth beside those of others on a CPU. */
export const CPU_WEIGHT_FILES: FilesByController = {
  cpu: ['cpu.shares', 'cpu.idle'],
  '': ['cpu.weight', 'cpu.idle'],
};

/** Whether a cgroup is frozen. */
export const FREEZER_FILES: FilesByController = { freezer: ['freezer.state'], '': ['cgroup.freeze'] };

/** All limits, and what the groups are worth on a CPU. */
export const LIMIT_FILES: FilesByController = {
  blkio: IO_LIMIT_FILES['blkio'] ?? [],
  cpu: ['cpu.cfs_quota_us', 'cpu.cfs_period_us', ...(CPU_WEIGHT_FILES['cpu'] ?? [])],
  memory: ['memory.limit_in_bytes'],
  freezer: FREEZER_FILES['freezer'] ?? [],
  '': ['io.max', 'io.latency', 'io.weight', 'cpu.max', 'memory.max', 'memory.high'].concat(
    FREEZER_FILES[''] ?? [],
    CPU_WEIGHT_FILES[''] ?? [],
  ),
};

export function readHierarchies(root = ''): Hierarchy[] {
  return findHierarchies(parseMountinfo(readWhole(`${root}/proc/self/mountinfo`) ?? ''));
}

/**
 * The files of the cgroups that these processes are in and of all their ancestors; a file may still be missing. The root has no limits of
 * its own but those of version 1's blkio, which binds what runs in it.
 */
export function cgroupFiles(
  hierarchies: readonly Hierarchy[],
  pids: readonly number[],
  files: FilesByController,
  root = '',
): Set<string> {
  const texts = new Set(pids.map((pid) => readWhole(`${root}/proc/${pid}/cgroup`) ?? ''));
  return new Set([...texts].flatMap((text) => filesOfMembers(hierarchies, text, files)));
}

/** The same of the processes whose /proc/PID/cgroup has this text. */
export function filesOfMembers(hierarchies: readonly Hierarchy[], text: string, files: FilesByController): string[] {
  const membership = parseMembership(text);
  return hierarchies.flatMap((hierarchy) =>
    withAncestors(membership.get(hierarchy.controller) ?? '/').flatMap((cgroup) => {
      const folder = cgroupFolder(hierarchy, cgroup);
      if (folder === undefined || (folder === hierarchy.mountPoint && hierarchy.controller !== 'blkio')) return [];
      return (files[hierarchy.controller] ?? []).map((name) => `${folder}/${name}`);
    }),
  );
}
