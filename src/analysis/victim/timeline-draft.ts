// A thread's segments while they are drawn, and what is made of its sleeps of which no stack tells what they were.

import { NumberList } from '../../base/number-list.js';
import type { Segment } from '../../model/segment.js';
import { TimelineBuilder, type Timeline } from '../../model/timeline.js';
import type { State } from '../../model/states.js';
import { TIMELINE } from '../../model/thresholds/victim.js';

/** Who ended a sleep, where and when. */
export type Wake = Required<Pick<Segment, 'wokenAt' | 'wokenOn' | 'wokenBy' | 'byInterrupt'>>;

/** What a sample showed of a sleep. */
export interface Seen {
  readonly state: State;
  readonly wchan: string;
}

/** A stretch whose end has not come yet. */
export interface Current {
  state: State;
  readonly stack?: number | undefined;
  rival?: number | undefined;
  /** Of a sleep: whether it is uninterruptible. */
  readonly deep?: boolean;
  /** True where no stack tells what it is. */
  readonly guessed?: boolean;
}

/** Of an uninterruptible sleep and of another one; what is neither is KEPT, and so is what is known. */
const KEPT = 0;
const LIGHT = 1;
const DEEP = 2;

/** A thread's segments while they are built: of a sleep without a stack it is still open what it was. */
export class Draft {
  private readonly builder = new TimelineBuilder();
  /** By segment: which kind of sleep it is, and for those whose state is only guessed the kind once more. */
  private readonly depth = new NumberList();
  private readonly guessed = new NumberList();

  add(from: number, to: number, { state, stack, rival, deep, guessed }: Current, wake: Wake | undefined): void {
    const depth = deep === undefined ? KEPT : deep ? DEEP : LIGHT;
    this.depth.push(depth);
    if (guessed === true && state !== 'running') this.guessed.push(this.builder.length);
    if (!wake) this.builder.add({ from, to, state, stack, rival });
    else {
      // A timeout of a lock is nobody's doing, least of all that of the thread that the timer interrupted.
      const wokenBy = wake.byInterrupt !== false && state === 'user-lock' ? 0 : wake.wokenBy;
      this.builder.add({ from, to, state, stack, rival, ...wake, wokenBy });
    }
  }

  /**
   * Gives each sleep without a stack what a sample shows of it, if it is long enough to have one, or else the state of one of its kind that
   * has one: of the nearest in time the one that lasted most nearly as long, because what a thread waits for shows in how long it waits.
   */
  fillUnknown(sampled: (from: number, to: number) => Seen | undefined): void {
    const { longSleepMs, nearSleeps } = TIMELINE;
    const { builder } = this;
    const known = [LIGHT, DEEP].map((kind) => this.knownOf(kind));
    const cursors = [0, 0];
    for (const index of this.guessed.values()) {
      const from = builder.fromAt(index);
      const to = builder.toAt(index);
      const seen = to - from >= longSleepMs ? sampled(from, to - longSleepMs / 2) : undefined;
      if (seen) builder.tell(index, seen.state, seen);
      const kind = this.depth.at(index) - LIGHT;
      const list = known[kind];
      if (seen || !list) continue;
      let at = cursors[kind] ?? 0;
      while (at < list.length && builder.fromAt(list[at] ?? 0) < from) at += 1;
      cursors[kind] = at;
      const near = this.mostAlike(
        to - from,
        list,
        Math.max(0, at - nearSleeps),
        Math.min(list.length, at + nearSleeps),
      );
      if (near !== undefined)
        builder.tell(index, builder.stateAt(near) ?? 'unexplained', { stack: builder.stackAt(near) });
    }
  }

  /** The sleeps of one kind that have a stack. */
  private knownOf(kind: number): ArrayLike<number> {
    const found = new NumberList();
    for (let index = 0; index < this.builder.length; index += 1)
      if (this.depth.at(index) === kind && this.builder.stackAt(index) !== undefined) found.push(index);
    return found.values();
  }

  /** Of a stretch of these the one whose length is nearest by its ratio. */
  private mostAlike(length: number, list: ArrayLike<number>, first: number, end: number): number | undefined {
    let best: number | undefined;
    let least = Infinity;
    for (let at = first; at < end; at += 1) {
      const index = list[at] ?? 0;
      const other = this.builder.toAt(index) - this.builder.fromAt(index);
      const ratio = other > length ? other / length : length / other;
      if (ratio < least) {
        least = ratio;
        best = index;
      }
    }
    return best;
  }

  finish(): Timeline {
    return this.builder.finish();
  }
}
