// A second process beside each undo journal, which puts the machine back if this one is killed before it could: by
// SIGKILL, or by the kernel for want of memory. It is a shell that sleeps at a pipe whose other end this process holds;
// the kernel closes that end whatever this process dies of, and only then does the shell become Node, which undoes the
// journal as the next start would. On Linux 6.18 the shell takes 10 ms to start, 0.25 MB of its own and no CPU; a Node
// that waits takes 16 MB and 0.2 s of CPU.

import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What it calls itself: the shell's $0, and Node's title. */
export const WATCHDOG_NAME = 'iowitness-watch';

/** A line says that all is undone, an end of the pipe without one that its writer is gone. */
const WAIT = `trap '' HUP INT TERM; read -r _ && exit 0; exec "$@"`;

export interface Watchdog {
  /** Lets it go, after everything was undone. */
  release(): void;
}

/** Starts the watchdog over a folder of undo journals. It must be there before the first change is made. */
export function startWatchdog(journals: string): Watchdog {
  const program = fileURLToPath(new URL('./watchdog-main.js', import.meta.url));
  const args = [process.execPath, program, resolve(journals), String(process.pid)];
  const child = spawn('/bin/sh', ['-c', WAIT, WATCHDOG_NAME, ...args], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A session of its own, and a folder in which it keeps no volume busy.
    detached: true,
    cwd: '/',
  });
  child.unref();
  // A machine that refuses another process still has the journal, for the next start.
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  if (child.stdin instanceof Socket) child.stdin.unref();
  return { release: () => void child.stdin.end('done\n') };
}
