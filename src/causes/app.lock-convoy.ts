// Threads of the process wait for one lock in user space, whose holder waits for its I/O. The holder's own cause is told beside it.

import { percent, duration } from '../base/format.js';
import { total } from '../base/intervals.js';
import { threadName } from '../analysis/machine/processes.js';
import { ramp, ruledOut, type Cause } from './cause.js';
import { LOCK_CONVOY } from '../model/thresholds/application.js';
import { JUDGING } from '../model/thresholds/judging.js';

export const cause: Cause = {
  id: 'app.lock-convoy',
  layer: 'application',
  rank: 'verdict',
  needs: ['victim', 'sleeps'],
  examine(m) {
    const { account, convoy } = m;
    if (!account || !convoy) return ruledOut('no two threads of it wait for a third');
    const shares = [...convoy.waiting.values()];
    const share = shares.reduce((a, b) => a + b, 0) / shares.length;
    const name = threadName(m.input, convoy.holder) || account.name;
    const figures = `${shares.length} threads waited for locks ${percent(share)} of their time, while ${name} (${convoy.holder}), which let them go, was in I/O for ${percent(convoy.holderInIo)} of it and ran for ${percent(convoy.holderRunning)}`;
    if (share < JUDGING.noticeable || convoy.holderInIo < LOCK_CONVOY.leastInIo) return ruledOut(figures);
    return {
      kind: 'found',
      share,
      confidence: ramp(convoy.holderInIo, { from: LOCK_CONVOY.leastInIo, ...LOCK_CONVOY.sure }),
      sentence: `${shares.length} threads wait for a lock (${percent(share)} of their time) that thread ${name} (${convoy.holder}) keeps while it waits for its own I/O.`,
      culprit: { kind: 'process', name, pid: convoy.holder },
      before: 'all',
      evidence: [
        {
          measure: 'waiting for a lock in user space',
          value: `${duration(total(convoy.times))}, ${percent(share)} of each of ${shares.length} threads’ time`,
          meaning: `${convoy.waits} waits in futex, each ended by another thread of the process`,
          source: 'sched_switch with kernel stacks, sched_waking',
        },
        {
          measure: 'who let them go',
          value: `${name} (${convoy.holder}), ${convoy.releases} times of ${convoy.waits}`,
          meaning: 'whoever ends a wait for a lock held it',
          source: 'sched:sched_waking',
        },
        {
          measure: 'the holder meanwhile',
          value: `${percent(convoy.holderInIo)} in I/O, ${percent(convoy.holderRunning)} running or ready to`,
          meaning: 'the lock is kept across I/O: its speed is the speed of everybody who needs it',
          source: 'sched_switch with kernel stacks',
        },
      ],
      advice: [
        'Don’t keep the lock across the I/O: copy what is to be written, let go, then write.',
        'Until then the holder’s own cause (below) is what to mend.',
      ],
      lost: convoy.times,
    };
  },
};
