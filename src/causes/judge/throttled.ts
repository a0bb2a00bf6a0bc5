// What the two causes of the dirty throttle share: how long it held the victim, and whether the device had room meanwhile.

import { intersect, total, union, without, type Interval } from '../../base/intervals.js';
import { timesIn } from '../../analysis/measures.js';
import { percent } from '../../base/format.js';
import { part, said, time } from '../../model/quantity.js';
import { notChecked, ruledOut, type Argument, type Refused } from '../cause.js';
import type { Given } from './needs.js';
import { FIDELITY } from './fidelity.js';
import { diskName, utilisation } from './shared.js';
import { JUDGING } from '../../model/thresholds/judging.js';

export interface Throttled {
  readonly share: number;
  readonly times: readonly Interval[];
  /** Share of the pauses in which the device was at work, and its own workers were not paused themselves. */
  readonly busy: number;
  /** True where it was the device's own workers that were paused, for most of the time. */
  readonly isBeneath: boolean;
  /** The two figures on which both causes stand; `means` says what the device's share means. */
  evidence(means: string): Argument[];
}

/** How the dirty throttle held the victim, or why that is not worth an argument. */
export function findThrottled(m: Given<'victim'>): Throttled | Refused {
  const { account } = m;
  const own = timesIn(account, ['dirty-throttle']);
  const beneath = intersect(timesIn(account, ['block-device']), m.pausedBeneath);
  const times = union([...own, ...beneath]);
  const wall = account.to - account.from;
  const held = total(times) / wall;
  if (held < JUDGING.noticeable)
    return ruledOut(`the dirty throttle held the victim for only ${percent(held)} of its time`);
  const working = without(times, m.pausedBeneath);
  const busy = working.length === 0 ? 0 : (utilisation(m, working) * total(working)) / total(times);
  if (Number.isNaN(busy)) return notChecked('nothing tells whether the device was busy during the pauses');
  const pausedMs = total(intersect(times, m.pausedBeneath));
  return {
    share: held,
    times,
    busy,
    isBeneath: pausedMs > total(times) / 2,
    evidence: (means) => [
      {
        measure: 'time in the dirty throttle',
        value: said`${time(total(own))} (${part(total(own) / wall)})`,
        meaning: 'the writer was made to sleep in balance_dirty_pages',
        source: FIDELITY[account.source].waits,
      },
      ...(pausedMs > 0
        ? [
            {
              measure: `${diskName(m)}’s own workers in the dirty throttle`,
              value: said`${time(pausedMs)} of the ${time(total(times))} in which the victim was paused or waited for them`,
              meaning: `${diskName(m)} writes into the page cache of what it stands on, and is held by the same limit`,
              source: 'writeback:balance_dirty_pages',
            },
          ]
        : []),
      {
        measure: `${diskName(m)} while the writer was paused`,
        value: said`busy ${part(busy)}`,
        meaning: means,
        source: m.load ? 'block:block_rq_issue, block:block_rq_complete' : '/proc/diskstats',
      },
    ],
  };
}
