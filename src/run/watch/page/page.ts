// The watch's side of its page: a process of its own serves it, and is told each second what is seen.

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../../base/errors.js';
import type { WatchNow } from '../../../model/watch.js';
import { isLoopback, urlOf } from '../../serve.js';
import type { FromPage, PageSettings, ToPage } from './messages.js';

const NODE_FLAGS = ['--max-old-space-size=1024', '--single-threaded-gc'];

export class WatchPageFeed {
  /** Where it is served, with the token. */
  readonly url: string;
  private readonly child: ChildProcess;
  /** The last message was not taken yet: the next second is left out. */
  private isWaiting = false;

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
    child.on('error', () => {});
    child.unref();
    child.channel?.unref();
  }

  /** Throws a UserError where the address can't be had, or others than this machine could ask. */
  static async start(settings: PageSettings): Promise<WatchPageFeed> {
    const { address, token } = settings;
    if (!isLoopback(address))
      throw new UserError(
        `The page is served to this machine alone, and ${address.host} is not its own address: use ssh -L to look from elsewhere.`,
      );
    const child = fork(fileURLToPath(new URL('./page-main.js', import.meta.url)), [], {
      serialization: 'advanced',
      execArgv: NODE_FLAGS,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const first = await new Promise<FromPage | undefined>((settle) => {
      child.once('message', settle);
      child.once('error', () => settle(undefined));
      child.once('exit', () => settle(undefined));
      child.send({ kind: 'start', settings } satisfies ToPage);
    });
    if (first?.kind === 'serving') return new WatchPageFeed(child, urlOf(first.address, `/${token}/`));
    child.kill('SIGKILL');
    const why = first?.kind === 'refused' ? first.why : 'its process could not be started';
    throw new UserError(`${urlOf(address, '/')} can’t be served (${why}): give another port with --page.`);
  }

  /** A second has ended. */
  tell(now: WatchNow): void {
    if (this.isWaiting || !this.child.connected) return;
    this.isWaiting = true;
    this.child.send({ kind: 'now', now } satisfies ToPage, () => (this.isWaiting = false));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  close(): void {
    this.child.kill('SIGKILL');
  }
}
