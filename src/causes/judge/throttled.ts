// What the two causes of the dirty throttle share: how long it held the victim, and whether the device had room meanwhile.

import { intersect, type Intervals, total, union, without } from '../../base/intervals.js';
import { growthWithin } from '../../analysis/machine/series.js';
import { timesIn } from '../../analysis/measures.js';
import { binary, percent } from '../../base/format.js';
import { part, said, time } from '../../model/quantity.js';
import { notChecked, ruledOut, type Argument, type Refused } from '../cause.js';
import type { Given } from './needs.js';
import { FIDELITY } from './fidelity.js';
import { diskName, utilisation } from './judgements.js';
import type { Series } from '../../model/counters.js';
import { JUDGING } from '../../model/thresholds/judging.js';
import { THROTTLED } from '../../model/thresholds/memory.js';

/** What /proc/diskstats counts in. */
const SECTOR_BYTES = 512;

export interface Throttled {
  readonly share: number;
  readonly times: Intervals;
  /** Of those, in which the victim itself slept in it, and in which the device's own workers did while it waited for them, ms. */
  readonly ownMs: number;
  readonly beneathMs: number;
  /** Share of the pauses in which the device was at work, and its own workers were not paused themselves. */
  readonly busy: number;
  /** True where it was the device's own workers that were paused, for most of the time. */
  readonly isBeneath: boolean;
}

/** How the dirty throttle held the victim, or why that is not worth an argument. */
export function findThrottled(m: Given<'victim'>): Throttled | Refused {
  const { account } = m;
  const own = timesIn(account, ['dirty-throttle']);
  const beneath = intersect(timesIn(account, ['block-device']), m.pausedBeneath);
  const times = union([...own, ...beneath]);
  const share = total(times) / (account.to - account.from);
  if (share < JUDGING.noticeable)
    return ruledOut(`the dirty throttle held the victim for only ${percent(share)} of its time`);
  const elsewhere = writesElsewhere(m, times);
  if (elsewhere !== undefined) return notChecked(elsewhere);
  const working = without(times, m.pausedBeneath);
  const busy = working.length === 0 ? 0 : (utilisation(m, working) * total(working)) / total(times);
  if (Number.isNaN(busy)) return notChecked('nothing tells whether the device was busy during the pauses');
  const beneathMs = total(intersect(times, m.pausedBeneath));
  return { share, times, busy, ownMs: total(own), beneathMs, isBeneath: beneathMs > total(times) / 2 };
}

/** When half of these pauses had passed. */
function middleOf(pauses: Intervals): number {
  let left = total(pauses) / 2;
  for (const { from, to } of pauses) {
    if (left <= to - from) return from + left;
    left -= to - from;
  }
  return NaN;
}

/**
 * Why the disk by which the victim is judged can't be the one that it was paused for: samples don't tell that, and it may only read there. What it
 * wrote before it was paused, and for some time then, may all be in memory yet, so that the later half of the pauses is looked at; and what was
 * truncated or removed before it was written, no disk gets.
 */
function writesElsewhere(m: Given<'victim'>, pauses: Intervals): string | undefined {
  const { account, disk, input } = m;
  if (account.source !== 'samples' || disk === undefined) return undefined;
  const [middle, last] = [middleOf(pauses), pauses.at(-1)?.to ?? NaN];
  const grown = (series: Series | undefined, name: string) => growthWithin(series, name, middle, last);
  const io = input.counters.processes.get(account.pid)?.io;
  const ofDisk = grown(input.counters.disks.get(disk), 'wr_sectors') * SECTOR_BYTES;
  const ofVictim = grown(io, 'write_bytes') - grown(io, 'cancelled_write_bytes');
  return ofDisk < THROTTLED.leastWritten * ofVictim
    ? `while it was paused the victim wrote ${binary(ofVictim)} and ${diskName(m)} was written ${binary(ofDisk)}: that was for another disk, and counters alone don’t tell which`
    : undefined;
}

/** The figures on which both causes stand; `means` says what the device's share means. */
export function throttleEvidence(
  { times, ownMs, beneathMs, busy }: Throttled,
  m: Given<'victim'>,
  means: string,
): Argument[] {
  const name = diskName(m);
  return [
    {
      measure: 'time in the dirty throttle',
      value: said`${time(ownMs)} (${part(ownMs / (m.account.to - m.account.from))})`,
      meaning: 'the writer was made to sleep in balance_dirty_pages',
      source: FIDELITY[m.account.source].waits,
    },
    ...(beneathMs > 0
      ? [
          {
            measure: `${name}’s own workers in the dirty throttle`,
            value: said`${time(beneathMs)} of the ${time(total(times))} in which the victim was paused or waited for them`,
            meaning: `${name} writes into the page cache of what it stands on, and is held by the same limit`,
            source: 'writeback:balance_dirty_pages',
          },
        ]
      : []),
    {
      measure: `${name} while the writer was paused`,
      value: said`busy ${part(busy)}`,
      meaning: means,
      source: m.load ? 'block:block_rq_issue, block:block_rq_complete' : '/proc/diskstats',
    },
  ];
}
