// What a watch tells the process that serves its page.

import type { WatchNow } from '../../../model/watch.js';
import type { Address } from '../../serve.js';

export interface PageSettings {
  /** Of this machine alone. */
  readonly address: Address;
  /** Whoever has it may read. */
  readonly token: string;
  /** Where the watch keeps what it finds. */
  readonly folder: string;
  /** The machine's memory; absent where there is none. */
  readonly memory: string | undefined;
  readonly tool: string;
  /** The folder of what the build has made for browsers. */
  readonly web: string;
}

export type ToPage =
  { readonly kind: 'start'; readonly settings: PageSettings } | { readonly kind: 'now'; readonly now: WatchNow };
