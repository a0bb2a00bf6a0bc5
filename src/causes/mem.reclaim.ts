// The victim reclaims memory itself: allocation finds none, on the machine or within its cgroup's limit, and it looks for pages to give up.
// Source: mm/vmscan.c; Documentation/admin-guide/cgroup-v1/memory.rst, cgroup-v2.rst (memory.high, memory.max).

import { total } from '../base/intervals.js';
import { growthOf } from '../analysis/machine/series.js';
import { shareOf, timesIn } from '../analysis/measures.js';
import { bytes, duration, figure, percent } from '../base/format.js';
import { ramp, ruledOut, type Cause } from './cause.js';
import { memoryCulprit, memoryLimit, swapping } from './judge/memory.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { RECLAIM } from '../model/thresholds/memory.js';

export const cause: Cause = {
  id: 'mem.reclaim',
  layer: 'memory',
  rank: 'verdict',
  needs: ['victim'],
  examine(m) {
    const { account } = m;
    if (!account) return ruledOut('no victim');
    const share = shareOf(account, ['reclaim']);
    if (share < JUDGING.noticeable) return ruledOut(`it reclaimed memory for ${percent(share)} of its time`);
    if (swapping(m))
      return ruledOut(`it reclaimed memory for ${percent(share)} of its time, to make room for its own swapped pages`);
    const times = timesIn(account, ['reclaim']);
    const limit = memoryLimit(m);
    const scanned = growthOf(m.input.counters.vmstat, 'pgscan_direct');
    return {
      kind: 'found',
      share,
      confidence:
        ramp(share, { from: JUDGING.noticeable, ...RECLAIM.sure }) *
        (account.source === 'events' ? 1 : RECLAIM.fromCounters),
      sentence: `The victim reclaims memory itself for ${percent(share)} of its time, because ${limit ? `its cgroup ${limit.cgroup} may use only ${bytes(limit.value)} and does` : 'the machine has none to spare'}.`,
      culprit: memoryCulprit(limit),
      evidence: [
        {
          measure: 'reclaiming memory',
          value: `${duration(total(times))} (${percent(share)})`,
          meaning: 'in direct reclaim, on the CPU or asleep until a page was written',
          source:
            account.source === 'events'
              ? 'vmscan:mm_vmscan_{direct,memcg}_reclaim_begin → end, kernel stacks'
              : '/proc/PID/wchan',
        },
        ...(limit
          ? [
              {
                measure: 'memory of its cgroup',
                value: `${bytes(limit.used)} of ${bytes(limit.value)}`,
                meaning: 'the limit is reached; page cache counts as well',
                source: limit.file,
              },
            ]
          : []),
        ...(scanned > 0
          ? [
              {
                measure: 'pages looked at by direct reclaim',
                value: figure(scanned),
                meaning: 'on the whole machine, during the recording',
                source: '/proc/vmstat (pgscan_direct)',
              },
            ]
          : []),
      ],
      advice: limit
        ? [
            `Raise the limit in ${limit.file}, or let the process keep less: page cache that it makes dirty counts towards it.`,
          ]
        : ['Free memory, or raise vm.min_free_kbytes and vm.watermark_scale_factor so that kswapd begins earlier.'],
      lost: times,
    };
  },
};
