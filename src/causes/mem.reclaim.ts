// The victim reclaims memory itself: allocation finds none, on the machine or within its cgroup's limit, and it looks for pages to give up.
// Source: mm/vmscan.c; Documentation/admin-guide/cgroup-v1/memory.rst, cgroup-v2.rst (memory.high, memory.max).

import { total } from '../analysis/intervals.js';
import { growthOf } from '../analysis/growth.js';
import { shareOf, timesIn, type Measures } from '../analysis/measures.js';
import { bytes, duration, figure, percent } from '../base/format.js';
import type { Culprit } from '../model/diagnosis.js';
import type { CgroupLimit } from '../model/facts.js';
import { NOTICEABLE, ramp, ruledOut, type Cause } from './cause.js';
import { limitsOn } from './shared.js';
import { swapping } from './mem.swap.js';

/** Used up to this share, a limit makes its processes reclaim. */
const REACHED = 0.9;

/** The memory limit of a cgroup of the victim that is used up. */
export function memoryLimit(m: Measures): (CgroupLimit & { readonly used: number }) | undefined {
  return limitsOn(m, 'memory')
    .flatMap((limit) => {
      const folder = limit.file.slice(0, limit.file.lastIndexOf('/'));
      const used = ['memory.usage_in_bytes', 'memory.current']
        .flatMap((name) => [...(m.input.counters.cgroups.get(`${folder}/${name}`)?.columns.get('value') ?? [])])
        .filter((value) => Number.isFinite(value));
      return used.length > 0 && Math.max(...used) >= REACHED * limit.value
        ? [{ ...limit, used: Math.max(...used) }]
        : [];
    })
    .toSorted((a, b) => a.value - b.value)[0];
}

export function memoryCulprit(limit: CgroupLimit | undefined): Culprit {
  return limit
    ? { kind: 'cgroup', name: limit.cgroup, file: limit.file }
    : { kind: 'setting', name: 'the machine’s memory', file: '/proc/meminfo' };
}

export const cause: Cause = {
  id: 'mem.reclaim',
  layer: 'memory',
  rank: 'verdict',
  needs: ['victim'],
  examine(m) {
    const { account } = m;
    if (!account) return ruledOut('no victim');
    const share = shareOf(account, ['reclaim']);
    if (share < NOTICEABLE) return ruledOut(`it reclaimed memory for ${percent(share)} of its time`);
    if (swapping(m))
      return ruledOut(`it reclaimed memory for ${percent(share)} of its time, to make room for its own swapped pages`);
    const times = timesIn(account, ['reclaim']);
    const limit = memoryLimit(m);
    const scanned = growthOf(m.input.counters.vmstat, 'pgscan_direct');
    return {
      kind: 'found',
      share,
      confidence: ramp(share, NOTICEABLE, 0.4, 0.75, 0.95) * (account.source === 'events' ? 1 : 0.85),
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
