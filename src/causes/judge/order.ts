// The order in which causes that hold are told: by the victim's time that each explains, weighed by how sure it is, but what another cause
// stands before comes after that. A file of its own because the order is an argument of its own.

import type { Measures } from '../../analysis/measures.js';
import { progressWithin } from '../../analysis/victim/progress.js';
import type { State } from '../../model/states.js';
import { JUDGING } from '../../model/thresholds/judging.js';
import type { Cause, Found } from '../cause.js';

/** A cause that holds. */
export interface Holding {
  readonly cause: Cause;
  readonly finding: Found;
}

/** Whether the victim got on with what it always does, and did so no more while this one held it up. */
function breaksHabits(m: Measures, { finding }: Holding): boolean {
  if (finding.isHabit === true || !m.account) return false;
  return progressWithin(m.input, m.account.pid, m.account, finding.lost) <= JUDGING.collapsed;
}

/** Tells of two causes whether one stands before the other: what keeps the victim from what it always does comes before that. */
function precedence(m: Measures, found: readonly Holding[]): (one: Holding, other: Holding) => boolean {
  const isHabit = ({ finding }: Holding) => finding.isHabit === true;
  const breakers = new Set(found.some(isHabit) ? found.filter((one) => breaksHabits(m, one)) : []);
  return (one, other) => {
    if (isHabit(other) && breakers.has(one)) return true;
    if (isHabit(one) && breakers.has(other)) return false;
    const { before = [] } = one.finding;
    return before === 'all' || before.includes(other.cause.id) || isLongerOfScheduler(one, other);
  };
}

/** States that the scheduler itself tells from all others. */
const OF_SCHEDULER: readonly State[] = ['stopped', 'runnable', 'cpu-wakeup', 'cgroup-cpu'];

/**
 * Of two that are told by the scheduler's states, as being stopped and waiting for a CPU are, neither is in doubt, and the score of the second says how
 * much of it there was: the longer comes first.
 */
function isLongerOfScheduler(one: Holding, other: Holding): boolean {
  const areBoth = [one, other].every(({ cause: { waits } }) => {
    return waits.length > 0 && waits.every((state) => OF_SCHEDULER.includes(state));
  });
  return areBoth && one.finding.share > other.finding.share;
}

/** By the victim's time that each explains, weighed by how sure it is; what another stands before comes after it. */
export function inOrder(m: Measures, found: readonly Holding[]): Holding[] {
  const weight = ({ finding }: Holding) => finding.share * finding.confidence;
  const ordered = [...found].sort((a, b) => weight(b) - weight(a));
  const standsBefore = precedence(m, found);
  for (const leader of ordered.toReversed()) {
    const from = ordered.findIndex((one) => one !== leader && standsBefore(leader, one));
    const at = ordered.indexOf(leader);
    if (from < 0 || from > at) continue;
    ordered.splice(at, 1);
    ordered.splice(from, 0, leader);
  }
  return ordered;
}
