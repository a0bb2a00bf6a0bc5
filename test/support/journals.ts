// Undo journals for tests: a folder on a disk, and journals as processes that were killed leave them.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const BOOT = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
/** No process has this number: it is above the largest that Linux gives (PID_MAX_LIMIT, 2^22). */
export const DEAD = '4194305-1';

/** Runs a test in a folder that is removed afterwards, with a place for journals in it. */
export async function inFolder(work: (folder: string, journals: string) => Promise<void> | void): Promise<void> {
  const folder = mkdtempSync('/var/tmp/iowitness-undo-');
  try {
    await work(folder, path.join(folder, 'journals'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Leaves a journal as a process that was killed leaves it. */
export function leave(
  journals: string,
  entries: readonly unknown[],
  { boot = BOOT, owner = DEAD, tail = '' } = {},
): string {
  mkdirSync(journals, { recursive: true, mode: 0o700 });
  const file = path.join(journals, `${owner}-1.jsonl`);
  writeFileSync(file, [{ boot }, ...entries].map((line) => `${JSON.stringify(line)}\n`).join('') + tail, {
    mode: 0o600,
  });
  return file;
}
