// One look at a process, by its number: its line of statistics, whether that process lives, and how it is told of on a tape. For those that look now
// and then; what samples every second keeps its files open (files.ts) or counts what it reads.

import { parsePidStat, type PidStat } from '../base/procfs/pid-stat.js';
import type { VictimMark } from '../model/recording.js';
import { listFolder, readWhole } from './files.js';

/** Undefined where there is none, or it may not be looked at. */
export function statOf(pid: number, root = ''): PidStat | undefined {
  return parsePidStat(readWhole(`${root}/proc/${pid}/stat`) ?? '');
}

/** Undefined as well for one that is dead and not yet reaped. */
export function livingStat(pid: number): PidStat | undefined {
  const stat = statOf(pid);
  return stat === undefined || /[ZX]/.test(stat.state) ? undefined : stat;
}

/** The numbers of all processes. */
export function allPids(root = ''): number[] {
  return listFolder(`${root}/proc`)
    .map(Number)
    .filter((pid) => pid > 0);
}

/** Of this start of the machine: process numbers and start times are told anew in the next one. */
export function bootId(): string {
  return readWhole('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown';
}

/** A process in a way that no later one has, in this boot or another; undefined for one that is gone or dead. */
export function identityOf(pid: number): string | undefined {
  const stat = livingStat(pid);
  return stat && `${pid} ${stat.startTicks} ${bootId()}`;
}

/** How a process is told of on a tape. */
export function markOf(pid: number, role: VictimMark['role'] = 'pid'): VictimMark {
  return { pid, comm: readWhole(`/proc/${pid}/comm`)?.trim() ?? '', role };
}
