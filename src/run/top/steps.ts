// The time between top's samples, with the kernel's buffers emptied in between; when they are due is base/steps.ts's.

import { monotonicNs } from '../../base/clock.js';
import { nextStep } from '../../base/steps.js';
import type { TopSampler } from './sampler.js';

/** Buffers are emptied so often, ms. */
const POLL_MS = 250;

export class Steps {
  private readonly sampler: TopSampler;
  private readonly delayNs: bigint;
  private readonly firstNs: bigint;
  private nextNs: bigint;
  private isStopped = false;
  private wake = (): void => {};

  /** The first is due after `firstMs`. */
  constructor(sampler: TopSampler, delayMs: number, firstMs: number) {
    this.sampler = sampler;
    this.delayNs = BigInt(Math.round(delayMs * 1e6));
    this.firstNs = monotonicNs() + BigInt(Math.round(firstMs * 1e6));
    this.nextNs = this.firstNs;
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
    this.nextNs = nextStep(this.firstNs, this.delayNs, monotonicNs());
    return true;
  }
}
