// The time between samples: counted from the beginning, so that steps don't drift, with the kernel's buffers emptied in between.

import { monotonicNs } from '../../base/clock.js';
import type { TopSampler } from './sampler.js';

/** Buffers are emptied so often, ms. */
const POLL_MS = 250;

export class Steps {
  private readonly sampler: TopSampler;
  private readonly delayNs: bigint;
  private nextNs: bigint;
  private isStopped = false;
  private wake = (): void => {};

  /** The first is due after `firstMs`. */
  constructor(sampler: TopSampler, delayMs: number, firstMs: number) {
    this.sampler = sampler;
    this.delayNs = BigInt(Math.round(delayMs * 1e6));
    this.nextNs = monotonicNs() + BigInt(Math.round(firstMs * 1e6));
  }

  /** Ends the waiting, now and from now on. */
  stop(): void {
    this.isStopped = true;
    this.wake();
  }

  /** Settles when the next sample is due; with false where there is to be none. */
  async next(): Promise<boolean> {
    for (;;) {
      if (this.isStopped) return false;
      const leftMs = Number(this.nextNs - monotonicNs()) / 1e6;
      if (leftMs <= 0) break;
      await new Promise<void>((settle) => {
        const timer = setTimeout(settle, Math.min(leftMs, POLL_MS));
        this.wake = () => {
          clearTimeout(timer);
          settle();
        };
      });
      if (leftMs > POLL_MS) this.sampler.poll();
    }
    const now = monotonicNs();
    this.nextNs += this.delayNs;
    // Steps that could not be kept are left out.
    if (this.nextNs <= now) this.nextNs = now + this.delayNs;
    return true;
  }
}
