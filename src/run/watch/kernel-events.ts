// The kernel's events for as long as they can be had: a tracer that waits for a stall, looked at every few seconds, as tracefs may be unmounted, or another
// tracer switch ours off with its own. Then it is given up, and begun anew after a minute, or later each time that it fails: what is begun is journalled.

import { messageOf } from '../../base/errors.js';
import type { Tracer } from '../../capture/tracer.js';

const LOOK_EVERY_S = 5;
const RETRY_S = { least: 60, most: 3600 };

export interface KernelEventsOptions<T> {
  /** Begins a tracer at rest. Throws what refuses it. */
  readonly open: () => T;
  /** They have ended, for the reason that is `missing` now. */
  readonly lost: (why: string) => void;
  readonly back: () => void;
}

type Looked = Pick<Tracer, 'poll' | 'everySecond' | 'fault' | 'abandon'>;

export class KernelEvents<T extends Looked> {
  private readonly options: KernelEventsOptions<T>;
  private now: T | undefined;
  private why: string | null = null;
  private seconds = 0;
  private waitS = RETRY_S.least;
  private restS = RETRY_S.least;

  constructor(options: KernelEventsOptions<T>) {
    this.options = options;
    this.open();
  }

  /** Absent where there are none. */
  get tracer(): T | undefined {
    return this.now;
  }

  /** Why there are none, in words; null where there are. */
  get missing(): string | null {
    return this.why;
  }

  /** To be called in each second in which nothing is recorded. */
  everySecond(): void {
    this.seconds += 1;
    if (!this.now) return this.retry();
    try {
      this.now.poll();
      this.now.everySecond();
      const fault = this.seconds % LOOK_EVERY_S === 0 ? this.now.fault() : undefined;
      if (fault !== undefined) this.lose(fault);
    } catch (error) {
      this.lose(messageOf(error));
    }
  }

  private retry(): void {
    this.restS -= 1;
    if (this.restS > 0) return;
    this.waitS = Math.min(RETRY_S.most, 2 * this.waitS);
    this.restS = this.waitS;
    this.open();
    if (this.now) this.options.back();
  }

  private open(): void {
    try {
      this.now = this.options.open();
      this.why = null;
    } catch (error) {
      this.why = messageOf(error);
    }
  }

  private lose(why: string): void {
    this.now?.abandon();
    this.now = undefined;
    this.why = why;
    this.options.lost(why);
  }
}
