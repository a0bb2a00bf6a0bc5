// What a recorder tells of itself once a second: how late it was, its CPU and memory, what waits to be written; and the clocks, which show whether the wall
// clock was stepped meanwhile.

import { monotonicNs } from '../base/clock.js';
import type { Loss } from '../model/losses.js';
import { SOURCE, type RecorderLoad } from '../model/recording.js';
import { readClocks } from './manifest-now.js';

/** A wall clock that moves this much against the monotonic clock within a second was stepped, ms. */
const STEP_MS = 50;
/** A sample that comes this much later than it should is told, ms. */
const LATE_MS = 500;

export interface OwnAccountOptions {
  readonly say: (source: string, value: unknown) => void;
  readonly loss: (loss: Loss) => void;
  /** Bytes that the sink has taken and not yet written. */
  readonly queuedBytes: () => number;
}

export class OwnAccount {
  private readonly options: OwnAccountOptions;
  private worstLateMs = 0;
  private cpu = process.cpuUsage();
  private lastNs = monotonicNs();
  private offsetMs: number | undefined;

  constructor(options: OwnAccountOptions) {
    this.options = options;
  }

  /** Something was done this much later than it should have been. */
  wasLate(ms: number): void {
    this.worstLateMs = Math.max(this.worstLateMs, ms);
  }

  /** Of the time since this was last called. */
  tell(nowNs: bigint): void {
    const { say, loss, queuedBytes } = this.options;
    this.tellClocks();
    if (this.worstLateMs > LATE_MS)
      loss({ code: 'recorder-late', where: `${Math.round(this.worstLateMs)} ms`, count: 1 });
    const used = process.cpuUsage(this.cpu);
    const load: RecorderLoad = {
      cpuMs: (used.user + used.system) / 1000,
      wallMs: Number(nowNs - this.lastNs) / 1e6,
      rssBytes: process.memoryUsage.rss(),
      lateMs: this.worstLateMs,
      queuedBytes: queuedBytes(),
    };
    say(SOURCE.recorder, load);
    this.cpu = process.cpuUsage();
    this.worstLateMs = 0;
    this.lastNs = nowNs;
  }

  private tellClocks(): void {
    const clocks = readClocks();
    this.options.say(SOURCE.clock, clocks);
    const offset = clocks.wallMs - Number(BigInt(clocks.monotonicNs) / 1_000_000n);
    if (this.offsetMs !== undefined && Math.abs(offset - this.offsetMs) > STEP_MS)
      this.options.loss({ code: 'clock-step', where: `${Math.round(offset - this.offsetMs)} ms`, count: 1 });
    this.offsetMs = offset;
  }
}
