// The filesystem is frozen: whoever writes sleeps until it is thawed. Source: fsfreeze(8); fs/super.c (freeze_super, sb_start_write).

import { total } from '../base/intervals.js';
import { shareOf, timesIn } from '../analysis/measures.js';
import { duration, percent } from '../base/format.js';
import { ruledOut, type Cause } from './cause.js';
import { mountOfVictim } from './judge/shared.js';
import { FROZEN } from '../model/thresholds/filesystem.js';
import { JUDGING } from '../model/thresholds/judging.js';

export const cause: Cause = {
  id: 'fs.frozen',
  layer: 'filesystem',
  rank: 'verdict',
  needs: ['victim'],
  examine(m) {
    const { account } = m;
    if (!account) return ruledOut('no victim');
    const share = shareOf(account, ['fs-frozen']);
    if (share < JUDGING.noticeable)
      return ruledOut(`it waited for a frozen filesystem for ${percent(share)} of its time`);
    const times = timesIn(account, ['fs-frozen']);
    const mount = mountOfVictim(m);
    return {
      kind: 'found',
      share,
      confidence: account.source === 'events' ? FROZEN.sure : FROZEN.sureFromCounters,
      sentence: `The filesystem${mount === undefined ? '' : ` at ${mount}`} is frozen: the victim waited ${percent(share)} of its time for it to be thawed.`,
      culprit: mount === undefined ? null : { kind: 'filesystem', name: mount },
      evidence: [
        {
          measure: 'waiting for the freeze to end',
          value: `${duration(total(times))} (${percent(share)})`,
          meaning: 'asleep where a write begins (sb_start_write), which only a frozen filesystem makes wait',
          source: account.source === 'events' ? 'sched_switch with kernel stacks' : '/proc/PID/wchan',
        },
      ],
      advice: [
        `If no snapshot is under way, thaw it: \`fsfreeze --unfreeze ${mount ?? 'MOUNTPOINT'}\`.`,
        'Look at what takes snapshots of the volume: a backup agent, LVM, the hypervisor’s guest agent (fsfreeze hooks).',
      ],
      lost: times,
    };
  },
};
