// What the watch's own thread did while a beat of its pulse was late: asleep until a timer of its own, it is woken by a CPU that runs. If it was not ready
// meanwhile, as one that gets no CPU is, and waited for no page of its own program, then nothing ran that could have woken it: the machine is a guest that its
// host had stopped, or the watch itself was stopped. What it saw at both ends of such a time tells nothing of the time between.

import { performance } from 'node:perf_hooks';
import { parseSchedstat } from '../../base/procfs/schedstat.js';
import { readWhole } from '../../capture/files.js';
import { AWAY } from '../../model/thresholds/watch.js';

/** Sums since the process began, ms of CLOCK_MONOTONIC. */
export interface OwnTime {
  /** In the event loop without anything to do, until it ran again. */
  readonly idleMs: number;
  /** Ready to run and without a CPU (/proc/PID/schedstat); NaN where the kernel does not count it. */
  readonly readyMs: number;
  /** Pages of any of its threads that had to come from a disk. */
  readonly faults: number;
}

export function ownTime(): OwnTime {
  const { waitNs = NaN } = parseSchedstat(readWhole(`/proc/self/task/${process.pid}/schedstat`) ?? '') ?? {};
  return {
    idleMs: performance.eventLoopUtilization().idle,
    readyMs: waitNs / 1e6,
    faults: process.resourceUsage().majorPageFault,
  };
}

/** Whether nothing ran for most of the time between the two, which took so long. */
export function nothingRan(from: OwnTime, to: OwnTime, tookMs: number): boolean {
  const asleepMs = to.idleMs - from.idleMs - (to.readyMs - from.readyMs);
  return to.faults === from.faults && asleepMs >= AWAY.leastAsleep * tookMs;
}
