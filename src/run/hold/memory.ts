// What the kernel says of memory: how much there is and is available, what tmpfs takes, and where dirty pages are held back. In bytes.
// Source: Documentation/filesystems/proc.rst (meminfo), mm/page-writeback.c (nr_dirty_threshold of /proc/vmstat, in pages).

import { UserError } from '../../base/errors.js';
import { eachKeyValue } from '../../base/procfs/key-values.js';
import { availableBytes } from '../../base/procfs/meminfo.js';
import { readWhole } from '../../capture/files.js';
import { parsePressure } from '../../decode/procfs/pressure.js';

export interface Memory {
  readonly total: number;
  readonly available: number;
  readonly swapFree: number;
  /** Absent where the kernel does not tell (before 2.6.37). */
  readonly dirtyLimit?: number;
  readonly dirtyBackground?: number;
}

/** Throws a UserError where /proc is not as it should be. `pageBytes`: of a page. */
export function readMemory(pageBytes: number): Memory {
  const values = new Map<string, number>();
  for (const file of ['/proc/meminfo', '/proc/vmstat'])
    eachKeyValue(readWhole(file) ?? '', (key, value) => void values.set(key, value));
  const kilobytes = (key: string): number => {
    const value = values.get(key);
    if (value === undefined) throw new UserError(`/proc/meminfo has no ${key}: is /proc mounted?`);
    return value * 1024;
  };
  const pages = (key: string): number | undefined => {
    const value = values.get(key);
    return value === undefined ? undefined : value * pageBytes;
  };
  const dirtyLimit = pages('nr_dirty_threshold');
  const dirtyBackground = pages('nr_dirty_background_threshold');
  return {
    total: kilobytes('MemTotal'),
    available: availableBytes(values) ?? kilobytes('MemAvailable'),
    swapFree: kilobytes('SwapFree'),
    ...(dirtyLimit !== undefined && { dirtyLimit }),
    ...(dirtyBackground !== undefined && { dirtyBackground }),
  };
}

/** How long all tasks at once have waited for memory since boot, ms; undefined where the kernel does not tell. */
export function fullStallMs(): number | undefined {
  const { full } = parsePressure(readWhole('/proc/pressure/memory') ?? '');
  return full === undefined ? undefined : full / 1000;
}
