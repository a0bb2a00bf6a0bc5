// What the local filesystems have left, those in memory among them, asked of statfs(2) once a second. The answer is waited for off the sampling thread, because a
// filesystem in trouble may take its time; one that has not answered yet is not asked again, and never do more than two threads wait, as all other files
// need the same few (UV_THREADPOOL_SIZE). One beneath a mount whose server may be gone is not asked at all.

import { existsSync, promises, type StatsFs } from 'node:fs';
import { keepsFiles, MountIndex, parseMountinfo, type MountLine } from '../base/procfs/mountinfo.js';
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
/** So many may leave a question unanswered before none is asked any more. */
const MOST_WAITING = 2;
/** Options of a filesystem that keeps quotas, as ext4, XFS and f2fs show them. */
const QUOTA = /(?:^|,)(?:usr|grp|prj)(?:j?quota)(?:,|=|$)/;

type AskSpace = (path: string) => Promise<StatsFs>;

export interface SpaceOptions {
  /** Put in front of every path. */
  readonly root?: string;
  /** What asks: statfs(2) unless told. */
  readonly statfs?: AskSpace;
}

export class SpaceWatch {
  /**
   * True where calls may fail for want of space: a filesystem is nearly full, keeps quotas, or has turned read-only by itself, which its mount
   * does not show. As of the last look.
   */
  mayRefuse = false;
  private readonly tell: (space: VolumeSpace) => void;
  private readonly root: string;
  private readonly statfs: AskSpace;
  private readonly asked = new Set<string>();
  private looks = 0;

  constructor(tell: (space: VolumeSpace) => void, { root = '', statfs = promises.statfs }: SpaceOptions = {}) {
    this.tell = tell;
    this.root = root;
    this.statfs = statfs;
  }

  /** Asks every local filesystem that is not still thinking about the last question. Settles when all have answered; never rejects. */
  async look(): Promise<void> {
    this.looks += 1;
    const all = parseMountinfo(readWhole(`${this.root}/proc/self/mountinfo`) ?? '');
    const index = new MountIndex(all);
    const mounts = [...all.filter(isOnDisk), ...all.filter(isInMemory)].filter(
      // Of one that another is mounted over that one would tell, or its server would not.
      (mount) => index.of(mount.mountPoint) === mount && !index.passesServer(mount.mountPoint),
    );
    this.mayRefuse =
      mounts.some(({ options }) => QUOTA.test(options) || /^rw\b.*,ro\b/.test(options)) || hasQuotaGroups();
    const byDevice = new Map<string, MountLine>();
    for (const mount of mounts) if (!byDevice.has(mount.device)) byDevice.set(mount.device, mount);
    await this.askAll([...byDevice.values()].slice(0, MOST_MOUNTS));
  }

  /** One after the other. Where one has not answered by the next look, that goes on with the others. */
  private async askAll(mounts: readonly MountLine[]): Promise<void> {
    const { looks } = this;
    for (const mount of mounts) {
      if (this.asked.size >= MOST_WAITING || looks !== this.looks) return;
      if (!this.asked.has(mount.mountPoint)) await this.ask(mount);
    }
  }

  /** What is in memory is told of while it is short alone. */
  private async ask(mount: MountLine): Promise<void> {
    const { mountPoint } = mount;
    this.asked.add(mountPoint);
    try {
      const { bsize, blocks, bfree, bavail, files, ffree } = await this.statfs(this.root + mountPoint);
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
