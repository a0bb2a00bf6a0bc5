// The process is slow because it asks for nothing: it sleeps by its own choice, or waits for input. The machine does not hold it up.

import { shareOf, timesIn } from '../analysis/measures.js';
import { duration, percent } from '../base/format.js';
import { ramp, ruledOut, type Cause } from './cause.js';

const IDLE = ['asleep', 'pipe-socket'] as const;
/** Less idle than this it had other things to do. */
const LEAST_SHARE = 0.85;

export const cause: Cause = {
  id: 'app.idle',
  layer: 'application',
  rank: 'otherwise',
  needs: ['victim'],
  examine(m) {
    const { account } = m;
    if (!account) return ruledOut('no victim');
    const share = shareOf(account, IDLE);
    const running = shareOf(account, ['running']);
    if (share < LEAST_SHARE) return ruledOut(`it was idle for only ${percent(share)} of its time`);
    const waits = shareOf(account, ['pipe-socket']);
    return {
      kind: 'found',
      share,
      confidence: ramp(share, LEAST_SHARE, 0.95, 0.8, 0.95) * (account.source === 'events' ? 1 : 0.9),
      sentence: `Nothing holds the process up: for ${percent(share)} of its time it asked for nothing, ${waits > share / 2 ? 'waiting for input, a socket or a timer' : 'sleeping by its own choice'}.`,
      culprit: null,
      evidence: [
        {
          measure: 'idle',
          value: `${duration((account.ms.get('asleep') ?? 0) + (account.ms.get('pipe-socket') ?? 0))} (${percent(share)})`,
          meaning: `${percent(waits)} in poll, a pipe or a socket, ${percent(share - waits)} asleep; it ran for ${percent(running)}`,
          source: account.source === 'events' ? 'sched_switch with kernel stacks' : '/proc/PID/{wchan,schedstat}',
        },
      ],
      advice: ['Look at what feeds it: the peer of its socket, the producer of its pipe, its own pacing or schedule.'],
      lost: timesIn(account, IDLE),
    };
  },
};
