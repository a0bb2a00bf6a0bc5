// What a process of iowitness leaves on a machine while it runs and must not leave for good: trace instances, private mounts, probe
// files, and probe processes.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parsePidStat } from '../../src/base/procfs/pid-stat.js';
import { WATCHDOG_NAME } from '../../src/capture/watchdog.js';
import { traceInstances } from './machine-state.js';
import { until } from './until.js';

/** Processes that work in a folder, with their names. */
function processesIn(folder: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      if (!/^\d+$/.test(pid) || readlinkSync(`/proc/${pid}/cwd`) !== folder) return [];
      return [`process ${pid} ${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()}`];
    } catch {
      return [];
    }
  });
}

function wordsOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

function childrenOf(parent: number): { readonly pid: number; readonly words: string }[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      if (!/^\d+$/.test(name) || parsePidStat(readFileSync(`/proc/${name}/stat`, 'utf8'))?.parent !== parent) return [];
      return [{ pid: Number(name), words: wordsOf(Number(name)) }];
    } catch {
      return [];
    }
  });
}

/** The watchdogs that a process has, be they shells that wait or Node at work. */
export function watchdogsOf(parent: number): number[] {
  return childrenOf(parent).flatMap(({ pid, words }) => (words.split('\0').includes(WATCHDOG_NAME) ? [pid] : []));
}

/** Whether a process is there and has not ended: one that nobody has waited for is still listed. */
export function lives(pid: number): boolean {
  try {
    return !/[ZX]/.test(parsePidStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.state ?? 'X');
  } catch {
    return false;
  }
}

/** Kills a process with its watchdogs, so that only the next start can put things back. */
export async function killWithWatchdogs(pid: number): Promise<void> {
  // It must not start another meanwhile, and one that it has just forked has to become a shell first.
  process.kill(pid, 'SIGSTOP');
  const words = wordsOf(pid);
  do await sleep(20);
  while (childrenOf(pid).some((child) => child.words === words));
  for (const watchdog of watchdogsOf(pid)) process.kill(watchdog, 'SIGKILL');
  process.kill(pid, 'SIGKILL');
}

/** What a process with this number, started in this folder, has left, a line each. */
export function leftovers(pid: number, folder: string): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`/run/iowitness/`) && line.includes(`-${pid} `));
  const instances = traceInstances().filter((name) => name.startsWith(`iowitness-${pid}-`));
  const files = readdirSync(folder).filter((name) => name.startsWith('.iowitness-probe-'));
  return [...mounts, ...instances, ...files, ...processesIn(folder)];
}

/**
 * Waits until nothing is left: a watchdog has to start Node first, and a probe whose parent was killed ends after the
 * write that it is in.
 */
export async function assertNothingLeft(pid: number, folder: string): Promise<void> {
  let left: string[] = [];
  await until(
    () => `this to go: ${left.join(', ')}`,
    () => (left = leftovers(pid, folder)).length === 0,
    { everyMs: 100 },
  );
}
