// The victim waits for its own pages to come back from swap. Source: mm/memory.c (do_swap_page); proc(5): majflt; /proc/vmstat: pswpin.

import { total } from '../base/intervals.js';
import { shareOf, timesIn } from '../analysis/measures.js';
import { binary, percent } from '../base/format.js';
import { frequency, part, said, time } from '../model/quantity.js';
import type { State } from '../model/states.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { SWAP } from '../model/thresholds/memory.js';
import { FIDELITY } from './judge/fidelity.js';
import { memoryCulprit, memoryLimit, swapping, type Swapping } from './judge/memory.js';
import type { Given } from './judge/needs.js';
import { sureOfState } from './judge/judgements.js';
import { defineCause, holds, ruledOut, type Argument } from './cause.js';

/** Each page that comes back throws another one out: that reclaim is part of the price. */
const PRICE: readonly State[] = ['swap', 'reclaim'];

/** The share of its time that it cost; without stacks a wait for the disk may be one for a page. */
function cost({ account }: Given<'victim'>, swaps: Swapping | undefined): number {
  const waited = shareOf(account, account.source === 'events' ? PRICE : [...PRICE, 'block-device']);
  const inMemory = swaps
    ? Math.min(shareOf(account, ['running']), (swaps.faultsPerSecond * SWAP.inMemoryMs) / 1000)
    : 0;
  return Math.min(1, waited + inMemory);
}

function pages(swaps: Swapping | undefined): Argument[] {
  if (!swaps) return [];
  return [
    {
      measure: 'pages from and to swap',
      value: said`${frequency(swaps.inPerSecond)} in, ${frequency(swaps.outPerSecond)} out a second`,
      meaning: 'the machine’s figures; the faults are the victim’s own',
      source: '/proc/vmstat (pswpin, pswpout), /proc/PID/stat (majflt)',
    },
  ];
}

export const cause = defineCause({
  id: 'mem.swap',
  layer: 'memory',
  rank: 'verdict',
  proof: 'memory',
  waits: ['swap'],
  needs: ['victim'],
  judge(m) {
    const { account } = m;
    const swaps = swapping(m);
    const slept = shareOf(account, ['swap']);
    if (!swaps && slept < JUDGING.noticeable)
      return ruledOut(`it waited for swapped pages for ${percent(slept)} of its time`);
    const share = cost(m, swaps);
    if (share < JUDGING.noticeable) return ruledOut(`its swapped pages cost it ${percent(share)} of its time`);
    const confidence = sureOfState(m, share);
    const before = ['mem.reclaim', 'mem.thrash', 'dev.slow', 'dev.capped'];
    return holds(
      { share, confidence, before, lost: timesIn(account, PRICE) },
      { swaps, slept, share, limit: memoryLimit(m) },
    );
  },
  tell({ swaps, slept, share, limit }, m) {
    const { account } = m;
    const faults = swaps
      ? `${String(frequency(swaps.faultsPerSecond))} faults a second that had to read`
      : 'faults that had to read';
    const why = limit ? `, because its cgroup ${limit.cgroup} is at its memory limit` : '';
    return {
      sentence: `The victim’s own memory is swapped out and back all the time: ${faults}, ${percent(share)} of its time${why}.`,
      yardstick: {
        measure: 'faults that read',
        value: swaps ? said`${frequency(swaps.faultsPerSecond)} a second` : said`${part(slept)} of its time`,
        against: limit ? `memory limit: ${binary(limit.value)}` : 'with enough memory: none',
      },
      culprit: memoryCulprit(limit),
      evidence: [
        {
          measure: 'waiting for swapped pages',
          value: said`${time(total(timesIn(account, PRICE)))} asleep in it or making room for it`,
          meaning: `${percent(slept)} of its time for pages to be read, ${percent(shareOf(account, ['reclaim']))} for others to be thrown out`,
          source: FIDELITY[account.source].waits,
        },
        ...pages(swaps),
      ],
      advice: [
        limit
          ? `Raise the limit in ${limit.file}, or make the process smaller.`
          : 'Give the machine more memory, or make the process smaller.',
        'Lowering vm.swappiness only moves the loss to the page cache.',
      ],
    };
  },
});
