// Starts the process that holds memory: for a tmpfs in a mount namespace of its own, where the tmpfs that is mounted for it is seen by nobody else
// and goes with the process. Source: mount_namespaces(7), tmpfs(5).

import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromHolder, HoldTask } from './messages.js';

/** What the tmpfs may grow to above what is to be held: its own bookkeeping, and nothing refused at the last page. */
const ROOM = 16 * 1024 ** 2;
/**
 * Mounts the tmpfs over a folder that is always there and that the process needs nothing of, as programs may lie in any other. noswap is of Linux 6.4 and
 * root’s alone: a user namespace is refused it.
 */
const IN_TMPFS =
  'mount -t tmpfs -o "$1,noswap" iowitness-hold /sys 2>/dev/null || mount -t tmpfs -o "$1" iowitness-hold /sys || exit 1; shift; exec "$@"';

export class Holder {
  private readonly child: ChildProcess;
  private complaint = '';
  private failed: string | undefined;
  /** Settles with why it is gone, undefined where it was asked to go. */
  readonly gone: Promise<string | undefined>;
  private isReleased = false;

  /** `begun` is told its number before it takes any memory. */
  constructor(task: HoldTask, hear: (message: FromHolder) => void, begun: (pid: number) => void = () => {}) {
    const node = [process.execPath, fileURLToPath(new URL('./hold-main.js', import.meta.url))];
    const [program = '', ...args] = task.how === 'tmpfs' ? inNamespace(task.bytes, node) : node;
    this.child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], detached: true, cwd: '/' });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.complaint += text));
    this.child.on('message', (message: FromHolder) => {
      if (message.kind === 'failed') this.failed = message.why;
      else hear(message);
    });
    this.gone = new Promise((settle) => {
      this.child.on('error', (error) => settle(error.message));
      this.child.on('close', (code, signal) => settle(this.isReleased ? undefined : this.why(code, signal)));
    });
    if (this.child.pid !== undefined) begun(this.child.pid);
    this.child.send(task, () => {});
  }

  private why(code: number | null, signal: string | null): string {
    if (this.failed !== undefined) return this.failed;
    if (signal !== null)
      return `it was ended by ${signal}${signal === 'SIGKILL' ? ', as the kernel does when memory runs out' : ''}`;
    return this.complaint.trim().split('\n').at(-1) || `it ended with status ${code}`;
  }

  /** Ends it, and waits until the memory is free. */
  async release(): Promise<void> {
    this.isReleased = true;
    this.child.kill('SIGKILL');
    await this.gone;
  }
}

function inNamespace(bytes: number, node: readonly string[]): string[] {
  const asUser = process.geteuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const options = `size=${bytes + ROOM},mode=700`;
  return [
    'unshare',
    '--mount',
    ...asUser,
    '--propagation',
    'private',
    '/bin/sh',
    '-c',
    IN_TMPFS,
    'sh',
    options,
    ...node,
  ];
}
