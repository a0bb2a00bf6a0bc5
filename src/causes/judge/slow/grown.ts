// A disk that became slow while it was recorded: fast enough for an ordinary one, and still several times slower than it was. Its users have
// grown used to better.

import { timesIn } from '../../../analysis/measures.js';
import { slowdownOf, type Slowdown } from '../../../analysis/requests/slowdown.js';
import { duration, percent } from '../../../base/format.js';
import { intersect } from '../../../base/intervals.js';
import { said, time } from '../../../model/quantity.js';
import { SLOW } from '../../../model/thresholds/device.js';
import { JUDGING } from '../../../model/thresholds/judging.js';
import { holds, ramp, type Judgement, type Told } from '../../cause.js';
import { DEVICE_WAITS, diskName } from '../judgements.js';
import { lacksCpu, waited, withIdleCpus, type Victim, type Waited, type WithRequests } from './waited.js';

export interface Grown extends Waited {
  readonly way: 'grown';
  readonly slower: Slowdown;
  readonly factor: number;
  /** True where its own workers may have waited for a CPU. */
  readonly waitsForCpu: boolean;
}

/** Undefined where it did not. */
export function judgeGrown(m: WithRequests): Judgement<Grown> | undefined {
  const { account, load } = m;
  const slower = slowdownOf(load, m.requests, m.norm, account);
  if (!slower) return undefined;
  const found = waited(m, intersect(timesIn(account, DEVICE_WAITS), slower.times));
  if (found.share < JUDGING.noticeable) return undefined;
  const factor = slower.nowMs / slower.usualMs;
  const span = { from: slower.times.at(0)?.from ?? account.from, to: slower.times.at(-1)?.to ?? account.to };
  const waitsForCpu = lacksCpu(m, span, found.beneath);
  const confidence = ramp(factor, SLOW.sureOfGrown) * (waitsForCpu ? SLOW.unsure : 1);
  return holds(
    { share: found.share, confidence, lost: found.lost },
    { ...found, way: 'grown', slower, factor, waitsForCpu },
  );
}

export function tellGrown({ slower, factor, waitsForCpu, share, beneath }: Grown, m: Victim): Told {
  const name = diskName(m);
  return {
    sentence: `${name} became slower while it was recorded: ${slower.class} take ${duration(slower.nowMs)} of its own time instead of ${duration(slower.usualMs)}, ${factor.toFixed(1)} times as long, and the victim waited for it ${percent(share)} of its time.`,
    yardstick: {
      measure: slower.class,
      value: said`${time(slower.nowMs)} each`,
      against: `before: ${duration(slower.usualMs)}`,
    },
    culprit: beneath.culprit,
    ...(waitsForCpu && { decidedBy: withIdleCpus(name) }),
    evidence: [
      {
        measure: `service time of ${slower.class}`,
        value: said`${time(slower.nowMs)}, before ${time(slower.usualMs)}`,
        meaning: 'against the device’s own past, request by request; queueing behind other requests is left out',
        source: 'block:block_rq_issue → block:block_rq_complete',
      },
      ...beneath.evidence,
    ],
    advice: [
      ...beneath.advice,
      `Ask what changed at that time on ${name} or beneath it: a snapshot, a rebuild, another tenant, spent burst credit.`,
    ],
  };
}
