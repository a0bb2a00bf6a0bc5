// A process that waits for another's lock is held up by what holds that one up: the processes of a database share locks, and one that waits
// for its disk or for a CPU makes the others wait in a futex. Each wait for a lock that a watched thread of another process gave back is
// replaced by that thread's own waits meanwhile; while it worked, the wait stays one for the lock. Waits among the threads of one process
// are left as they are: see convoy.ts.

import type { Segment } from '../../model/segment.js';
import type { Timeline } from '../../model/timeline.js';
import { WAITING } from '../../model/states.js';
import { within } from './children.js';
import { LOCK_OWNERS } from '../../model/thresholds/locks.js';

export interface HeldLine {
  readonly line: Timeline;
  /** ms that each holder was held up while it was waited for, by thread. */
  readonly holders: ReadonlyMap<number, number>;
}

/** The line with its waits for locks of others filled in. `moved` has the lines of all watched threads. */
export function withHolders(line: Timeline, own: ReadonlySet<number>, moved: ReadonlyMap<number, Timeline>): HeldLine {
  const holders = new Map<number, number>();
  const heldParts = (wait: Segment, depth: number): Segment[] => {
    const holder = wait.wokenBy ?? 0;
    const life = own.has(holder) ? undefined : moved.get(holder);
    if (wait.state !== 'user-lock' || !life || depth > LOCK_OWNERS.deepest) return [wait];
    return within(wait, life).flatMap((part) => {
      if (part.state === 'user-lock') return heldParts(part, depth + 1);
      if (!WAITING.has(part.state)) return [{ ...wait, from: part.from, to: part.to }];
      holders.set(holder, (holders.get(holder) ?? 0) + part.to - part.from);
      return [part];
    });
  };
  const isForeign = ({ state, wokenBy = 0 }: Segment) =>
    state === 'user-lock' && !own.has(wokenBy) && moved.has(wokenBy);
  return { line: line.some(isForeign) ? line.flatMap((segment) => heldParts(segment, 1)) : line, holders };
}
