// The command that `record` watches, as the command line sees it: refused before anything is recorded where it can't run, and what it ended with.

import type { ChildProcess } from 'node:child_process';
import { accessSync, constants as fileModes, existsSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../base/errors.js';
import type { HeldCommand } from '../run/held-command.js';
import { EXIT } from './context.js';

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
  if (found) return;
  throw new UserError(
    command.includes('/') && existsSync(command)
      ? `${command} is no program that this user may run: \`chmod +x\` makes a file one.`
      : `There is no program ${command} to run: name one on the PATH, or with its folder.`,
  );
}

export function hasEnded({ child }: HeldCommand): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The command's own status, as a shell has it: 128 and the signal's number for one that was killed. */
export function statusOf({ exitCode, signalCode }: ChildProcess): number {
  if (exitCode !== null) return exitCode;
  return signalCode === null ? EXIT.fine : 128 + constants.signals[signalCode];
}
