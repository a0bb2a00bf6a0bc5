// A disk that hangs told from one that is slow: whether few requests make up the time, and how that is said. Different people are asked for the
// two: one is the wrong disk or an overloaded one, to the other something happens.

import type { Measures } from '../../../analysis/measures.js';
import type { Slowness } from '../../../analysis/requests/slowness.js';
import type { Spread } from '../../../analysis/requests/spread.js';
import { duration, percent } from '../../../base/format.js';
import type { Intervals } from '../../../base/intervals.js';
import { number, said, time } from '../../../model/quantity.js';
import { SLOW } from '../../../model/thresholds/device.js';
import { DEVICE_JUDGING } from '../../../model/thresholds/judging.js';
import type { Advice } from '../../../model/diagnosis.js';
import type { Argument } from '../../cause.js';
import { advise } from '../advice.js';
import { diskName } from '../judgements.js';
import { journalAround } from '../logs.js';

/** True where few requests make up most of what is too long: of many a tenth at most. */
function areFewOfMany({ count, heavy }: Spread, { norm }: Measures): boolean {
  return (
    // One that took a second too long is told by itself.
    (count >= SLOW.hangs.leastOf || heavy.leastMs >= DEVICE_JUDGING.hiccupMs + norm.fixedMs) &&
    // A disk that has become slow is slow for all that come after it. A row that a long one begins and a long one ends has a distance less than long ones.
    heavy.count - 1 <= SLOW.hangs.mostShare * (heavy.among - 1)
  );
}

/**
 * True where a handful that hung and quick ones take turns, and nothing is between the two: who waits for each answer, and rests, has hardly more from one
 * hang to the next.
 */
function takeTurns({ hung }: Spread): boolean {
  const { least, most, mostShare, part } = SLOW.handful;
  const isHandful = hung.count >= least && hung.count <= most;
  return isHandful && hung.part >= part && hung.count - 1 <= mostShare * (hung.among - 1);
}

/** True where few requests make up most of what is too long and half of all are quick: the disk is not slow, it hangs now and then. */
export function hangs(spread: Spread | undefined, m: Measures): spread is Spread {
  return (
    spread !== undefined &&
    (areFewOfMany(spread, m) || takeTurns(spread)) &&
    spread.medianMs <= m.norm.fixedMs &&
    spread.heavy.leastMs >= Math.max(SLOW.hangs.leastMs, SLOW.hangs.times * spread.medianMs)
  );
}

export function hangSentence(
  name: string,
  share: number,
  first: Slowness,
  { count, medianMs, longestMs, hung }: Spread,
): string {
  const how =
    hung.count === 1
      ? `one of its ${count} ${first.class} took ${duration(longestMs)}`
      : `${hung.count} of its ${count} ${first.class} took ${duration(hung.leastMs)} to ${duration(longestMs)}`;
  return `${name} ${hung.count === 1 ? 'hung once' : 'hangs now and then'}: ${how} of its own time, half of all no more than ${duration(medianMs)}, and the victim waited for it ${percent(share)} of its time.`;
}

/** A disk that is slow throughout is the wrong one, or overloaded; one that hangs has something that happens to it. */
export function lookAtHangs(m: Measures, times: Intervals): Advice[] {
  return [
    advise`Ask what happens to ${diskName(m)} at those times: the provider’s events, firmware, power states, a snapshot or a rebuild beneath, and what the kernel said then (resets, timeouts, path failover): ${journalAround(m.input, times, true)}.`,
  ];
}

export function spreadEvidence(spread: Spread | undefined, { class: which }: Slowness): Argument[] {
  if (!spread) return [];
  const { count, medianMs, longestMs, heavy } = spread;
  return [
    {
      measure: `all ${which}`,
      value: said`half of ${number(count)} within ${time(medianMs)}, the longest ${time(longestMs)}`,
      meaning: `${heavy.count === 1 ? 'the longest alone makes' : `the ${heavy.count} longest make`} up half of what they took beyond an ordinary disk’s time`,
      source: 'block:block_rq_issue → block:block_rq_complete',
    },
  ];
}
