// The victim reclaims memory itself: allocation finds none, on the machine or within its cgroup's limit, and it looks for pages to give up.
// Source: mm/vmscan.c; Documentation/admin-guide/cgroup-v1/memory.rst, cgroup-v2.rst (memory.high, memory.max).

import { total } from '../base/intervals.js';
import { growthOf } from '../analysis/machine/series.js';
import { shareOf, timesIn } from '../analysis/measures.js';
import { binary, percent, rate } from '../base/format.js';
import { memory, number, part, said, time } from '../model/quantity.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { congestionSleeps } from './judge/congestion-sleeps.js';
import { advise } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import type { Given } from './judge/needs.js';
import { limitReached, memoryCulprit, memoryLimit, swapping, raiseLimit } from './judge/memory.js';
import { sureOfState } from './judge/judgements.js';
import { defineCause, holds, ruledOut, type Argument } from './cause.js';

/** That it sleeps whole tenths of a second for what it reclaims, and what that comes to. */
function wholeSleeps(m: Given<'victim'>): Argument[] {
  const sleeps = congestionSleeps(m);
  if (!sleeps) return [];
  const { pageBytes } = m.input;
  const pace = Number.isFinite(pageBytes)
    ? `: one page of ${binary(pageBytes)} for each is ${rate((pageBytes * 1000) / sleeps.meanMs)}, whatever the disk can do`
    : '';
  return [
    {
      measure: 'sleeps in congestion_wait',
      value: said`${number(sleeps.count)} of ${time(sleeps.meanMs)} each (${part(sleeps.share)} of its reclaim)`,
      meaning: `reclaim that finds pages under writeback sleeps a whole tenth of a second, as kernels before 5.16 do${pace}`,
      source: 'kernel stacks at the sleeps, sched_switch',
    },
  ];
}

/** What the machine as a whole scanned meanwhile. */
function scanned({ input }: Given<'victim'>): Argument[] {
  const pages = growthOf(input.counters.vmstat, 'pgscan_direct');
  if (!(pages > 0)) return [];
  return [
    {
      measure: 'pages looked at by direct reclaim',
      value: said`${number(pages)}`,
      meaning: 'on the whole machine, during the recording',
      source: '/proc/vmstat (pgscan_direct)',
    },
  ];
}

export const cause = defineCause({
  id: 'mem.reclaim',
  layer: 'memory',
  rank: 'verdict',
  proof: 'memory',
  waits: ['reclaim'],
  needs: ['victim'],
  judge(m) {
    const { account } = m;
    const share = shareOf(account, ['reclaim']);
    const figures = `it reclaimed memory for ${percent(share)} of its time`;
    if (share < JUDGING.noticeable) return ruledOut(figures);
    if (swapping(m)) return ruledOut(`${figures}, to make room for its own swapped pages`);
    const confidence = sureOfState(m, share);
    return holds({ share, confidence, lost: timesIn(account, ['reclaim']) }, { share, limit: memoryLimit(m) });
  },
  tell({ share, limit }, m) {
    const why = limit
      ? `its cgroup ${limit.cgroup} has used up its limit of ${binary(limit.value)}`
      : 'the machine has none left';
    return {
      sentence: `The victim reclaims memory itself for ${percent(share)} of its time, because ${why}.`,
      yardstick: {
        measure: limit ? 'memory limit' : 'reclaiming',
        value: limit ? said`${memory(limit.value)}` : said`${part(share)} of its time`,
        against: limit ? 'used up' : 'with free memory: none',
      },
      culprit: memoryCulprit(limit),
      evidence: [
        {
          measure: 'reclaiming memory',
          value: said`${time(total(timesIn(m.account, ['reclaim'])))} (${part(share)})`,
          meaning: 'in direct reclaim, on the CPU or asleep until a page was written',
          source: FIDELITY[m.account.source].reclaim,
        },
        ...wholeSleeps(m),
        ...limitReached(limit, 'the limit is reached; page cache counts as well'),
        ...scanned(m),
      ],
      advice: [
        limit
          ? advise`Raise the limit, for a start to twice as much: ${raiseLimit(limit)}. Or let the process keep less: page cache that it makes dirty counts towards it.`
          : 'Free memory, or raise vm.min_free_kbytes and vm.watermark_scale_factor so that kswapd begins earlier.',
      ],
    };
  },
});
