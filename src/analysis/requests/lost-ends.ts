// Which requests have lost their completion: events that the kernel lost, and the times in which requests were a sample, hide it, and the next
// completion that is seen at the same sector is another request's. Taken for its own it would make a request of seconds where there is none. A
// request that really takes so long and is overtaken all the while looks the same where events are missing, and is given up with them. A file of
// its own because it is all that is known of what was not seen.

import { type Intervals, NO_INTERVALS, union } from '../../base/intervals.js';
import type { EventGap } from '../../model/events.js';
import { FOLLOW } from '../../model/thresholds/requests.js';

/** The tracer that has the block events. */
const MACHINE = 'machine';

export class LostEnds {
  /** The latest dispatch that was answered, ms, by lane. */
  private readonly answered: number[] = [];
  private readonly sampled: Intervals;
  private gaps = NO_INTERVALS;
  private nextGap = 0;
  /** When the first event was lost, ms. */
  private firstGapMs = Infinity;
  /** When the last of the gaps ended that had begun by now, ms. */
  private goneUntil = -Infinity;

  /** `sampled`: when requests were a sample, ms. */
  constructor(sampled: Intervals) {
    this.sampled = sampled;
  }

  /** Takes when events of a piece of the recording were lost; pieces follow each other. */
  take(gaps: readonly EventGap[]): void {
    this.gaps = union(gaps.filter(({ instance }) => instance === MACHINE));
    this.nextGap = 0;
    this.firstGapMs = Math.min(this.firstGapMs, this.gaps.from[0] ?? Infinity);
  }

  /** True where no event had been lost or left out by then, ms. */
  hasAllUntil(t: number): boolean {
    return t < this.firstGapMs && t < (this.sampled.from[0] ?? Infinity);
  }

  /** A request of this lane that was dispatched then, ms, has been answered. */
  answer(lane: number, dispatched: number): void {
    this.answered[lane] = Math.max(this.answered[lane] ?? -Infinity, dispatched);
  }

  /** True where a later one of the same kind has been answered. */
  isOvertaken(lane: number, dispatched: number, byMs = 0): boolean {
    return (this.answered[lane] ?? -Infinity) - dispatched > byMs;
  }

  /** Whether a completion at `t` can't be trusted to be that of a request dispatched then, both in ms; `t` only grows from call to call. */
  isLost(lane: number, dispatched: number, t: number): boolean {
    if (!this.isOvertaken(lane, dispatched, FOLLOW.overtakenMs)) return false;
    for (; (this.gaps.from[this.nextGap] ?? Infinity) < t; this.nextGap += 1)
      this.goneUntil = Math.max(this.goneUntil, this.gaps.to[this.nextGap] ?? -Infinity);
    // All events of what is in a sample are there: only what began before it and ends behind it may have ended unseen.
    return dispatched < this.goneUntil || [...this.sampled].some(({ from, to }) => dispatched < from && t >= to);
  }
}
