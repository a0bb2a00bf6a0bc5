// What stands between two runs so that one does not meet what the other left: dirty pages written, caches dropped, the volume trimmed. Source:
// Documentation/filesystems/proc.rst (meminfo), Documentation/admin-guide/sysctl/vm.rst (drop_caches), fstrim(8). Burst credit of a provider's volume is told
// by no file of the machine.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseKeyValues } from '../../base/procfs/key-values.js';
import { readWhole } from '../../capture/files.js';
import type { RunOutcome } from '../../model/experiment.js';

/** Other programs make pages dirty all the time: below this the machine counts as idle, bytes. */
const IDLE_BYTES = 4 * 1024 ** 2;
const LOOK_MS = 100;
const DROP_ALL = '3';

/** Pages that are dirty or being written, bytes; undefined where the kernel does not tell. */
function pending(): number | undefined {
  const values = parseKeyValues(readWhole('/proc/meminfo') ?? '');
  const [dirty, writeback] = [values.get('Dirty'), values.get('Writeback')];
  return dirty === undefined || writeback === undefined ? undefined : (dirty + writeback) * 1024;
}

/** True where it ended well within the time; it is not waited for any longer. */
async function ended(program: string, args: readonly string[], ms: number): Promise<boolean> {
  const child = spawn(program, args, { stdio: 'ignore' });
  const done = new Promise<boolean>((settle) => {
    child.once('exit', (code) => settle(code === 0)).once('error', () => settle(false));
  });
  const timer = new AbortController();
  const late = pause(ms, false, { signal: timer.signal }).catch(() => false);
  const isWell = await Promise.race([done, late]);
  timer.abort();
  child.unref();
  return isWell;
}

/** Waits no longer than so, ms, for each part; what could not be had is told and is no failure. */
export async function resetMachine(mountPoint: string, longestMs: number): Promise<RunOutcome['reset']> {
  await ended('sync', ['--file-system', mountPoint], longestMs);
  const until = performance.now() + longestMs;
  let dirtyBytes = pending();
  while (dirtyBytes !== undefined && dirtyBytes > IDLE_BYTES && performance.now() < until) {
    await pause(LOOK_MS);
    dirtyBytes = pending();
  }
  if (process.geteuid?.() === 0) writeFileSync('/proc/sys/vm/drop_caches', DROP_ALL);
  const isTrimmed = await ended('fstrim', ['--quiet', mountPoint], longestMs);
  return { dirtyBytes: dirtyBytes ?? null, isTrimmed };
}
