// Writers of one file, or makers of names in one folder, wait for each other at the inode's lock.
// Source: Documentation/filesystems/locking.rst, directory-locking.rst; up_write() wakes the next: the waker held the lock.

import { total } from '../base/intervals.js';
import { shareOf, timesIn } from '../analysis/measures.js';
import { isThere } from '../analysis/machine/processes.js';
import { wakersOf, type Waker } from '../analysis/victim/wakers.js';
import { percent } from '../base/format.js';
import type { Advice, Culprit } from '../model/diagnosis.js';
import { part, said, time } from '../model/quantity.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { advise, look } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import type { Given } from './judge/needs.js';
import { diskName, released, sureOfState } from './judge/judgements.js';
import { defineCause, holds, ruledOut } from './cause.js';

function whoHolds(holder: Waker | undefined): string {
  if (!holder) return 'other writers of the same file or folder hold';
  return holder.own ? 'its own threads hold' : `${holder.name} (${holder.pid}) holds`;
}

/** Without wake-ups nobody is known to hold it, nor where: the disk that counters take for the victim's may be that of a log that it has open. */
function culprit(holder: Waker | undefined, m: Given<'victim'>): Culprit | null {
  if (!holder) return m.account.source === 'samples' ? null : { kind: 'filesystem', name: diskName(m) };
  const { name, pid } = holder.own ? m.account : holder;
  return { kind: 'process', name, pid };
}

/** With the files that it has open, where it has not ended. */
function oneWriter({ input, account: { pid } }: Given<'victim'>): (Advice | string)[] {
  const what = 'Let one thread write each file, or give each writer a file of its own';
  return isThere(input, pid)
    ? [advise`${what}: ${look(`ls -l /proc/${pid}/fd`)} shows which it has open.`]
    : [`${what}.`];
}

export const cause = defineCause({
  id: 'fs.inode-lock',
  layer: 'filesystem',
  rank: 'verdict',
  proof: 'time',
  waits: ['fs-lock'],
  needs: ['victim'],
  judge(m) {
    const { account } = m;
    const share = shareOf(account, ['fs-lock']);
    if (share < JUDGING.noticeable)
      return ruledOut(`it waited for a lock of the filesystem for ${percent(share)} of its time`);
    const confidence = sureOfState(m, share);
    return holds(
      { share, confidence, lost: timesIn(account, ['fs-lock']) },
      { share, holder: wakersOf(account, m.input, ['fs-lock'])[0] },
    );
  },
  tell: ({ share, holder }, m) => ({
    sentence: `The victim waits for the lock of a file or folder that ${whoHolds(holder)} while writing (${percent(share)} of its time).`,
    yardstick: {
      measure: 'waiting for the lock',
      value: said`${part(share)} of its time`,
      against: 'one writer alone: none',
    },
    culprit: culprit(holder, m),
    evidence: [
      {
        measure: 'waiting for an inode’s lock',
        value: said`${time(total(timesIn(m.account, ['fs-lock'])))} (${part(share)})`,
        meaning: 'asleep in rwsem or mutex below a filesystem’s own functions',
        source: FIDELITY[m.account.source].waits,
      },
      ...(holder ? [released(holder.own ? 'threads of its own' : `${holder.name} (${holder.pid})`, holder.ms)] : []),
    ],
    advice: [
      ...oneWriter(m),
      'Direct writes into space that is already allocated and aligned take the lock shared (ext4, XFS): preallocate and write it once.',
    ],
  }),
});
