// What processes cost with all that descends from them: CPU time of every thread by /proc/PID/task/TID/schedstat, and the largest RSS. For the
// benches of tools that run beside others.

import type { ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { median } from './timing.js';

export interface Cost {
  /** Of one CPU. */
  readonly cpuShare: number;
  /** The largest RSS since the processes began. */
  readonly mib: number;
}

/** What the processes cost in so many seconds from now on. */
export async function costOver(pids: readonly number[], seconds: number): Promise<Cost> {
  const [before, from] = [cpuMs(pids), performance.now()];
  await pause(seconds * 1000);
  return { cpuShare: (cpuMs(pids) - before) / (performance.now() - from), mib: peakMiB(pids) };
}

/** Measures each of the named once a round, one after the other; prints a line each, and at the end the medians. */
export async function inRounds<What>(
  rounds: number,
  named: readonly (readonly [name: string, what: What])[],
  measure: (what: What) => Promise<Cost>,
): Promise<void> {
  const costs = new Map(named.map(([name]) => [name, [] as Cost[]]));
  for (let round = 0; round < rounds; round += 1)
    for (const [name, what] of named) {
      const cost = await measure(what);
      costs.get(name)?.push(cost);
      const cpuPercent = Number((cost.cpuShare * 100).toFixed(2));
      const load = read('/proc/loadavg').split(' ')[0];
      console.log(JSON.stringify({ round, name, cpuPercent, mib: Math.round(cost.mib), load }));
    }
  for (const [name, all] of costs) {
    const [cpuShare, mib] = [median(all.map((one) => one.cpuShare)), median(all.map((one) => one.mib))];
    console.log(`${name}: ${(cpuShare * 100).toFixed(2)} % of a CPU, ${Math.round(mib)} MiB at most`);
  }
}

/** Settles when the child has ended. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise((settle) => child.once('close', settle));
}

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
function cpuMs(pids: readonly number[]): number {
  const threads = pids.flatMap((pid) => {
    try {
      return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}/schedstat`);
    } catch {
      return [];
    }
  });
  return threads.reduce((sum, file) => sum + Number(read(file).split(' ')[0] ?? 0) / 1e6, 0);
}

function peakMiB(pids: readonly number[]): number {
  return pids.reduce(
    (sum, pid) => sum + Number(/^VmHWM:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024,
    0,
  );
}
