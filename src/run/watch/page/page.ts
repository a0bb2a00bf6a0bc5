// The watch's side of its page: a process of its own serves it, and is told each second what is seen.

import type { ChildProcess } from 'node:child_process';
import { UserError } from '../../../base/errors.js';
import type { WatchNow, WatchShown } from '../../../model/watch.js';
import { isLoopback, urlOf } from '../../serve.js';
import { ServedSeconds, startServing } from '../../serving-process.js';
import type { PageSettings, ToPage } from './messages.js';

const HEAP_MIB = 1024;

export class WatchPageFeed implements WatchShown {
  /** Where it is served, with the token. */
  readonly url: string;
  private readonly process: ServedSeconds;

  private constructor(child: ChildProcess, url: string) {
    this.process = new ServedSeconds(child);
    this.url = url;
  }

  /** Throws a UserError where the address can't be had, or others than this machine could ask. */
  static async start(settings: PageSettings): Promise<WatchPageFeed> {
    const { address, token } = settings;
    if (!isLoopback(address))
      throw new UserError(
        `The page is served to this machine alone, and ${address.host} is not its own address: use ssh -L to look from elsewhere.`,
      );
    const served = await startServing({
      program: new URL('./page-main.js', import.meta.url),
      start: { kind: 'start', settings } satisfies ToPage,
      heapMiB: HEAP_MIB,
      refusal: (why) => `${urlOf(address, '/')} can’t be served (${why}): give another port with --page.`,
    });
    return new WatchPageFeed(served.child, urlOf(served.address, `/${token}/`));
  }

  /** A second has ended. */
  tell(now: WatchNow): void {
    this.process.tell({ kind: 'now', now } satisfies ToPage);
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  close(): void {
    this.process.close();
  }
}
