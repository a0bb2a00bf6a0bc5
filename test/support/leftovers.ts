// What a process of iowitness leaves on a machine while it runs and must not leave for good: trace instances, private mounts, probe
// files, and probe processes.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { traceInstances } from './machine-state.js';

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

/** What a process with this number, started in this folder, has left, a line each. */
export function leftovers(pid: number, folder: string): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`/run/iowitness/`) && line.includes(`-${pid} `));
  const instances = traceInstances().filter((name) => name.startsWith(`iowitness-${pid}-`));
  const files = readdirSync(folder).filter((name) => name.startsWith('.iowitness-probe-'));
  return [...mounts, ...instances, ...files, ...processesIn(folder)];
}

/** Waits until nothing is left, 5 s at most: a probe whose parent was killed ends after the write that it is in. */
export async function assertNothingLeft(pid: number, folder: string): Promise<void> {
  const deadline = Date.now() + 5000;
  let left = leftovers(pid, folder);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(100);
    left = leftovers(pid, folder);
  }
  assert.deepEqual(left, []);
}
