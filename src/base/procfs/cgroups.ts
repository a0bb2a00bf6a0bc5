// Which cgroups a process is in, and where their files are: /proc/PID/cgroup joined with the mounted hierarchies.
// Source: cgroups(7); Documentation/admin-guide/cgroup-v1/cgroups.rst, Documentation/admin-guide/cgroup-v2.rst.
// In base, as capture needs the folders to read them and decode the paths to name them.

import type { MountLine } from './mountinfo.js';

/** One mounted hierarchy: a version 1 controller ('blkio', 'cpu', …), or '' for version 2. */
export interface Hierarchy {
  readonly controller: string;
  readonly mountPoint: string;
  /** The cgroup that the mount point shows; '/' but in containers. */
  readonly root: string;
}

/** Controllers whose files tell of I/O, CPU and memory limits. */
const CONTROLLERS = ['blkio', 'cpu', 'memory', 'freezer'];

/** Cgroup paths by controller, '' for version 2, from /proc/PID/cgroup: lines of 'HIERARCHY:CONTROLLER,CONTROLLER:PATH'. */
export function parseMembership(text: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    if (!match) continue;
    for (const controller of (match[1] ?? '').split(',')) paths.set(controller, match[2] ?? '/');
  }
  return paths;
}

/** The hierarchies among the mounts, each once. A version 1 mount names its controllers among its options. */
export function findHierarchies(mounts: readonly MountLine[]): Hierarchy[] {
  const found = new Map<string, Hierarchy>();
  for (const { type, mountPoint, root, options } of mounts) {
    if (type !== 'cgroup' && type !== 'cgroup2') continue;
    const names = type === 'cgroup2' ? [''] : CONTROLLERS.filter((name) => options.split(',').includes(name));
    for (const controller of names) if (!found.has(controller)) found.set(controller, { controller, mountPoint, root });
  }
  return [...found.values()];
}

/** The folder of a cgroup's files; undefined for a cgroup outside what the mount point shows. */
export function cgroupFolder(hierarchy: Hierarchy, cgroup: string): string | undefined {
  if (cgroup.split('/').includes('..')) return undefined;
  const { mountPoint, root } = hierarchy;
  if (root === '/') return cgroup === '/' ? mountPoint : mountPoint + cgroup;
  if (cgroup === root) return mountPoint;
  return cgroup.startsWith(`${root}/`) ? mountPoint + cgroup.slice(root.length) : undefined;
}

/** The cgroup that owns a file of a hierarchy; undefined for a file outside of all of them. */
export function cgroupOfFile(hierarchies: readonly Hierarchy[], file: string): string | undefined {
  const folder = file.slice(0, file.lastIndexOf('/'));
  for (const { mountPoint, root } of hierarchies) {
    if (folder === mountPoint) return root;
    if (folder.startsWith(`${mountPoint}/`)) return (root === '/' ? '' : root) + folder.slice(mountPoint.length);
  }
  return undefined;
}

/** A cgroup and its ancestors, without the root, which limits nobody. */
export function withAncestors(cgroup: string): string[] {
  const parts = cgroup.split('/').filter((part) => part !== '');
  return parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`);
}
