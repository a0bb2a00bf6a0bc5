// A block device's number → its folder in sysfs.

import { existsSync } from 'node:fs';
import type { DeviceId } from '../model/counters.js';
import { listFolder, readWhole } from './files.js';

/** Undefined where the machine has no such device. Podman hides /sys/dev/block from containers and leaves /sys/class/block, which is searched then. */
export function blockFolder(device: DeviceId, root = ''): string | undefined {
  const link = `${root}/sys/dev/block/${device}`;
  if (existsSync(link)) return link;
  const all = `${root}/sys/class/block`;
  const name = listFolder(all).find((each) => readWhole(`${all}/${each}/dev`)?.trim() === device);
  return name === undefined ? undefined : `${all}/${name}`;
}
