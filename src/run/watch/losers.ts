// Who lost the second that ends now, as the trigger is told: what the judge has found → losers. Of a watched service all count together; where nobody is
// named, each process and the machine count for themselves.

import type { LossJudge } from './judge.js';
import type { Loser } from './trigger.js';

const WATCHED = 'watched';
const NOBODY = 'anybody';

/** The second that ends at `nowMs` of CLOCK_MONOTONIC; to be asked once a second. */
export function losersOf(judge: LossJudge, nowMs: number, isNamed: boolean): Loser[] {
  const lost = [...judge.endSecond(nowMs)].flatMap(([pid, kind]): Loser[] =>
    // Nobody asked about one that is stopped, or that others leave no CPU.
    isNamed || kind === 'waits' ? [{ key: isNamed ? WATCHED : `${NOBODY} ${pid}`, pid, kind }] : [],
  );
  return judge.lostMemory(nowMs) ? [...lost, { key: isNamed ? WATCHED : 'machine', kind: 'memory' }] : lost;
}
