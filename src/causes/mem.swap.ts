// The victim waits for its own pages to come back from swap. Source: mm/memory.c (do_swap_page); proc(5): majflt; /proc/vmstat: pswpin.

import { total } from '../base/intervals.js';
import { shareOf, timesIn } from '../analysis/measures.js';
import { duration, figure, percent } from '../base/format.js';
import { ramp, ruledOut, type Cause } from './cause.js';
import { memoryCulprit, memoryLimit, swapping } from './judge/memory.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { SWAP } from '../model/thresholds/memory.js';

export const cause: Cause = {
  id: 'mem.swap',
  layer: 'memory',
  rank: 'verdict',
  needs: ['victim'],
  examine(m) {
    const { account } = m;
    if (!account) return ruledOut('no victim');
    const swaps = swapping(m);
    const slept = shareOf(account, ['swap']);
    if (!swaps && slept < JUDGING.noticeable)
      return ruledOut(`it waited for swapped pages for ${percent(slept)} of its time`);
    // Each page that comes back throws another one out: that reclaim is part of the price.
    const times = timesIn(account, ['swap', 'reclaim']);
    const inMemory = swaps
      ? Math.min(shareOf(account, ['running']), (swaps.faultsPerSecond * SWAP.inMemoryMs) / 1000)
      : 0;
    const waited =
      account.source === 'events'
        ? total(times) / (account.to - account.from)
        : shareOf(account, ['swap', 'reclaim', 'block-device']);
    const share = Math.min(1, waited + inMemory);
    if (share < JUDGING.noticeable) return ruledOut(`its swapped pages cost it ${percent(share)} of its time`);
    const limit = memoryLimit(m);
    const rates = swaps
      ? `${figure(swaps.faultsPerSecond)} faults a second that had to read`
      : 'faults that had to read';
    return {
      kind: 'found',
      share,
      confidence:
        ramp(share, { from: JUDGING.noticeable, ...SWAP.sure }) * (account.source === 'events' ? 1 : SWAP.fromCounters),
      sentence: `The victim’s own memory is swapped out and back all the time: ${rates}, ${percent(share)} of its time${limit ? `, because its cgroup ${limit.cgroup} is at its memory limit` : ''}.`,
      culprit: memoryCulprit(limit),
      before: ['mem.reclaim', 'mem.thrash', 'dev.slow', 'dev.capped'],
      evidence: [
        {
          measure: 'waiting for swapped pages',
          value: `${duration(total(times))} asleep in it or making room for it`,
          meaning: `${percent(slept)} of its time for pages to be read, ${percent(shareOf(account, ['reclaim']))} for others to be thrown out`,
          source:
            account.source === 'events' ? 'sched_switch with kernel stacks, vmscan events' : '/proc/PID/{stat,wchan}',
        },
        ...(swaps
          ? [
              {
                measure: 'pages from and to swap',
                value: `${figure(swaps.inPerSecond)} in, ${figure(swaps.outPerSecond)} out a second`,
                meaning: 'the machine’s figures; the faults are the victim’s own',
                source: '/proc/vmstat (pswpin, pswpout), /proc/PID/stat (majflt)',
              },
            ]
          : []),
      ],
      advice: [
        limit
          ? `Raise the limit in ${limit.file}, or make the process smaller.`
          : 'Give the machine more memory, or make the process smaller.',
        'Lowering vm.swappiness only moves the loss to the page cache.',
      ],
      lost: times,
    };
  },
};
