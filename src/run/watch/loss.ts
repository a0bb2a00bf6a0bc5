// Whether a thread lost a second: what /proc shows of it once a second → why it lost that one, or nothing. A wait counts by its length and by
// what the thread gets, never by a queue's depth or a disk's %util: a backup that moves data waits all the time and loses nothing.

import type { Schedstat } from '../../decode/procfs/schedstat.js';
import { LOST } from '../../model/thresholds/watch.js';

/** 'waits': for a disk or a lock of the kernel; 'starved': for a CPU; 'stopped': by a signal or a tracer. */
export type LossKind = 'waits' | 'starved' | 'stopped';

/** One look at a thread. */
export interface ThreadLook {
  /** When, ms of CLOCK_MONOTONIC. */
  readonly atMs: number;
  /** The letter of /proc/PID/stat. */
  readonly state: string;
  /** Of one in an uninterruptible sleep: whether it was in one a tenth of a second later as well. One that rests by choice mostly is not. */
  readonly stillWaits?: boolean;
  /** Absent where the kernel does not count them. */
  readonly schedstat?: Schedstat | undefined;
  /** What the thread has read and written so far, bytes; absent where nobody asked or may know. */
  readonly bytes?: number | undefined;
}

/** Weight of a second in what is usual: it is the mean of about the last five minutes in which the thread was found waiting. */
const USUAL_WEIGHT = 1 / 300;

export class ThreadLoss {
  private before: ThreadLook | undefined;
  private moved: { readonly atMs: number; readonly bytes: number } | undefined;
  private usual = 0;
  private waitingSeconds = 0;

  /** Why the time since the last look is lost; undefined where it is not, or where this is the first. */
  see(look: ThreadLook): LossKind | undefined {
    const { before } = this;
    this.before = look;
    const rate = this.progress(look);
    if (!before || look.atMs <= before.atMs) return undefined;
    const seconds = (look.atMs - before.atMs) / 1000;
    if (/[Tt]/.test(look.state)) return 'stopped';
    const [now, then] = [look.schedstat, before.schedstat];
    if (now && then && (now.waitNs - then.waitNs) / 1e9 > LOST.starved * seconds) return 'starved';
    if (look.state !== 'D' || look.stillWaits === false) return undefined;
    const runs = now && then ? (now.slices - then.slices) / seconds : 0;
    const isLost = (runs <= LOST.mostRuns || this.hasFallen(runs)) && rate < LOST.progress;
    if (!isLost) this.learn(runs);
    return isLost ? 'waits' : undefined;
  }

  /** Bytes a second since the bytes were last asked for; 0 where they were not, as for one that is looked at for the first time. */
  private progress({ atMs, bytes }: ThreadLook): number {
    if (bytes === undefined) return 0;
    const { moved } = this;
    this.moved = { atMs, bytes };
    return moved && atMs > moved.atMs ? ((bytes - moved.bytes) * 1000) / (atMs - moved.atMs) : 0;
  }

  private hasFallen(runs: number): boolean {
    return this.waitingSeconds >= LOST.usualAfter && runs <= this.usual * LOST.fallenTo;
  }

  private learn(runs: number): void {
    this.waitingSeconds += 1;
    this.usual += (runs - this.usual) * Math.max(USUAL_WEIGHT, 1 / this.waitingSeconds);
  }
}
