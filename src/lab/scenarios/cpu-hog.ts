// Processes that do nothing but use a CPU, so that others wait for one.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../base/errors.js';

export interface HogOptions {
  readonly processes: number;
  /** What they call themselves; the kernel keeps 15 characters. */
  readonly name: string;
  /** The one CPU that they run on; any CPU unless told. */
  readonly cpu?: number;
}

export interface Hogs {
  readonly truth: { readonly cause: 'cpu.starved'; readonly name: string; readonly pids: readonly number[] };
  /** Ends them, and settles when they are gone. */
  stop(): Promise<void>;
}

export function startHogs(options: HogOptions): Hogs {
  const program = fileURLToPath(new URL('./cpu-hog-main.js', import.meta.url));
  const pinned = options.cpu === undefined ? [] : ['taskset', '-c', String(options.cpu)];
  const [command, ...args] = [...pinned, process.execPath, program, options.name];
  const children = Array.from({ length: options.processes }, () => spawn(command, args, { stdio: 'inherit' }));
  const gone = children.map(
    (child) => new Promise<void>((settle) => child.on('exit', () => settle()).on('error', () => settle())),
  );
  const pids = children.flatMap((child) => (child.pid === undefined ? [] : [child.pid]));
  if (pids.length < options.processes) {
    for (const child of children) child.kill('SIGKILL');
    throw new UserError(`The busy processes could not be started: ${command} can’t be run.`);
  }
  return {
    truth: { cause: 'cpu.starved', name: options.name, pids },
    async stop() {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(gone);
    },
  };
}
