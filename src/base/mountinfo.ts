// The mount table of a process, /proc/self/mountinfo, as rows. It stands here, below everything, because those who touch the machine
// and those who decode a recording read the same text.
// Source: proc_pid_mountinfo(5).

/** One line of /proc/PID/mountinfo. */
export interface MountRow {
  /** 'MAJOR:MINOR' of files on it; major 0 where no one block device stands behind it (tmpfs, overlay, btrfs). */
  readonly device: string;
  /** The folder within the filesystem that is mounted. */
  readonly root: string;
  readonly mountPoint: string;
  /** Options of this mount, e.g. 'rw,relatime'. */
  readonly options: string;
  readonly type: string;
  readonly source: string;
  /** Options of the filesystem, e.g. 'rw,upperdir=/var/…' or, for cgroup v1, the controllers. */
  readonly superOptions: string;
}

/** The kernel writes space, tab, newline and backslash in octal. */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** The rows in the order of the table, in which a later mount hides an earlier one at the same place. Malformed lines are passed over. */
export function parseMountinfo(text: string): MountRow[] {
  const rows: MountRow[] = [];
  for (const line of text.split('\n')) {
    // Any number of optional fields stands between the options and a lone hyphen.
    const [left, right] = line.split(' - ', 2);
    const [, , device, root, mountPoint, options] = left?.split(' ') ?? [];
    const [type, source, superOptions] = right?.split(' ') ?? [];
    if (device === undefined || root === undefined || mountPoint === undefined || options === undefined) continue;
    if (type === undefined || source === undefined) continue;
    rows.push({
      device,
      root: unescape(root),
      mountPoint: unescape(mountPoint),
      options,
      type,
      source: unescape(source),
      superOptions: superOptions ?? '',
    });
  }
  return rows;
}

/** The mount that holds an absolute path without symbolic links: the deepest one, and of those at one place the last. */
export function mountHolding<T extends { readonly mountPoint: string }>(mounts: readonly T[], path: string): T | undefined {
  let found: T | undefined;
  for (const mount of mounts) {
    const { mountPoint } = mount;
    const holds = mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);
    if (holds && mountPoint.length >= (found?.mountPoint.length ?? 0)) found = mount;
  }
  return found;
}
