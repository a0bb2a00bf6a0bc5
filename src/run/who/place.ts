// A folder, a file, a device in /dev or a disk's name → the whole disk whose bytes are looked at, and the folder below which files count as here.
// The kernel's events and counters of a partition's requests are its disk's, so what is on a partition is told apart by its mount point.

import { existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { errnoOf, shownWord, unreadable, UserError } from '../../base/errors.js';
import { mountOf, parseMountinfo, type MountLine } from '../../base/procfs/mountinfo.js';
import { blockFolder } from '../../capture/block-folder.js';
import { readWhole } from '../../capture/files.js';
import type { DeviceId } from '../../model/counters.js';

export interface Place {
  /** 'MAJOR:MINOR' of the whole disk. */
  readonly device: DeviceId;
  /** The whole disk's. */
  readonly name: string;
  /** The partition of it that was named or that the folder lies on. */
  readonly partition: string | undefined;
  /** Undefined where all of the disk is meant. */
  readonly folder: string | undefined;
  /** True where that is no folder but one file. */
  readonly isFile: boolean;
  /** Mount points below the folder, where other filesystems begin. */
  readonly besides: readonly string[];
}

/** The disk of a block device by the folder of sysfs that a link leads to; a partition's lies in its disk's and has a file that says so. */
export function wholeDisk(link: string): Pick<Place, 'device' | 'name' | 'partition'> | undefined {
  const folder = realpathOr(link);
  const isPartition = existsSync(`${folder}/partition`);
  const disk = isPartition ? path.dirname(folder) : folder;
  const device = readWhole(`${disk}/dev`)?.trim();
  if (device === undefined) return undefined;
  return { device, name: path.basename(disk), partition: isPartition ? path.basename(folder) : undefined };
}

function named(name: string): ReturnType<typeof wholeDisk> {
  return wholeDisk(`/sys/class/block/${name.replaceAll('/', '!')}`);
}

function numbered(device: DeviceId): ReturnType<typeof wholeDisk> {
  const folder = blockFolder(device);
  return folder === undefined ? undefined : wholeDisk(folder);
}

/** A partition that is mounted is its mount point; another one can't be told from the rest of its disk. */
function ofDisk(name: string): Place | undefined {
  const disk = named(name);
  if (!disk) return undefined;
  const mounts = parseMountinfo(readWhole('/proc/self/mountinfo') ?? '');
  const own = readWhole(`/sys/class/block/${name.replaceAll('/', '!')}/dev`)?.trim();
  // btrfs numbers its mounts anonymously and has its device as the source.
  const isOwn = ({ device, source }: MountLine): boolean => device === own || source === `/dev/${disk.partition}`;
  const folder = disk.partition === undefined ? undefined : mounts.find(isOwn)?.mountPoint;
  return { ...disk, folder, isFile: false, besides: besides(mounts, folder) };
}

function besides(mounts: readonly MountLine[], folder: string | undefined): string[] {
  if (folder === undefined) return [];
  return mounts.flatMap(({ mountPoint }) => (mountPoint !== folder && isBelow(mountPoint, folder) ? [mountPoint] : []));
}

/** True for a folder itself and all that lies below it. */
function isBelow(file: string, folder: string): boolean {
  return file === folder || file.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** Whether a file counts as here; of one without a name nobody knows that it does not. */
export function isIn({ folder, besides: others }: Place, file: string | null): boolean {
  if (folder === undefined || file === null) return true;
  return isBelow(file, folder) && !others.some((other) => isBelow(file, other));
}

function ofMount(given: string, found: string, isFile: boolean): Place {
  const mounts = parseMountinfo(readWhole('/proc/self/mountinfo') ?? '');
  const mount = mountOf(mounts, found);
  if (!mount) throw new UserError(`${given} lies on no filesystem that /proc/self/mountinfo lists.`);
  const disk = mount.device.startsWith('0:') ? named(path.basename(realpathOr(mount.source))) : numbered(mount.device);
  if (!disk)
    throw new UserError(
      `${given} lies on ${mount.type}, which stands on no disk of this machine: name a folder on a disk, or a disk.`,
    );
  const isWhole = found === mount.mountPoint && disk.partition === undefined;
  const folder = isWhole ? undefined : found;
  return { ...disk, folder, isFile, besides: besides(mounts, folder) };
}

function realpathOr(name: string): string {
  try {
    return realpathSync(name);
  } catch {
    return name;
  }
}

const INSTEAD = 'name a folder, a file, or a disk that `lsblk` lists';

/** Throws a UserError where it is neither, or stands on no disk. */
export function findPlace(given: string): Place {
  if (!given.includes('/') && !existsSync(given)) {
    const disk = ofDisk(given);
    if (disk) return disk;
  }
  // The system’s own rule; realpathSync takes it for the folder that one is in.
  if (given === '') throw new UserError(`There is no ${shownWord(given)}: ${INSTEAD}.`);
  let found: string;
  try {
    found = realpathSync(given);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw unreadable(given, error, INSTEAD);
  }
  const what = statSync(found);
  if (!what.isBlockDevice()) return ofMount(given, found, !what.isDirectory());
  const disk = ofDisk(found.replace(/^\/dev\//, ''));
  if (!disk) throw new UserError(`${given} is a device that /sys/class/block does not have.`);
  return disk;
}
