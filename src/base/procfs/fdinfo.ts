// /proc/PID/fdinfo/FD: how a file was opened, and where it lies (proc_pid_fdinfo(5)).

/** Of the flags: 0 for one that was opened to read, 1 to write, 2 and 3 for both; the same everywhere (include/uapi/asm-generic/fcntl.h). */
const O_ACCMODE = 0o3;

export interface Fdinfo {
  /** As open(2) takes them; NaN where they are not told, as the numbers below. */
  readonly flags: number;
  /** Whether it was opened to read, to write, or both; of flags that are not told, to read. */
  readonly reads: boolean;
  readonly writes: boolean;
  readonly inode: number;
  /** The number of its mount in /proc/PID/mountinfo. */
  readonly mountId: number;
}

export function parseFdinfo(text: string): Fdinfo {
  const field = (label: string) => new RegExp(`^${label}:\\s*(\\d+)$`, 'm').exec(text)?.[1];
  const flags = parseInt(field('flags') ?? '', 8);
  const access = flags & O_ACCMODE;
  return {
    flags,
    reads: access === 0 || access === 2,
    writes: access !== 0,
    inode: Number(field('ino')),
    mountId: Number(field('mnt_id')),
  };
}
