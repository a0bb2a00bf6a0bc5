// The command that `record` watches: refused before anything is recorded where it can't run, held before its exec until the recorder watches
// its pid, and what it ended with.

import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants as fileModes, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../base/errors.js';
import { EXIT } from './context.js';

export interface HeldCommand {
  readonly child: ChildProcess;
  readonly pid: number;
}

/** Refuses what the shell could not start, before anything is recorded. */
export function requireCommand(command: string): void {
  const folders = command.includes('/') ? [''] : (process.env['PATH'] ?? '').split(':');
  const found = folders.some((folder) => {
    const file = folder === '' ? command : join(folder, command);
    try {
      accessSync(file, fileModes.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  });
  if (!found) throw new UserError(`There is no program ${command} to run: name one on the PATH, or with its folder.`);
}

/** The command, held in a shell before its exec until the recorder watches its pid. */
export function holdCommand(argv: readonly string[]): HeldCommand {
  const child = spawn('/bin/sh', ['-c', 'read -r _ <&3 && exec 3<&- && exec "$@"', 'sh', ...argv], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  });
  if (child.pid === undefined) throw new UserError(`${argv[0]} could not be started.`);
  return { child, pid: child.pid };
}

/** Lets it begin. */
export function letGo({ child }: HeldCommand): void {
  const gate = child.stdio[3];
  if (gate && 'write' in gate) gate.end('go\n');
}

export function hasEnded({ child }: HeldCommand): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The command's own status, as a shell has it: 128 and the signal's number for one that was killed. */
export function statusOf({ exitCode, signalCode }: ChildProcess): number {
  if (exitCode !== null) return exitCode;
  return signalCode === null ? EXIT.fine : 128 + constants.signals[signalCode];
}
