// A command that is held in a shell before its exec until whoever watches it knows its pid, so that nothing of it is missed, and that never begins where the
// watcher is gone before.

import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { UserError } from '../base/errors.js';

export interface HeldCommand {
  readonly child: ChildProcess;
  readonly pid: number;
}

/** The command, not begun yet. `options`: of the spawn; its standard streams are this process's unless told. */
export function holdCommand(
  argv: readonly string[],
  {
    streams = ['inherit', 'inherit', 'inherit'],
    ...options
  }: SpawnOptions & { readonly streams?: readonly ('inherit' | 'ignore' | 'pipe')[] } = {},
): HeldCommand {
  const child = spawn('/bin/sh', ['-c', 'read -r _ <&3 && exec 3<&- && exec "$@"', 'sh', ...argv], {
    ...options,
    stdio: [...streams, 'pipe'],
  });
  if (child.pid === undefined) throw new UserError(`${argv[0]} could not be started.`);
  return { child, pid: child.pid };
}

/** Lets it begin. */
export function letGo({ child }: HeldCommand): void {
  const gate = child.stdio[3];
  if (gate && 'write' in gate) gate.end('go\n');
}
