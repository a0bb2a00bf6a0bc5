// Waits in io_uring_enter(2) and io_getevents(2) are for whatever completes first. The kernel marks them as waits for I/O, whatever that is: a
// read of an empty pipe, a timer, nothing at all. While no request of the process's own was under way and none woke it, it waited for
// input and for no disk; or, where another of its threads waited for a frozen filesystem, for what that had to send. In a file of its own
// because it is decided before the thread is chosen that was held up longest.

import type { Segment } from '../../model/segment.js';
import { Timeline } from '../../model/timeline.js';
import type { State } from '../../model/states.js';
import { type Interval, type Intervals, union } from '../../base/intervals.js';
import type { Owners } from '../attribution/owners.js';
import { beganAt, type Requests } from '../requests/requests.js';
import { Cutter, isQueuedForAnother, linkWakes, ownRequests, underWay } from './own-requests.js';

/** In what an io_uring's own workers do the work that it waits for, other than with requests. */
const WORK: readonly State[] = ['dirty-throttle', 'journal', 'fs-lock', 'reclaim', 'swap', 'block-queue'];

const FOR_IO: readonly State[] = ['block-device', 'block-held'];

/** What tells a wait for a disk from another one. */
export interface AsyncWaits {
  readonly requests: Requests;
  readonly owners: Owners;
  readonly threads: ReadonlySet<number>;
  readonly isAsync: (segment: Segment) => boolean;
  readonly isKernelThread: (pid: number) => boolean;
  /** True for a worker that an io_uring of the process has: `iou-wrk-PID`. */
  readonly isWorker: (thread: number) => boolean;
}

/** The lines with those waits for input that were no waits for a disk; the same where there are none. */
export function withIdleWaits(lines: ReadonlyMap<number, Timeline>, about: AsyncWaits): ReadonlyMap<number, Timeline> {
  const { requests, owners, threads, isAsync, isWorker } = about;
  const isCandidate = (segment: Segment) => FOR_IO.includes(segment.state) && isAsync(segment);
  if (![...lines.values()].some((line) => line.some(isCandidate))) return lines;
  const own = ownRequests(requests, owners, threads, new Int32Array(0));
  const asked = underWay(requests, (row) => own[row] !== 0);
  const timesIn = (states: readonly State[], isMeant: (thread: number) => boolean) =>
    union([...lines].flatMap(([thread, line]) => (isMeant(thread) ? [...line.timesIn(states)] : [])));
  const worked = timesIn(WORK, isWorker);
  const frozen = timesIn(['fs-frozen'], () => true);
  const busy = union([...asked, ...worked]);
  return new Map([...lines].map(([thread, line]) => [thread, withIdle(line, isCandidate, busy, frozen, about)]));
}

function withIdle(
  line: Timeline,
  isCandidate: (segment: Segment) => boolean,
  busy: Intervals,
  frozen: Intervals,
  { requests, owners, threads, isKernelThread }: AsyncWaits,
): Timeline {
  const candidates = line.filter(isCandidate);
  if (candidates.length === 0) return line;
  const wakes = linkWakes(candidates, requests, -1, isKernelThread);
  const asked = [...candidates].map((segment, index): Interval => {
    const row = wakes[index] ?? -1;
    // No device answers through a thread of the process itself: that is a worker of the ring that has done its work.
    const isOwnWorks = segment.byInterrupt === false && threads.has(segment.wokenBy ?? -1);
    if (row === -1 || isOwnWorks) return { from: segment.to, to: segment.to };
    // A bio that a cgroup's limit held back is nobody's, and the wake-up behind its completion tells whose it was. Any other request was waited for
    // since it was queued at most: what ends a wait right behind it may be a timer.
    const since = isQueuedForAnother(owners, row) ? segment.from : beganAt(requests, row);
    return { from: Math.max(segment.from, since), to: segment.to };
  });
  const atWork = new Cutter(union([...busy, ...asked]));
  const atFreeze = new Cutter(frozen);
  return line.flatMap((segment) => {
    if (!isCandidate(segment)) return [segment];
    const parts: Segment[] = [];
    atWork.cut(segment.from, segment.to, (from, to, isAtWork) => {
      if (isAtWork) parts.push({ ...segment, from, to });
      else
        atFreeze.cut(from, to, (since, until, isFrozen) =>
          parts.push({ ...segment, from: since, to: until, state: isFrozen ? 'fs-frozen' : 'pipe-socket' }),
        );
    });
    return parts;
  });
}
