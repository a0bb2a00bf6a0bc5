// What a disk is, so that it is known again after a reboot under whatever name and number: its own name for good (a wwid, a serial, a uuid), or else its
// partitions' or its model with its size. What enters are files of /sys/block; what leaves is a key that tells nothing of them, and the state that
// its latency may depend on. Disks of memory and those that nothing names for good are left out: a number alone is another disk after the next boot.
// Source: Documentation/ABI/stable/sysfs-block, Documentation/ABI/testing/sysfs-block-dm.

import { createHash } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { grouped } from '../base/maps.js';
import type { DeviceId } from '../model/counters.js';
import { MOST_TEXT } from '../model/past.js';
import { listFolder, readWhole } from './files.js';

export interface DiskIdentity {
  readonly id: DeviceId;
  readonly name: string;
  /** Of what names it; the same on every boot, and no way back to the name. */
  readonly key: string;
  /** 'wwid', 'serial', 'file', 'partitions', 'model and size', … */
  readonly knownBy: string;
  readonly model: string | null;
  /** Kernel, size, and the settings of its queue. */
  readonly state: Readonly<Record<string, string>>;
}

/** Files that name a disk for good, the surest first, and what that is called. */
const NAMES: readonly (readonly [file: string, called: string])[] = [
  ['wwid', 'wwid'],
  ['device/wwid', 'wwid'],
  ['serial', 'serial'],
  ['device/serial', 'serial'],
  ['device/cid', 'card id'],
  ['dm/uuid', 'device-mapper uuid'],
  ['md/uuid', 'array uuid'],
];
const SETTINGS = ['scheduler', 'nr_requests', 'max_sectors_kb', 'wbt_lat_usec', 'write_cache', 'rotational'];
const OF_MEMORY = /^(ram|zram)\d/;
const SECTOR = 512;

class Reader {
  private readonly root: string;
  private readonly folder: string;

  constructor(root: string, disk: string) {
    this.root = root;
    this.folder = `${root}/sys/block/${disk}`;
  }

  text(file: string): string | undefined {
    const text = readWhole(`${this.folder}/${file}`)?.trim().slice(0, MOST_TEXT);
    return text === '' ? undefined : text;
  }

  /** The uuids of its partitions, or of a filesystem on the whole disk, by the links that udev makes. */
  uuids(disk: string): string | undefined {
    for (const kind of ['by-partuuid', 'by-uuid']) {
      const folder = `${this.root}/dev/disk/${kind}`;
      const found = listFolder(folder).filter((uuid) => {
        try {
          return basename(readlinkSync(`${folder}/${uuid}`)).startsWith(disk);
        } catch {
          return false;
        }
      });
      if (found.length > 0) return found.sort().join(' ');
    }
    return undefined;
  }
}

function nameForGood(disk: string, files: Reader): readonly [name: string, knownBy: string] | undefined {
  for (const [file, called] of NAMES) {
    const name = files.text(file);
    // Some give a name of blanks or zeros.
    if (name !== undefined && /[^0\s.-]/.test(name)) return [name, called];
  }
  const file = files.text('loop/backing_file');
  if (file !== undefined) return [file, 'file'];
  const uuids = files.uuids(disk);
  if (uuids !== undefined) return [uuids, 'partitions'];
  const [model, size] = [files.text('device/model'), files.text('size')];
  return model !== undefined && size !== undefined ? [`${model} ${size}`, 'model and size'] : undefined;
}

/** `kernel`: its release. */
function identityOf(disk: string, files: Reader, kernel: string): DiskIdentity | undefined {
  const sectors = Number(files.text('size'));
  const id = files.text('dev');
  const named = nameForGood(disk, files);
  if (id === undefined || !named) return undefined;
  const [name, knownBy] = named;
  const settings = SETTINGS.flatMap((setting) => {
    const value = files.text(`queue/${setting}`);
    // Of several the one in brackets is in force.
    return value === undefined ? [] : [[setting, /\[(.+)\]/.exec(value)?.[1] ?? value]];
  });
  const dio = files.text('loop/dio');
  return {
    id,
    name: disk,
    key: createHash('sha256').update(`${knownBy}\n${name}`).digest('hex').slice(0, 24),
    knownBy,
    model: files.text('device/model') ?? null,
    state: {
      kernel,
      bytes: String(sectors * SECTOR),
      ...Object.fromEntries(settings),
      ...(dio !== undefined && { 'direct I/O': dio }),
    },
  };
}

/** Disks that hold something and are none of memory. */
function disksIn(root: string): string[] {
  return listFolder(`${root}/sys/block`).filter(
    (disk) => !OF_MEMORY.test(disk) && Number(readWhole(`${root}/sys/block/${disk}/size`)) > 0,
  );
}

/** The disks of this machine that can't be known again. */
export function unnamedDisks(root = ''): string[] {
  const named = new Set(identifyDisks(root).map(({ name }) => name));
  return disksIn(root).filter((disk) => !named.has(disk));
}

/** The disks of this machine that can be known again, each once, by what names them. `root` is put in front of every path. */
export function identifyDisks(root = ''): DiskIdentity[] {
  const kernel = readWhole(`${root}/proc/sys/kernel/osrelease`)?.trim() ?? '';
  const found = disksIn(root).flatMap((disk) => identityOf(disk, new Reader(root, disk), kernel) ?? []);
  // Paths to one disk, and clones of a name: which of them was meant could not be told.
  const times = grouped(found, ({ key }) => key);
  return found.filter(({ key }) => times.get(key)?.length === 1);
}
