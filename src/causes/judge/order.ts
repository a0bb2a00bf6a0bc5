// The order in which causes that hold are told: by the victim's time that each explains, weighed by how sure it is, but what another cause
// stands before comes after that. A file of its own because the order is an argument of its own.

import type { Measures } from '../../analysis/measures.js';
import { progressWithin } from '../../analysis/victim/progress.js';
import { JUDGING } from '../../model/thresholds/judging.js';
import type { Cause, Found } from '../cause.js';

/** A cause that holds. */
export interface Holding {
  readonly cause: Cause;
  readonly finding: Found;
}

/** The causes that a finding stands before: its own list, and what the victim always does, where it got on with that until then. */
function beforeOf(m: Measures, { finding }: Holding, found: readonly Holding[]): readonly string[] | 'all' {
  const { before = [] } = finding;
  const habits = found.filter((one) => one.finding.isHabit === true);
  if (before === 'all' || finding.isHabit === true || habits.length === 0 || !m.account) return before;
  const collapsed = progressWithin(m.input, m.account.pid, m.account, finding.lost) <= JUDGING.collapsed;
  return collapsed ? [...before, ...habits.map(({ cause }) => cause.id)] : before;
}

/** By the victim's time that each explains, weighed by how sure it is; what another stands before comes after it. */
export function inOrder(m: Measures, found: readonly Holding[]): Holding[] {
  const weight = ({ finding }: Holding) => finding.share * finding.confidence;
  const ordered = [...found].sort((a, b) => weight(b) - weight(a));
  for (const leader of ordered.toReversed()) {
    const before = beforeOf(m, leader, found);
    const follows = (one: Holding) => one !== leader && (before === 'all' || before.includes(one.cause.id));
    const from = ordered.findIndex(follows);
    const at = ordered.indexOf(leader);
    if (from < 0 || from > at) continue;
    ordered.splice(at, 1);
    ordered.splice(from, 0, leader);
  }
  return ordered;
}
