// Which requests a victim waits for: those that hold anything of its own, queued by it or written by the flusher for it, and those whose
// completion woke it. A request is answered as a whole, so whoever waits for a part of it waits for all of it. The last kind matters most: a bio that a
// cgroup's limit held back is queued later by a kernel thread (block/blk-throttle.c, blk_throtl_dispatch_work_fn), and only the wake-up right behind its
// completion, on the same CPU, tells whose it was.

import type { Segment } from '../../model/segment.js';
import { TimelineBuilder, type Timeline } from '../../model/timeline.js';
import { entry } from '../../base/maps.js';
import { NumberList } from '../../base/number-list.js';
import { IntervalList, type Intervals, union } from '../../base/intervals.js';
import { sourcesOf, type Owner, type Owners } from '../attribution/owners.js';
import type { Requests } from '../requests/requests.js';
import type { State } from '../../model/states.js';
import { OWN_REQUESTS } from '../../model/thresholds/victim.js';

const NOTHING: Segment = { from: 0, to: 0, state: 'ended' };

/** The request whose completion ended a sleep, by segment; -1 where none did. `disk` is the victim's, as an index. */
export function linkWakes(
  segments: Timeline,
  requests: Requests,
  disk: number,
  kernelThreads: (pid: number) => boolean,
): Int32Array {
  const everywhere = new Map<number, CompletionCursor>();
  for (let row = 0; row < requests.length; row += 1) {
    const cpu = requests.cpu[row] ?? 0;
    entry(everywhere, cpu, () => new CompletionCursor(requests)).add(row);
  }
  const onDisk = new CompletionCursor(requests);
  for (let row = 0; row < requests.length; row += 1) if (requests.disk[row] === disk) onDisk.add(row);
  const wakes = new Int32Array(segments.length).fill(-1);
  const isSampled = isWithin(requests.sampled);
  for (let index = 0; index < segments.length; index += 1) {
    if (!isWait(segments.stateAt(index))) continue;
    const { wokenAt, wokenOn, wokenBy } = segments.at(index) ?? NOTHING;
    if (wokenAt === undefined || wokenOn === undefined) continue;
    // The completion behind a wake-up may be one of those that were left out, and the last one seen anybody's.
    if (isSampled(wokenAt)) continue;
    const here = everywhere.get(wokenOn)?.lastBefore(wokenAt, OWN_REQUESTS.wakeWithinMs) ?? -1;
    const passedOn = here < 0 && wokenBy !== undefined && wokenBy !== 0 && kernelThreads(wokenBy);
    wakes[index] = passedOn ? onDisk.lastBefore(wokenAt, OWN_REQUESTS.finishWithinMs) : here;
  }
  return wakes;
}

/** Whether a time lies in a set, for times that only grow. */
function isWithin(set: Intervals): (t: number) => boolean {
  let at = 0;
  return (t) => {
    while ((set.to[at] ?? Infinity) < t) at += 1;
    return (set.from[at] ?? Infinity) <= t;
  };
}

/** The last completion before a time, for times that only grow. */
class CompletionCursor {
  private readonly rows = new NumberList();
  private readonly requests: Requests;
  private at = 0;

  constructor(requests: Requests) {
    this.requests = requests;
  }

  add(row: number): void {
    this.rows.push(row);
  }

  lastBefore(t: number, within: number): number {
    const completed = (index: number) => this.requests.completed[this.rows.at(index)] ?? Infinity;
    while (this.at < this.rows.length && completed(this.at) <= t) this.at += 1;
    const row = this.rows.at(this.at - 1);
    return this.at > 0 && t - completed(this.at - 1) <= within ? row : -1;
  }
}

function isWait(state: State | undefined): boolean {
  return state === 'block-device' || state === 'journal';
}

/** Marks the requests that are the victim's: 1 = it queued some of their bios or bytes of them are its own, 2 = told by the wake-up alone. */
export function ownRequests(
  requests: Requests,
  owners: Owners,
  threads: ReadonlySet<number>,
  wakes: Int32Array,
): Uint8Array {
  const own = new Uint8Array(requests.length);
  const isOwn = sourcesOf(owners, threads);
  for (let row = 0; row < requests.length; row += 1) {
    for (let at = owners.first[row] ?? 0; at < (owners.first[row + 1] ?? 0); at += 1)
      if (isOwn[owners.source[at] ?? 0] === 1) own[row] = 1;
  }
  for (const row of wakes) if (row >= 0 && own[row] === 0) own[row] = 2;
  return own;
}

/** Whom a worker of the kernel queues for where it is not known: that a device above is behind it is then a guess. */
const NOBODYS: ReadonlySet<Owner['via'] | undefined> = new Set(['unattributed', 'metadata', 'stacked']);

/**
 * True for requests that the kernel's workers queue for nobody known: a throttle had held them back, and passes them on so. The
 * filesystem's structures may have been held back as well.
 */
export function isQueuedForAnother({ list, sources, ownerOf, first, source }: Owners, row: number): boolean {
  for (let at = first[row] ?? 0; at < (first[row + 1] ?? 0); at += 1) {
    const index = source[at] ?? 0;
    const owner = list[ownerOf[index] ?? 0];
    if (owner?.pid !== null || !NOBODYS.has(owner.via)) return false;
    if (sources[index]?.inode !== -1) return false;
  }
  return true;
}

/**
 * When some requests were with the device, when some were queued and not yet dispatched, and when a device that passes bios on had some: what
 * becomes of those on the devices beneath is told by their own stages.
 */
interface Stages {
  readonly device: Intervals;
  readonly queue: Intervals;
  readonly passing: Intervals;
}

