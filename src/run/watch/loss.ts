// Whether a thread lost a second: what /proc shows of it → why it lost that one, or nothing. A wait counts by its length, by what the thread gets, and by
// whether any disk worked meanwhile, never by a queue's depth or a disk's %util: a backup that moves data waits all the time and loses nothing.

import type { Schedstat } from '../../base/procfs/schedstat.js';
import { LOST } from '../../model/thresholds/watch.js';
import type { Closer } from './closer.js';

/** 'waits': for a disk or a lock of the kernel; 'starved': for a CPU; 'stopped': by a signal or a tracer. */
export type LossKind = 'waits' | 'starved' | 'stopped';

/** What is seen of a thread when a second ends. */
export interface ThreadLook {
  /** When, ms of CLOCK_MONOTONIC. */
  readonly atMs: number;
  /** The letter of /proc/PID/stat. */
  readonly state: string;
  /** Absent where the kernel does not count them. */
  readonly schedstat?: Schedstat | undefined;
  /** Absent for one that was not in an uninterruptible sleep when the second began. */
  readonly closer?: Closer | undefined;
  /** The part of the second in which it waited for a disk while none had anything to do; 0 where that is not known. */
  readonly idle?: number;
}

/** Weight of a second in what is usual: it is the mean of about the last five minutes in which the thread waited. */
const USUAL_WEIGHT = 1 / 300;

export class ThreadLoss {
  private before: ThreadLook | undefined;
  private usual = 0;
  private waitingSeconds = 0;

  /** Why the time since the last look is lost; undefined where it is not, or where this is the first. */
  see(look: ThreadLook): LossKind | undefined {
    const { before } = this;
    this.before = look;
    if (!before || look.atMs <= before.atMs) return undefined;
    const seconds = (look.atMs - before.atMs) / 1000;
    const { closer } = look;
    if (/[Tt]/.test(look.state) || (closer && closer.stopped >= LOST.waits * closer.looks)) return 'stopped';
    const [now, then] = [look.schedstat, before.schedstat];
    if (now && then && (now.waitNs - then.waitNs) / 1e9 > LOST.starved * seconds) return 'starved';
    if (!closer || closer.waits < LOST.waits * closer.looks) return undefined;
    const runs = now && then ? (now.slices - then.slices) / seconds : 0;
    const getsIt = (closer.bytes ?? 0) / seconds >= LOST.progress;
    const isLost = (look.idle ?? 0) >= LOST.idle || ((runs <= LOST.mostRuns || this.hasFallen(runs)) && !getsIt);
    if (!isLost) this.learn(runs);
    return isLost ? 'waits' : undefined;
  }

  /** The next look is as the first. */
  forget(): void {
    this.before = undefined;
  }

  private hasFallen(runs: number): boolean {
    return this.waitingSeconds >= LOST.usualAfter && runs <= this.usual * LOST.fallenTo;
  }

  private learn(runs: number): void {
    this.waitingSeconds += 1;
    this.usual += (runs - this.usual) * Math.max(USUAL_WEIGHT, 1 / this.waitingSeconds);
  }
}
