// This machine as entries of what is known ask for it: its kernel, mounts and block devices.

import { readdirSync, readFileSync } from 'node:fs';
import { parseKernelVersion } from '../base/kernel-version.js';
import { parseMountinfo } from '../base/procfs/mountinfo.js';
import type { Place } from '../known/fits.js';

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Undefined where the kernel's version can't be read. */
export function placeHere(): Place | undefined {
  const kernel = parseKernelVersion(read('/proc/sys/kernel/osrelease').trim(), read('/proc/version'));
  return kernel && { kernel, mounts: parseMountinfo(read('/proc/self/mountinfo')), devices: names('/sys/block') };
}
