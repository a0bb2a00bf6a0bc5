// A process and what it has started: a command's work is often its children's, which may run in other cgroups.

import { readWhole } from './files.js';
import { statOf } from './process.js';

/** No more processes are looked at than these, however many a command starts. */
const MOST = 64;

/** What a process's first thread has started and what still lives; empty on kernels without CONFIG_PROC_CHILDREN. */
export function childrenOf(pid: number, root = ''): number[] {
  return readWhole(`${root}/proc/${pid}/task/${pid}/children`)?.match(/\d+/g)?.map(Number) ?? [];
}

/** These processes and all that descend from them, nearest first. */
export function familyOf(pids: readonly number[], root = ''): number[] {
  const family = new Set(pids);
  for (const pid of family) for (const child of childrenOf(pid, root)) if (family.size < MOST) family.add(child);
  return [...family];
}

/** A process and all that it descends from, itself first. */
export function ancestorsOf(pid: number, root = ''): number[] {
  const line: number[] = [];
  for (let one = pid; one > 0 && !line.includes(one);) {
    line.push(one);
    one = statOf(one, root)?.parent ?? 0;
  }
  return line;
}
