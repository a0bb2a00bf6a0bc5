// What the two causes of the dirty throttle share: how long it held the victim, and whether the device had room meanwhile.

import type { Interval } from '../analysis/intervals.js';
import { shareOf, timesIn, type Measures } from '../analysis/measures.js';
import { duration, percent } from '../base/format.js';
import type { Evidence } from '../model/diagnosis.js';
import { NOTICEABLE, notChecked, ruledOut, type Finding } from './cause.js';
import { diskName, utilisation } from './shared.js';

export interface Throttled {
  readonly share: number;
  readonly times: readonly Interval[];
  /** Share of the pauses in which the device was at work. */
  readonly busy: number;
  /** The two figures on which both causes stand; `means` says what the device's share means. */
  evidence(means: string): Evidence[];
}

/** How the dirty throttle held the victim, or why that is not worth an argument. */
export function findThrottled(m: Measures): Throttled | Finding {
  const { account } = m;
  if (!account) return notChecked('no victim');
  const share = shareOf(account, ['dirty-throttle']);
  if (share < NOTICEABLE) return ruledOut(`the dirty throttle held the victim for only ${percent(share)} of its time`);
  const times = timesIn(account, ['dirty-throttle']);
  const busy = utilisation(m, times);
  if (Number.isNaN(busy)) return notChecked('nothing tells whether the device was busy during the pauses');
  return {
    share,
    times,
    busy,
    evidence: (means) => [
      {
        measure: 'time in the dirty throttle',
        value: `${duration(account.ms.get('dirty-throttle') ?? 0)} (${percent(share)})`,
        meaning: 'the writer was made to sleep in balance_dirty_pages',
        source: account.source === 'events' ? 'sched_switch with kernel stacks' : '/proc/PID/wchan',
      },
      {
        measure: `${diskName(m)} while the writer was paused`,
        value: `busy ${percent(busy)}`,
        meaning: means,
        source: m.load ? 'block:block_rq_issue, block:block_rq_complete' : '/proc/diskstats',
      },
    ],
  };
}
