// What the local filesystems have left, those in memory among them, asked of statfs(2) once a second. The answer is waited for off the sampling thread, because a
// filesystem in trouble may take its time; one that has not answered yet is not asked again.

import { existsSync, promises } from 'node:fs';
import { keepsFiles, parseMountinfo, type MountLine } from '../base/procfs/mountinfo.js';
import type { VolumeSpace } from '../model/recording.js';
import { listFolder, readWhole } from './files.js';

/** A machine with more mounts than this is a host of containers, whose mounts show the same few filesystems. */
const MOST_MOUNTS = 32;
/** Filesystems on a disk of this machine: others may hang with their server. */
const LOCAL = /^(ext[234]|xfs|btrfs|f2fs|jfs|reiserfs|vfat|exfat|ntfs3?|bcachefs|erofs)$/;

/** In memory, up to a size that its mount tells. A machine has many, of which few are ever full. */
function isInMemory({ type, options }: MountLine): boolean {
  return type === 'tmpfs' && !/^ro\b/.test(options);
}

function isOnDisk(mount: MountLine): boolean {
  return keepsFiles(mount) && LOCAL.test(mount.type);
}

/** A call may soon fail for want of space where less than this is left of the whole and in all, or of the inodes. */
const NEARLY_FULL = { share: 0.05, bytes: 1024 ** 3 };
/** Options of a filesystem that keeps quotas, as ext4, XFS and f2fs show them. */
const QUOTA = /(?:^|,)(?:usr|grp|prj)(?:j?quota)(?:,|=|$)/;

export class SpaceWatch {
  /**
   * True where calls may fail for want of space: a filesystem is nearly full, keeps quotas, or has turned read-only by itself, which its mount
   * does not show. As of the last look.
   */
  mayRefuse = false;
  private readonly tell: (space: VolumeSpace) => void;
  private readonly asked = new Set<string>();

  constructor(tell: (space: VolumeSpace) => void) {
    this.tell = tell;
  }

  /** Asks every local filesystem that is not still thinking about the last question. */
  look(): void {
    const all = parseMountinfo(readWhole('/proc/self/mountinfo') ?? '');
    const mounts = [...all.filter(isOnDisk), ...all.filter(isInMemory)];
    this.mayRefuse =
      mounts.some(({ options }) => QUOTA.test(options) || /^rw\b.*,ro\b/.test(options)) || hasQuotaGroups();
    const devices = new Set<string>();
    for (const mount of mounts) {
      if (devices.has(mount.device) || devices.size === MOST_MOUNTS) continue;
      devices.add(mount.device);
      if (!this.asked.has(mount.mountPoint)) void this.ask(mount);
    }
  }

  /** What is in memory is told of while it is short alone. */
  private async ask(mount: MountLine): Promise<void> {
    const { mountPoint } = mount;
    this.asked.add(mountPoint);
    try {
      const { bsize, blocks, bfree, bavail, files, ffree } = await promises.statfs(mountPoint);
      const isShort =
        (bavail < NEARLY_FULL.share * blocks && bavail * bsize < NEARLY_FULL.bytes) ||
        ffree < NEARLY_FULL.share * files;
      if (isShort) this.mayRefuse = true;
      if (!isShort && isInMemory(mount)) return;
      this.tell({ mountPoint, blockBytes: bsize, blocks, free: bfree, available: bavail, files, freeFiles: ffree });
    } catch {
      // Unmounted in the meantime, or not to be entered with these rights.
    } finally {
      this.asked.delete(mountPoint);
    }
  }
}

/** Quota groups of btrfs are no option of a mount (Documentation/ABI, /sys/fs/btrfs/UUID/qgroups). */
function hasQuotaGroups(): boolean {
  return listFolder('/sys/fs/btrfs').some((name) => existsSync(`/sys/fs/btrfs/${name}/qgroups`));
}
