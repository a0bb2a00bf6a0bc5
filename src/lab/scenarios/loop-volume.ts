// A volume of its own for a scenario: an image file, a loop device on it, a filesystem, a mount. No scenario touches a disk that was there.
// Every step is journalled before it is taken, so undoing the journal unmounts, detaches and removes in the reverse order.
// Source: losetup(8), Documentation/admin-guide/blockdev; direct I/O keeps the image's pages out of the page cache, so that a write is
// dirty only once and the loop's worker thread passes it on in the writer's own cgroup (drivers/block/loop.c).

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, readFileSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { monotonicNs } from '../../base/clock.js';
import { errnoOf, UserError } from '../../base/errors.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { inFolder } from '../../base/hold-path.js';
import type { UndoJournal } from '../../capture/undo.js';
import type { DeviceId } from '../../model/counters.js';
import { checkDirectory } from '../probe.js';

export interface VolumeOptions {
  /** An existing folder for the image and the mount point. */
  readonly folder: string;
  /** Names the image and the mount point in it. */
  readonly name: string;
  /** 512 MiB unless told; XFS needs 300 MB, btrfs 110 MB. */
  readonly bytes?: number;
  /** ext4 unless told. */
  readonly fs?: 'ext4' | 'xfs' | 'btrfs';
  /** A sparse image allocates its blocks as they are written. Preallocated unless told. */
  readonly sparse?: boolean;
  /** Whether the loop device goes around the page cache of the filesystem below. True unless told. */
  readonly directIo?: boolean;
  /** Logical block size in bytes; 512 unless told. */
  readonly sectorBytes?: number;
  readonly mountOptions?: string;
  /** More arguments for mkfs. */
  readonly mkfs?: readonly string[];
}

export interface LoopVolume {
  readonly mountPoint: string;
  /** '/dev/loopN'. */
  readonly node: string;
  readonly device: DeviceId;
  /** The device that the image lies on. */
  readonly beneath: DeviceId;
  readonly image: string;
}

const MKFS: Readonly<Record<NonNullable<VolumeOptions['fs']>, readonly string[]>> = {
  // Without the lazy parts no kernel thread goes on initialising tables behind the scenario's back.
  ext4: ['mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0'],
  xfs: ['mkfs.xfs', '-q', '-f'],
  btrfs: ['mkfs.btrfs', '-q', '-f'],
};

/** Runs a command to its end and returns what it printed. Throws a UserError with its complaint. */
export function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  throw new UserError(`${program} failed, so the scenario can’t be set up: ${(error?.message ?? stderr).trim()}.`);
}

function makeImage(image: string, size: number, sparse: boolean): void {
  writeFileSync(image, '', { flag: 'wx', mode: 0o600 });
  if (sparse) truncateSync(image, size);
  else run('fallocate', '-l', String(size), image);
}

interface LoopOptions extends Pick<VolumeOptions, 'sparse' | 'directIo' | 'sectorBytes'> {
  /** The file to make. */
  readonly image: string;
  readonly bytes: number;
}

/** Makes an image and a loop device on it, and returns the device's node. Throws a UserError where the machine refuses a step. */
export function attachLoop(journal: UndoJournal, { image, bytes, ...options }: LoopOptions): string {
  journal.plan([{ kind: 'remove-file', path: image }]);
  makeImage(image, bytes, options.sparse ?? false);
  const node = run('losetup', '--find');
  journal.plan([{ kind: 'loop-detach', device: node, backingFile: image }]);
  const directIo = options.directIo === false ? 'off' : 'on';
  run('losetup', `--direct-io=${directIo}`, '--sector-size', String(options.sectorBytes ?? 512), node, image);
  return node;
}

/** Makes and mounts a volume. Throws a UserError where the machine refuses a step; what was done until then is in the journal. */
export function makeLoopVolume(journal: UndoJournal, options: VolumeOptions): LoopVolume {
  const { folder, name, bytes = 512 * 1024 * 1024, fs = 'ext4' } = options;
  const image = join(folder, `${name}.img`);
  const mountPoint = join(folder, name);
  const beneath = checkDirectory(folder).device;
  const node = attachLoop(journal, { ...options, image, bytes });
  const [mkfs = '', ...mkfsArgs] = MKFS[fs];
  run(mkfs, ...mkfsArgs, ...(options.mkfs ?? []), node);

  journal.plan([
    { kind: 'rmdir', path: mountPoint },
    { kind: 'unmount', path: mountPoint },
  ]);
  mkdirSync(mountPoint);
  run('mount', '-o', options.mountOptions ?? 'defaults', node, mountPoint);
  const device = readFileSync(`/sys/class/block/${basename(node)}/dev`, 'utf8').trim();
  return { mountPoint, node, device, beneath, image };
}

/**
 * Fills a volume up to `leaveBytes` for root, or for everybody else, who get less; step by step, as extents and pending writes take
 * blocks of their own.
 */
export function fillUp(mountPoint: string, leaveBytes: number, forWhom: 'root' | 'users'): void {
  inFolder(mountPoint, (folder) => {
    for (let part = 0; part < 24; part += 1) {
      const { bavail, bfree, bsize } = statfsSync(mountPoint);
      const spare = (forWhom === 'root' ? bfree : bavail) * bsize - leaveBytes;
      if (spare < bsize) return;
      allocate(folder, `filler${part}`, Math.max(bsize, Math.floor(spare * 0.8)));
    }
  });
}

/** Makes a file of a size; one that does not fit takes what it can get. The volume may be another user's, so its name is not passed on. */
function allocate(folder: HeldFolder, name: string, bytes: number): void {
  const file = folder.createSync(name);
  spawnSync('fallocate', ['-l', String(bytes), '/proc/self/fd/3'], { stdio: ['ignore', 'ignore', 'ignore', file] });
  closeSync(file);
}

/** How long inodes are taken that others give back. */
const TAKING_MS = 300;

/**
 * Makes empty files until a volume has no inode left, and takes for a while what is given back: whoever puts a new file in an old one's place
 * needs one and frees one, and would go on for ever with the last.
 */
export function useUpInodes(mountPoint: string, name: string): void {
  inFolder(mountPoint, (folder) => {
    let since: bigint | undefined;
    for (let n = 0; since === undefined || monotonicNs() - since < TAKING_MS * 1e6;) {
      try {
        closeSync(folder.createSync(`${name}-${n}`));
        n += 1;
      } catch (error) {
        if (errnoOf(error) !== 'ENOSPC') throw error;
        since ??= monotonicNs();
      }
    }
  });
}
