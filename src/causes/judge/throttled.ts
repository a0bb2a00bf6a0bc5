// What the two causes of the dirty throttle share: how long it held the victim, and whether the device had room meanwhile.

import { intersect, total, union, without, type Interval } from '../../base/intervals.js';
import { timesIn, type Measures } from '../../analysis/measures.js';
import { duration, percent } from '../../base/format.js';
import type { Evidence } from '../../model/diagnosis.js';
import { notChecked, ruledOut, type Finding } from '../cause.js';
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
  evidence(means: string): Evidence[];
}

/** How the dirty throttle held the victim, or why that is not worth an argument. */
export function findThrottled(m: Measures): Throttled | Finding {
  const { account } = m;
  if (!account) return notChecked('no victim');
  const own = timesIn(account, ['dirty-throttle']);
  const beneath = intersect(timesIn(account, ['block-device']), m.pausedBeneath);
  const times = union([...own, ...beneath]);
  const wall = account.to - account.from;
  const share = total(times) / wall;
  if (share < JUDGING.noticeable)
    return ruledOut(`the dirty throttle held the victim for only ${percent(share)} of its time`);
  const working = without(times, m.pausedBeneath);
  const busy = working.length === 0 ? 0 : (utilisation(m, working) * total(working)) / total(times);
  if (Number.isNaN(busy)) return notChecked('nothing tells whether the device was busy during the pauses');
  const pausedMs = total(intersect(times, m.pausedBeneath));
  return {
    share,
    times,
    busy,
    isBeneath: pausedMs > total(times) / 2,
    evidence: (means) => [
      {
        measure: 'time in the dirty throttle',
        value: `${duration(total(own))} (${percent(total(own) / wall)})`,
        meaning: 'the writer was made to sleep in balance_dirty_pages',
        source: account.source === 'events' ? 'sched_switch with kernel stacks' : '/proc/PID/wchan',
      },
      ...(pausedMs > 0
        ? [
            {
              measure: `${diskName(m)}’s own workers in the dirty throttle`,
              value: `${duration(pausedMs)} of the ${duration(total(times))} in which the victim was paused or waited for them`,
              meaning: `${diskName(m)} writes into the page cache of what it stands on, and is held by the same limit`,
              source: 'writeback:balance_dirty_pages',
            },
          ]
        : []),
      {
        measure: `${diskName(m)} while the writer was paused`,
        value: `busy ${percent(busy)}`,
        meaning: means,
        source: m.load ? 'block:block_rq_issue, block:block_rq_complete' : '/proc/diskstats',
      },
    ],
  };
}
