// A filesystem in user space for tests, whose server is a process of the test's own that it may stop and kill; and the program of it, built where gcc and the
// headers of libfuse 3 are.

import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { UndoJournal } from '../../src/capture/undo.js';
import { ROOT } from './package.js';
import { needsCommand, needsRoot } from './requirements.js';
import { until } from './until.js';

export function needsFuse(): false | string {
  const missing = needsRoot() || needsCommand('gcc') || needsCommand('fusermount3');
  if (missing) return missing;
  if (!existsSync('/dev/fuse')) return 'cannot: this machine has no /dev/fuse';
  return existsSync('/usr/include/fuse3/fuse.h') ? false : 'it needs the headers of libfuse 3: install libfuse3-dev';
}

export interface FuseServer {
  readonly mountPoint: string;
  readonly process: ChildProcess;
}

/** Mounts one below a folder; undoing the journal unmounts it, whatever has become of its server. */
export async function startFuseServer(journal: UndoJournal, folder: string): Promise<FuseServer> {
  const program = path.join(folder, 'slow-server');
  const source = path.join(ROOT, 'test/support/slow-server.c');
  execFileSync('gcc', ['-D_FILE_OFFSET_BITS=64', '-I/usr/include/fuse3', source, '-o', program, '-lfuse3']);
  const mountPoint = path.join(folder, 'served');
  journal.plan([
    { kind: 'remove-file', path: program },
    { kind: 'rmdir', path: mountPoint },
    { kind: 'unmount', path: mountPoint },
  ]);
  mkdirSync(mountPoint);
  // In one thread: while it is stopped, or asleep in a write, nobody is answered.
  const server = spawn(program, ['-f', '-s', '-o', 'default_permissions', mountPoint], { stdio: 'ignore' });
  await until('the mount', () => readFileSync('/proc/self/mounts', 'utf8').includes(` ${mountPoint} fuse`));
  return { mountPoint, process: server };
}

/** As nobody else may: what waits for it gets an error, and the mount stays and answers nobody. */
export async function killServer({ process: server }: FuseServer): Promise<void> {
  const gone = once(server, 'exit');
  server.kill('SIGKILL');
  await gone;
}

/** Takes the name of a mount away from everybody, while those who have files open there go on (umount2(2), MNT_DETACH). */
export function detach(mountPoint: string): void {
  const { status, stderr } = spawnSync('umount', ['--lazy', mountPoint], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}
