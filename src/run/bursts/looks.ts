// What disks did, look by look, as a watch of bursts takes it. Counters are looked at every 10 ms, which costs what a hundred wakings a second cost.

import { BIN_MS } from '../../analysis/requests/live-bursts.js';
import { monotonicNs } from '../../base/clock.js';
import { sleepHere } from '../../base/sleep.js';
import type { DiskGrowth, DiskSamples } from './disk-samples.js';

/** What disks did in the time before a look. */
export interface Look {
  /** ms since the looks began, and since the look before. */
  readonly atMs: number;
  readonly forMs: number;
  readonly disks: readonly DiskGrowth[];
}

export interface Looks {
  /** CLOCK_MONOTONIC when they began, ns. */
  readonly startNs: bigint;
  /**
   * The next looks, in order of time, once they are made, which takes `mostMs` or little more. Throws the system's error where /proc/diskstats can't be read.
   */
  next(mostMs: number): Promise<readonly Look[]>;
}

/** Looks without a turn of the event loop, which costs as much as a look: a tenth of a second of them. */
const LOOKS_IN_ROW = 10;

export class CounterLooks implements Looks {
  readonly startNs = monotonicNs();
  private readonly samples: DiskSamples;
  private readonly beside: () => void;
  /** Of performance.now(), which a hundred looks a second cost less than one in ns. */
  private readonly begunMs = performance.now();
  private beforeMs = 0;

  /** `beside` is called between rows of looks. */
  constructor(samples: DiskSamples, beside: () => void = () => {}) {
    this.samples = samples;
    this.beside = beside;
    samples.look();
  }

  async next(): Promise<readonly Look[]> {
    // Signals have their turn.
    await new Promise((settle) => setTimeout(settle, 0));
    this.beside();
    return Array.from({ length: LOOKS_IN_ROW }, () => {
      // Looks stand on the grid of the bins; what was missed is not made up for.
      const nowMs = performance.now() - this.begunMs;
      sleepHere((Math.floor(nowMs / BIN_MS) + 1) * BIN_MS - nowMs);
      const atMs = performance.now() - this.begunMs;
      const look = { atMs, forMs: atMs - this.beforeMs, disks: this.samples.look() };
      this.beforeMs = atMs;
      return look;
    });
  }
}
