// This machine as entries of what is known ask for it: its kernel, mounts and block devices.

import { parseKernelVersion } from '../base/kernel-version.js';
import { parseMountinfo } from '../base/procfs/mountinfo.js';
import { listFolder, readWhole } from '../capture/files.js';
import type { Place } from '../known/fits.js';

/** Undefined where the kernel's version can't be read. */
export function placeHere(): Place | undefined {
  const read = (path: string): string => readWhole(path) ?? '';
  const kernel = parseKernelVersion(read('/proc/sys/kernel/osrelease').trim(), read('/proc/version'));
  return kernel && { kernel, mounts: parseMountinfo(read('/proc/self/mountinfo')), devices: listFolder('/sys/block') };
}
