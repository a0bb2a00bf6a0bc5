// Sleeps of a tenth of a second below reclaim. Up to Linux 5.15 reclaim that meets pages under writeback, or too many that others have taken, sleeps in
// congestion_wait(BLK_RW_ASYNC, HZ/10). It wakes early only when a queue ceases to be congested, which queues of blk-mq never are: so it sleeps for the whole
// tenth of a second. A writer that gets one page of 4 KiB for each sleep makes 40.96 kB/s, whatever its disk can do. Source: mm/vmscan.c
// (shrink_inactive_list(), shrink_page_list()), mm/backing-dev.c (congestion_wait()) of 5.15; the series "Remove dependency on congestion_wait in mm/" in
// 5.16.

import type { Measures } from '../../analysis/measures.js';
import { RECLAIM } from '../../model/thresholds/memory.js';

const FUNCTIONS = /^(congestion_wait|wait_iff_congested)(\.|$)/;

export interface CongestionSleeps {
  readonly count: number;
  readonly ms: number;
  readonly meanMs: number;
  /** Of the time in which the victim reclaims. */
  readonly share: number;
}

/** Undefined where reclaim is not mostly made of them, or stacks don't tell. */
export function congestionSleeps({ account, input }: Measures): CongestionSleeps | undefined {
  const stacks = input.events?.stacks.stacks;
  if (!account || !stacks) return undefined;
  const { from, to } = RECLAIM.wholeSleepMs;
  let [count, ms, reclaim] = [0, 0, 0];
  for (const segment of account.segments) {
    if (segment.state !== 'reclaim') continue;
    const length = segment.to - segment.from;
    reclaim += length;
    const stack = segment.stack === undefined ? undefined : stacks[segment.stack];
    if (length < from || length > to || !stack?.some((name) => FUNCTIONS.test(name))) continue;
    count += 1;
    ms += length;
  }
  if (count < RECLAIM.leastSleeps || ms < RECLAIM.mostlyAsleep * reclaim) return undefined;
  return { count, ms, meanMs: ms / count, share: ms / reclaim };
}
