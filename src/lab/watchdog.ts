// Keeps a second process that puts the machine back if this one is killed before it could.

import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** What its process calls itself. */
export const WATCHDOG_NAME = 'iowitness-watch';

export interface Watchdog {
  /** Lets it go, after everything was undone. */
  release(): void;
}

/** Starts the watchdog over a folder of undo journals, where there is one. It must be there before the first change is made. */
export function startWatchdog(journals: string | undefined): Watchdog {
  const program = fileURLToPath(new URL('./watchdog-main.js', import.meta.url));
  const child = spawn(process.execPath, [program, journals ?? '', String(process.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.unref();
  child.stdin.on('error', () => {});
  if (child.stdin instanceof Socket) child.stdin.unref();
  return { release: () => void child.stdin.end('done\n') };
}