export function stagesOf(requests: Requests, chosen: (row: number) => boolean): Stages {
  const device = new IntervalList();
  const queue = new IntervalList();
  const passing = new IntervalList();
  for (let row = 0; row < requests.length; row += 1) {
    if (!chosen(row)) continue;
    const dispatched = requests.dispatched[row] ?? NaN;
    (requests.passedOn[row] === 1 ? passing : device).push(dispatched, requests.completed[row] ?? NaN);
    const queued = requests.queued[row] ?? NaN;
    if (queued < dispatched) queue.push(queued, dispatched);
  }
  return { device: union(device), queue: union(queue), passing: union(passing) };
}

/** What tells the stages of waits. */
export interface Stagings {
  readonly requests: Requests;
  /** By request: whether it is the victim's. */
  readonly own: Uint8Array;
  /** The request whose completion ended a sleep, by segment; -1 where none did. */
  readonly wakes: Int32Array;
  /** The victim's disk, as an index. */
  readonly disk: number;
  readonly isKernelThread: (pid: number) => boolean;
  /** True for a request that somebody queued for another, whom it had held back. */
  readonly isPassedOn: (row: number) => boolean;
  /** True for a wait for whatever the flusher has to write, pages that were made dirty before the recording among it. */
  readonly isWriteback: (segment: Segment) => boolean;
  /** True for a wait that another program's thread ended: no device answers that. */
  readonly isServed: (segment: Segment) => boolean;
  /** True where the disk surely had nothing to do for most of a wait. */
  readonly isIdle: (wait: Segment) => boolean;
}

/** When any of these requests was queued or with a device. */
export function underWay(requests: Requests, chosen: (row: number) => boolean): Intervals {
  const { device, queue, passing } = stagesOf(requests, chosen);
  return union([...device, ...queue, ...passing]);
}

/**
 * Splits each wait for I/O into its stages: with the device, queued, held back before the block layer, and bookkeeping.
 * A journal wait is split the same way, with the journal's own requests; what they don't cover stays 'journal'.
 */
export function splitWaits(
  segments: Timeline,
  { requests, own, wakes, disk, isKernelThread, isPassedOn, isWriteback, isServed, isIdle }: Stagings,
): Timeline {
  const mine = stagesOf(requests, (row) => own[row] !== 0);
  const isShared = (segment: Segment) =>
    segment.state === 'journal' || (segment.state === 'block-device' && isWriteback(segment));
  // A commit is written by the filesystem's own threads, and by whoever flushes the disk's cache.
  const shared = segments.some(isShared)
    ? stagesOf(
        requests,
        (row) => own[row] !== 0 || (requests.disk[row] === disk && isKernelThread(requests.pid[row] ?? 0)),
      )
    : mine;
  const stagesOfMine = cutters(mine);
  const stagesOfShared = cutters(shared);
  const isSampled = isWithin(requests.sampled);
  // Most waits have one stage.
  const split = new TimelineBuilder(Math.ceil(segments.length * 1.125));
  for (let index = 0; index < segments.length; index += 1) {
    const segment = segments.at(index) ?? NOTHING;
    if (!isWait(segment.state)) {
      split.add(segment);
      continue;
    }
    const row = wakes[index] ?? -1;
    const heldUntil = row >= 0 && own[row] === 2 && isPassedOn(row) ? (requests.queued[row] ?? NaN) : NaN;
    const rest = () => {
      if (isServed(segment)) return 'server';
      if (segment.state === 'journal') return 'journal';
      if (!isSampled(segment.from)) return 'block-finish';
      // Its request may be one of those that were left out: then it is with the device, as far as the disk was at work.
      return isIdle(segment) ? 'block-held' : 'block-device';
    };
    const { device, queue, passing } = isShared(segment) ? stagesOfShared : stagesOfMine;
    const add = (from: number, to: number, state: State) => split.add(stage(segment, from, to, state));
    device.cut(segment.from, segment.to, (from, to, isWithDevice) => {
      if (isWithDevice) add(from, to, 'block-device');
      else
        queue.cut(from, to, (start, end, isQueued) => {
          if (isQueued) add(start, end, 'block-queue');
          else if (start < heldUntil && heldUntil - start >= OWN_REQUESTS.leastHeldMs) add(start, end, 'block-held');
          else
            passing.cut(start, end, (since, until, isPassed) => add(since, until, isPassed ? 'block-device' : rest()));
        });
    });
  }
  return split.finish();
}

function cutters({ device, queue, passing }: Stages): Readonly<Record<keyof Stages, Cutter>> {
  return { device: new Cutter(device), queue: new Cutter(queue), passing: new Cutter(passing) };
}

/** Cuts stretches of time, each behind the one before, at the borders of a sorted set. */
export class Cutter {
  private readonly set: Intervals;
  private first = 0;

  constructor(set: Intervals) {
    this.set = set;
  }

  /** Calls `visit` for each part in order of time, with whether the set covers it. */
  cut(from: number, to: number, visit: (from: number, to: number, isCovered: boolean) => void): void {
    while ((this.set.to[this.first] ?? Infinity) <= from) this.first += 1;
    let at = from;
    for (let index = this.first; at < to; index += 1) {
      const start = Math.min(this.set.from[index] ?? to, to);
      if (start > at) visit(at, start, false);
      const end = Math.min(this.set.to[index] ?? to, to);
      if (index < this.set.length && end > Math.max(start, at)) visit(Math.max(start, at), end, true);
      at = Math.max(at, end);
    }
  }
}

/** A stage of a wait: what the wait is, within a part of its time. */
function stage(wait: Segment, from: number, to: number, state: State): Segment {
  const { rival, stack, wchan, wokenAt, wokenOn, wokenBy, byInterrupt } = wait;
  return { from, to, state, rival, stack, wchan, whole: wait.state, wokenAt, wokenOn, wokenBy, byInterrupt };
}
