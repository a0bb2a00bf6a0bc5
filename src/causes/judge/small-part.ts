// What a verdict may claim by the part of the victim's loss that it explains: one that would leave most of the stall as it is when it is mended
// is told as possible, and says so, however sure it is that it is there. For every cause alike, so a file of its own.

import type { Measures } from '../../analysis/measures.js';
import type { VictimAccount } from '../../model/account.js';
import { part, said } from '../../model/quantity.js';
import { WAITING } from '../../model/states.js';
import { JUDGING } from '../../model/thresholds/judging.js';
import type { Argument } from '../cause.js';
import { chanceOf } from './calibration.js';
import { FIDELITY } from './fidelity.js';
import type { Holding } from './order.js';

/** The share of its time for which the victim was held up, by whatever: what a block trace leaves out does not count. */
function heldUpShare({ ms, from, to }: VictimAccount): number {
  const held = [...ms].filter(([state]) => WAITING.has(state));
  return held.reduce((sum, [, each]) => sum + each, 0) / (to - from);
}

/** True where mending it would leave most of what the victim was held up for. */
function isSmallPart({ account }: Measures, { cause, finding }: Holding): boolean {
  return account !== undefined && cause.rank === 'verdict' && finding.share < JUDGING.smallPart * heldUpShare(account);
}

/** How often such a verdict is right; one that explains a small part of what the victim lost is not told as likely. */
export function confidenceOf(m: Measures, one: Holding, score: number): number {
  const chance = chanceOf(one.cause.id, score, m.account?.source === 'samples');
  return isSmallPart(m, one) ? Math.min(chance, JUDGING.ofSmallPart) : chance;
}

/** That most of what the victim was held up for is not explained by it. */
export function restOfLoss(m: Measures, one: Holding): Argument[] {
  if (!m.account || !isSmallPart(m, one)) return [];
  const held = heldUpShare(m.account);
  return [
    {
      measure: 'part of what it lost',
      value: said`${part(one.finding.share / held)}: ${part(one.finding.share)} of its time, of ${part(held)}`,
      meaning: 'the rest of what held it up would stay without this cause: the accounting says for what it waited',
      source: FIDELITY[m.account.source].waits,
    },
  ];
}
