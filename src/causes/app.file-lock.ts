// The process waits for a lock on a file, flock(2) or fcntl(2), that another process holds: the kernel keeps it waiting, and no disk does.
// Source: fs/locks.c: locks_wake_up_blocks() is called by whoever lets the lock go, so the waker held it.

import { total } from '../base/intervals.js';
import { shareOf, timesIn } from '../analysis/measures.js';
import { wakersOf, type Waker } from '../analysis/victim/wakers.js';
import { percent } from '../base/format.js';
import { part, said, time } from '../model/quantity.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { advise, look } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import { released, sureOfState } from './judge/judgements.js';
import { defineCause, holds, ruledOut } from './cause.js';

function named({ name, pid }: Waker): string {
  return `${name} (${pid})`;
}

export const cause = defineCause({
  id: 'app.file-lock',
  layer: 'application',
  rank: 'verdict',
  proof: 'time',
  waits: ['file-lock'],
  needs: ['victim'],
  judge(m) {
    const { account, input } = m;
    const share = shareOf(account, ['file-lock']);
    if (share < JUDGING.noticeable) return ruledOut(`it waited for locks on files for ${percent(share)} of its time`);
    const holders = wakersOf(account, input, ['file-lock']);
    const confidence = sureOfState(m, share);
    // What the holders do with the lock may be slow for a cause of its own, which is told beside it.
    return holds({ share, confidence, lost: timesIn(account, ['file-lock']) }, { share, holders });
  },
  tell({ share, holders: [holder, ...others] }, { account }) {
    const who = holder
      ? `${named(holder)}${others.length > 0 ? ` and ${others.length} more hold` : ' holds'}`
      : 'another process holds';
    return {
      sentence: `The victim waits for a lock on a file (flock or fcntl) that ${who}: ${percent(share)} of its time.`,
      yardstick: {
        measure: 'waiting for the lock',
        value: said`${part(share)} of its time`,
        against: 'a lock that is free: none',
      },
      culprit: holder ? { kind: 'process', name: holder.name, pid: holder.pid } : null,
      evidence: [
        {
          measure: 'waiting for a file’s lock',
          value: said`${time(total(timesIn(account, ['file-lock'])))} (${part(share)})`,
          meaning: 'asleep in the kernel’s own file locks',
          source: FIDELITY[account.source].waits,
        },
        ...(holder
          ? [released(`${named(holder)}${others.length > 0 ? ` most, and ${others.length} more` : ''}`, holder.ms)]
          : []),
      ],
      advice: [
        advise`See which file it is, and who holds it now: ${look('cat /proc/locks')} (the lines with -> wait; the inode is the last part of the device).`,
        ...(holder
          ? [advise`Look at what the holder does with the lock: ${look(`iowitness record --pid ${holder.pid}`)}.`]
          : []),
      ],
    };
  },
});
