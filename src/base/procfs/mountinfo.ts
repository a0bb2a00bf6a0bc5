// /proc/PID/mountinfo: what is mounted where, and which mount a path lies on.
// Source: proc_pid_mountinfo(5); Documentation/filesystems/proc.rst, section 3.5.
// In base, as capture finds the cgroup hierarchies by it and decode the devices beneath a path.
//
//   36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
//         dev  root  point options  0..n tags  -  type source    options of the filesystem

export interface MountLine {
  /** 'MAJOR:MINOR'; the major is 0 for what stands on no single block device (tmpfs, NFS, btrfs). */
  readonly device: string;
  readonly root: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  /** The mount's options and then the filesystem's, joined by a comma. */
  readonly options: string;
}

export interface NumberedMount extends MountLine {
  /** The mount's number, which /proc/PID/fdinfo names as mnt_id. */
  readonly id: number;
}

/** Space, tab, newline and backslash stand as three octal digits, e.g. '\040' (mangle() in fs/seq_file.c). */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

/** Two paths of 4096 bytes that are escaped to four times that, and options of a page or two. */
const MOST_LINE = 64 * 1024;

/** One entry a well-formed line, in the kernel's order: of two mounts on one point the later one is on top. */
export function parseMountinfo(text: string): NumberedMount[] {
  const mounts: NumberedMount[] = [];
  for (const line of text.split('\n')) {
    if (line.length > MOST_LINE) continue;
    const fields = line.split(' ');
    const dash = fields.indexOf('-', 6);
    const [id, , device, root, mountPoint, own] = fields;
    const [type, source, ofFilesystem] = dash === -1 ? [] : fields.slice(dash + 1);
    if (
      !device ||
      !/^\d+:\d+$/.test(device) ||
      !root ||
      !mountPoint ||
      own === undefined ||
      !type ||
      source === undefined
    )
      continue;
    mounts.push({
      id: Number(id),
      device,
      root: unescapeOctal(root),
      mountPoint: unescapeOctal(mountPoint),
      type,
      source: unescapeOctal(source),
      options: ofFilesystem ? `${own},${ofFilesystem}` : own,
    });
  }
  return mounts;
}

/** The mounts by their points, for whoever asks for many paths. */
export class MountIndex<M extends MountLine> {
  private readonly byPoint = new Map<string, M>();

  /** Of two mounts on one point the later one is on top. */
  constructor(mounts: readonly M[]) {
    for (const mount of mounts) this.byPoint.set(mount.mountPoint, mount);
  }

  /** The mount that holds an absolute path: the longest mount point that is a prefix of it. */
  of(path: string): M | undefined {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const mount = this.byPoint.get(path.slice(0, end));
      if (mount) return mount;
    }
    return path.startsWith('/') ? this.byPoint.get('/') : undefined;
  }

  /**
   * True where the way to a path comes past a filesystem whose files a program serves: whoever goes there, to a local filesystem beneath it or to a file
   * of its own, waits for that program, which may be gone. The root is not counted, as without its server nothing runs.
   */
  passesServer(path: string): boolean {
    for (let end = path.length; end > 1; end = path.lastIndexOf('/', end - 1)) {
      const mount = this.byPoint.get(path.slice(0, end));
      if (mount && asksServer(mount)) return true;
    }
    return false;
  }
}

/** The mount that holds an absolute path. */
export function mountOf<M extends MountLine>(mounts: readonly M[], path: string): M | undefined {
  return new MountIndex(mounts).of(path);
}

/**
 * True for filesystems that keep files on a device or a server. Their source is a path or 'host:/path'; kernel filesystems, tmpfs and a
 * container's overlay name themselves there, and come and go with every container.
 */
export function keepsFiles(mount: MountLine): boolean {
  return mount.source.includes('/') || mount.type === 'zfs';
}

const SERVED = /^(fuse|fuseblk|fuse\..+|nfs4?|cifs|smb3|9p|ceph|afs|virtiofs)$/;

/** True for filesystems that a program of this machine serves. */
export function asksProgram({ type }: MountLine): boolean {
  return /^fuse(blk|\.|$)/.test(type);
}

/** True for filesystems whose files a program serves, on this machine (FUSE) or on another one: whoever waits for them waits for that. */
export function asksServer({ type }: MountLine): boolean {
  return SERVED.test(type);
}
