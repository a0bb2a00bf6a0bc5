// The victim waits for its own pages to come back from swap. Source: mm/memory.c (do_swap_page); proc(5): majflt; /proc/vmstat: pswpin.

import { total } from '../base/intervals.js';
import { growthOf } from '../analysis/machine/series.js';
import { shareOf, timesIn } from '../analysis/measures.js';
import { binary, percent } from '../base/format.js';
import { frequency, part, said, time } from '../model/quantity.js';
import type { State } from '../model/states.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { SWAP } from '../model/thresholds/memory.js';
import { advise } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import { memoryCulprit, memoryLimit, swapping, type Swapping, raiseLimit } from './judge/memory.js';
import type { Given } from './judge/needs.js';
import { sureOfState } from './judge/judgements.js';
import { defineCause, holds, ruledOut, type Argument } from './cause.js';

/** Each page that comes back throws another one out: that reclaim is part of the price. */
const PRICE: readonly State[] = ['swap', 'reclaim'];
/** Without stacks a wait for I/O may be one for a page, on whatever disk swap is: that of its files may idle meanwhile. */
const PERHAPS_PRICE: readonly State[] = [...PRICE, 'block-device', 'block-held', 'block-queue'];

function priceStates({ account }: Given<'victim'>): readonly State[] {
  return account.source === 'events' ? PRICE : PERHAPS_PRICE;
}

/** The share of its time that it cost. */
function cost(m: Given<'victim'>, swaps: Swapping | undefined): number {
  const { account } = m;
  const waited = shareOf(account, priceStates(m));
  const inMemory = swaps
    ? Math.min(shareOf(account, ['running']), (swaps.faultsPerSecond * SWAP.inMemoryMs) / 1000)
    : 0;
  return Math.min(1, waited + inMemory);
}

/** True where most of its turns on a CPU ended in a fault that had to read: what it waits for then, a CPU above all, it waits for because it swaps. */
function endsItsTurns({ account, input }: Given<'victim'>): boolean {
  const process = input.counters.processes.get(account.pid);
  return growthOf(process?.stat, 'majflt') >= SWAP.ofTurns * growthOf(process?.schedstat, 'slices');
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
    const before = ['mem.reclaim', 'mem.thrash', 'dev.slow', 'dev.capped', ...(endsItsTurns(m) ? ['cpu.starved'] : [])];
    return holds(
      { share, confidence, before, lost: timesIn(account, priceStates(m)) },
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
          value: said`${time(total(timesIn(account, priceStates(m))))} asleep in it or making room for it`,
          meaning: `${percent(slept)} of its time for pages to be read, ${percent(shareOf(account, ['reclaim']))} for others to be thrown out`,
          source: FIDELITY[account.source].waits,
        },
        ...pages(swaps),
      ],
      advice: [
        limit
          ? advise`Raise the limit, for a start to twice as much: ${raiseLimit(limit)}. Or make the process smaller.`
          : 'Give the machine more memory, or make the process smaller.',
        'Lowering vm.swappiness only moves the loss to the page cache.',
      ],
    };
  },
});
