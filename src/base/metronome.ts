// What is done on a live machine again and again, by the monotonic clock. What fails then is told, and keeps nothing else from being done, then or later: a
// recorder that ends because one reading of a thousand failed has nothing to say of the stall that made it fail. What a long hold-up has missed is
// not made up for.

import { monotonicNs } from './clock.js';

export interface Beat {
  /** CLOCK_MONOTONIC, as it begins. */
  readonly nowNs: bigint;
  /** How much later than it should, ms. */
  readonly lateMs: number;
  /** How many came before it. */
  readonly count: number;
}

export interface MetronomeOptions {
  readonly everyMs: number;
  /** What each beat does, in this order. */
  readonly steps: readonly ((beat: Beat) => void)[];
  /** Something else that is done meanwhile, as long as it is wanted, and not just before a beat. */
  readonly between?: { readonly everyMs: number; readonly isWanted: () => boolean; readonly step: () => void };
  /** A step has thrown. */
  readonly failed: (error: unknown) => void;
}

/** Of what is left until a beat, in which something is done only where the next beat is so many of its periods away. */
const BEFORE_BEAT = 1.5;

export class Metronome {
  private readonly options: MetronomeOptions;
  private timer: NodeJS.Timeout | undefined;
  private nextNs = 0n;
  private count = 0;
  private isStopped = false;

  constructor(options: MetronomeOptions) {
    this.options = options;
  }

  /** The first beat is made at once. */
  start(): void {
    this.nextNs = monotonicNs();
    this.beat();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private readonly beat = (): void => {
    const { everyMs, steps, failed } = this.options;
    const nowNs = monotonicNs();
    const beat = { nowNs, lateMs: Number(nowNs - this.nextNs) / 1e6, count: this.count };
    this.count += 1;
    attemptAll(
      steps.map((step) => () => step(beat)),
      failed,
    );
    this.nextNs += BigInt(Math.round(everyMs * 1e6));
    const afterNs = monotonicNs();
    if (this.nextNs < afterNs) this.nextNs = afterNs;
    this.wait();
  };

  private wait(): void {
    if (this.isStopped) return;
    const { between, failed } = this.options;
    const leftMs = Number(this.nextNs - monotonicNs()) / 1e6;
    if (!between?.isWanted() || leftMs <= BEFORE_BEAT * between.everyMs) {
      this.timer = setTimeout(this.beat, leftMs);
      return;
    }
    this.timer = setTimeout(() => {
      attemptAll([between.step], failed);
      this.wait();
    }, between.everyMs);
  }
}

/** Takes each of these steps, whatever becomes of those before it. */
export function attemptAll(steps: readonly (() => void)[], failed: (error: unknown) => void): void {
  for (const step of steps)
    try {
      step();
    } catch (error) {
      failed(error);
    }
}
