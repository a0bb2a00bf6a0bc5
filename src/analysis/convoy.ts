// Threads of one process that wait for each other in user space: who waits how long, and who lets them go. A futex does not name its
// holder, but the wake-up does: whoever ends the wait held what was waited for (futex(7)).

import { intersect, total, union, type Interval } from './intervals.js';
import type { Segment } from './timeline.js';
import type { State } from '../model/states.js';

/** States in which a holder of a lock is in I/O. */
const IN_IO: readonly State[] = [
  'block-device',
  'block-queue',
  'block-held',
  'block-finish',
  'dirty-throttle',
  'journal',
  'fs-lock',
  'fs-frozen',
  'reclaim',
  'swap',
];

/** A thread that was let go this often, or that waited this share of its life, is in the convoy. */
const LEAST_WAITS = 3;
const LEAST_SHARE = 0.25;
/** A lock is passed on within the convoy: workers of a pool are given work by everybody. */
const LEAST_WITHIN = 0.75;

export interface Convoy {
  /** The threads that waited, with the share of its life that each lost. */
  readonly waiting: ReadonlyMap<number, number>;
  readonly holder: number;
  /** Waits that the holder ended, and all waits of these threads. */
  readonly releases: number;
  readonly waits: number;
  /** Of the time that they waited: the share in which the holder was in I/O, and in which it ran. */
  readonly holderInIo: number;
  readonly holderRunning: number;
  /** When any of them waited. */
  readonly times: readonly Interval[];
}

interface Wait extends Interval {
  readonly by: number;
}

/** Waits of one thread that another thread of its process ended. */
function waitsOf(thread: number, segments: readonly Segment[], lines: ReadonlyMap<number, readonly Segment[]>): Wait[] {
  return segments.flatMap(({ state, from, to, wokenBy }) =>
    state === 'user-lock' && wokenBy !== undefined && wokenBy !== thread && lines.has(wokenBy)
      ? [{ from, to, by: wokenBy }]
      : [],
  );
}

function life(segments: readonly Segment[]): number {
  return (segments.at(-1)?.to ?? 0) - (segments[0]?.from ?? 0);
}

/** The convoy of a process; undefined where fewer than two threads wait for a lock that they hand on to each other. */
export function findConvoy(lines: ReadonlyMap<number, readonly Segment[]>): Convoy | undefined {
  const all = [...lines].map(([thread, segments]) => ({
    thread,
    waits: waitsOf(thread, segments, lines),
    life: life(segments),
  }));
  const candidates = all.filter((one) => one.waits.length >= LEAST_WAITS && total(one.waits) >= LEAST_SHARE * one.life);
  // Whoever gets a lock hands it on: a thread that waits and never lets another go is an idle worker that is given work.
  const handsOn = (thread: number) =>
    candidates.reduce((sum, one) => sum + one.waits.filter((wait) => wait.by === thread).length, 0) >= LEAST_WAITS;
  const waiting = candidates.filter((one) => handsOn(one.thread));
  if (waiting.length < 2) return undefined;
  const releases = new Map<number, { count: number; ms: number }>();
  const waits = waiting.flatMap((one) => one.waits);
  for (const { by, from, to } of waits) {
    const known = releases.get(by) ?? { count: 0, ms: 0 };
    releases.set(by, { count: known.count + 1, ms: known.ms + to - from });
  }
  const waited = union(waits);
  const [holder, released] =
    [...releases]
      .map((one) => ({ one, weight: holding(one[0], one[1].ms, waited) }))
      .sort((a, b) => b.weight - a.weight)[0]?.one ?? [];
  if (holder === undefined || released === undefined) return undefined;
  const within = new Set([holder, ...waiting.map((one) => one.thread)]);
  if (total(waits.filter((wait) => within.has(wait.by))) < LEAST_WITHIN * total(waits)) return undefined;
  const during = (states: readonly State[]) =>
    total(intersect(waited, union((lines.get(holder) ?? []).filter((segment) => states.includes(segment.state))))) /
    total(waited);
  return {
    waiting: new Map(waiting.map((one) => [one.thread, Math.min(1, total(one.waits) / one.life)])),
    holder,
    releases: released.count,
    waits: waits.length,
    holderInIo: during(IN_IO),
    holderRunning: during(['running', 'runnable']),
    times: waited,
  };

  /** A thread that was let go hands the lock on at once; the one that keeps it is busy while the others wait. */
  function holding(thread: number, releasedMs: number, others: readonly Interval[]): number {
    const busy = (lines.get(thread) ?? []).filter(
      ({ state }) => state !== 'user-lock' && state !== 'pipe-socket' && state !== 'asleep',
    );
    return releasedMs * total(intersect(others, union(busy)));
  }
}
