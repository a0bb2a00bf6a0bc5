// Who had the CPUs instead of the victim, by name: a program of many processes is one rival. By the events of the scheduler where those tell it, or
// else by what the processes' counters ran meanwhile.

import { BUSY, cpuMs } from '../../analysis/machine/cpu-time.js';
import { isKernelThread, threadName } from '../../analysis/machine/processes.js';
import { growthWithin } from '../../analysis/machine/series.js';
import { addTo, entry, sharedBy } from '../../base/maps.js';
import type { Timeline } from '../../model/timeline.js';
import { STARVED } from '../../model/thresholds/cpu.js';
import { JUDGING } from '../../model/thresholds/judging.js';
import type { Given } from './needs.js';

/** A process with many threads waits for itself, and all wait for the recorder: neither is anybody's guilt. */
export function nobodysGuilt({ account, input }: Given<'victim'>): ReadonlySet<number> {
  const { recorderPid } = input.manifest;
  const recorder = recorderPid === undefined ? [] : [recorderPid, ...(input.threads.get(recorderPid) ?? [])];
  return new Set([...account.threads, ...recorder]);
}

export interface Rival {
  readonly name: string;
  /** The one of that name that ran most. */
  readonly pid: number;
  readonly ms: number;
  readonly processes: number;
  /** What `ms` is a part of, ms: what the victim lost, or else all that others ran. */
  readonly of: number;
  /** True where only counters tell it. */
  readonly isCounted: boolean;
}

/** Processes and how long they ran, ms, by name. */
type ByName = ReadonlyMap<string, ReadonlyMap<number, number>>;

function mostOf(byName: ByName, of: number, isCounted: boolean): Rival | undefined {
  return [...byName]
    .flatMap(([name, pids]) => {
      const shared = sharedBy(pids);
      return shared ? [{ name, pid: shared.most, ms: shared.sum, processes: pids.size, of, isCounted }] : [];
    })
    .sort((a, b) => b.ms - a.ms)[0];
}

/** Who ran most, by name and by counters: whom the threads of the kernel waited for, no event tells. */
export function busiest({ input, account }: Given<'victim'>, guiltless: ReadonlySet<number>): Rival | undefined {
  const byName = new Map<string, Map<number, number>>();
  for (const { pid, comm, schedstat } of input.counters.processes.values()) {
    const ms = growthWithin(schedstat, 'run_ns', account.from, account.to) / 1e6;
    if (guiltless.has(pid) || isKernelThread(input, pid) || !(ms > 0)) continue;
    addTo(
      entry(byName, comm, () => new Map<number, number>()),
      pid,
      ms,
    );
  }
  const own = [...account.lines.values()].reduce((sum, line) => sum + line.msIn(['running']), 0);
  const most = mostOf(byName, cpuMs(input, account, BUSY) - own, true);
  // Programs that live for less than a second are in no reading: whoever is in them may have had next to nothing.
  return most && most.ms >= JUDGING.noticeable * most.of ? most : undefined;
}

/** Who had the CPU for longest while the victim was ready, by name: several hogs of one name are one rival. Kernel threads only pass by. */
export function rivalOf({ input }: Given<'victim'>, waits: Timeline, waitedMs: number): Rival | undefined {
  const byName = new Map<string, Map<number, number>>();
  for (const { rival, from, to } of waits) {
    const name = rival === undefined || rival === 0 ? '' : threadName(input, rival);
    if (rival === undefined || name === '' || isKernelThread(input, rival)) continue;
    addTo(
      entry(byName, name, () => new Map<number, number>()),
      rival,
      to - from,
    );
  }
  return mostOf(byName, waitedMs, false);
}

export function named({ name, pid, processes }: Rival): string {
  return `${name} (${pid}${processes > 1 ? ` and ${processes - 1} more` : ''})`;
}

/** True for one who had the CPU for a good part of what the victim lost; anybody else is one among many. */
export function isTaker({ ms, of }: Rival): boolean {
  return ms >= STARVED.leastOfLoss * of;
}
