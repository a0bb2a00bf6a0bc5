// What a process has cost so far with all that descends from it: CPU time of every thread by /proc/PID/task/TID/schedstat, and the largest RSS. For
// the benches of tools that run beside others.

import { readFileSync, readdirSync } from 'node:fs';

/** Empty where the process has ended. */
export function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/** A process and all that descends from it. */
export function family(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).match(/\d+/g)?.map(Number) ?? [];
  return [pid, ...children.flatMap(family)];
}

/** CPU time of all threads, ms. */
export function cpuMs(pids: readonly number[]): number {
  const threads = pids.flatMap((pid) => {
    try {
      return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}/schedstat`);
    } catch {
      return [];
    }
  });
  return threads.reduce((sum, file) => sum + Number(read(file).split(' ')[0] ?? 0) / 1e6, 0);
}

export function peakMiB(pids: readonly number[]): number {
  return pids.reduce(
    (sum, pid) => sum + Number(/^VmHWM:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024,
    0,
  );
}
