// A folder, a file, a device in /dev or a disk's name → the disk whose bytes are looked at, and the folder below which files count as here.

import { existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { errnoOf, reasonOf, UserError } from '../../base/errors.js';
import { mountOf, parseMountinfo } from '../../base/procfs/mountinfo.js';
import { readWhole } from '../../capture/files.js';
import type { DeviceId } from '../../model/counters.js';

export interface Place {
  /** 'MAJOR:MINOR', of a partition as well. */
  readonly device: DeviceId;
  readonly name: string;
  /** Undefined where all of the disk is meant. */
  readonly folder: string | undefined;
}

/** The name of a block device by its number. */
function nameOf(device: DeviceId): string | undefined {
  try {
    return path.basename(realpathSync(`/sys/dev/block/${device}`));
  } catch {
    return undefined;
  }
}

function ofDisk(name: string): Place | undefined {
  const device = readWhole(`/sys/class/block/${name.replaceAll('/', '!')}/dev`)?.trim();
  return device === undefined ? undefined : { device, name: name.replaceAll('/', '!'), folder: undefined };
}

function ofMount(given: string, found: string): Place {
  const mount = mountOf(parseMountinfo(readWhole('/proc/self/mountinfo') ?? ''), found);
  if (!mount) throw new UserError(`${given} lies on no filesystem that /proc/self/mountinfo lists.`);
  // btrfs numbers its mounts anonymously and has its device as the source.
  const device = mount.device.startsWith('0:') ? ofDisk(path.basename(realpathOr(mount.source)))?.device : mount.device;
  const name = device === undefined ? undefined : nameOf(device);
  if (device === undefined || name === undefined)
    throw new UserError(
      `${given} lies on ${mount.type}, which stands on no disk of this machine: name a folder on a disk, or a disk.`,
    );
  const isWhole = found === mount.mountPoint;
  return { device, name, folder: isWhole ? undefined : found };
}

function realpathOr(name: string): string {
  try {
    return realpathSync(name);
  } catch {
    return name;
  }
}

/** Throws a UserError where it is neither, or stands on no disk. */
export function findPlace(given: string): Place {
  if (!given.includes('/') && !existsSync(given)) {
    const disk = ofDisk(given);
    if (disk) return disk;
  }
  let found: string;
  try {
    found = realpathSync(given);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new UserError(
      `${given} can’t be looked at (${reasonOf(error)}): name a folder, or a disk that \`lsblk\` lists.`,
    );
  }
  if (!statSync(found).isBlockDevice()) return ofMount(given, found);
  const disk = ofDisk(found.replace(/^\/dev\//, ''));
  if (!disk) throw new UserError(`${given} is a device that /sys/class/block does not have.`);
  return disk;
}
