// Writers of one file, or makers of names in one folder, wait for each other at the inode's lock.
// Source: Documentation/filesystems/locking.rst, directory-locking.rst; up_write() wakes the next: the waker held the lock.

import { total } from '../base/intervals.js';
import { shareOf, timesIn, type Measures } from '../analysis/measures.js';
import { threadName } from '../analysis/machine/processes.js';
import { duration, percent } from '../base/format.js';
import type { Culprit } from '../model/diagnosis.js';
import { ramp, ruledOut, type Cause } from './cause.js';
import { FIDELITY } from './judge/fidelity.js';
import { diskName } from './judge/shared.js';
import { INODE_LOCK } from '../model/thresholds/filesystem.js';
import { JUDGING } from '../model/thresholds/judging.js';

interface Holder {
  readonly name: string;
  readonly pid: number;
  readonly own: boolean;
  readonly ms: number;
}

/** Who ended the waits, by name: several writers of one name are one rival. */
function holders(m: Measures): Holder[] {
  const found = new Map<string, Holder>();
  for (const { state, whole, from, to, wokenBy } of m.account?.segments ?? []) {
    if ((whole ?? state) !== 'fs-lock' || wokenBy === undefined || wokenBy === 0) continue;
    const own = m.account?.threads.has(wokenBy) === true;
    const name = threadName(m.input, wokenBy) || `thread ${wokenBy}`;
    const key = `${own} ${name}`;
    found.set(key, { name, pid: wokenBy, own, ms: (found.get(key)?.ms ?? 0) + to - from });
  }
  return [...found.values()].sort((a, b) => b.ms - a.ms);
}

export const cause: Cause = {
  id: 'fs.inode-lock',
  layer: 'filesystem',
  rank: 'verdict',
  needs: ['victim'],
  examine(m) {
    const { account } = m;
    if (!account) return ruledOut('no victim');
    const share = shareOf(account, ['fs-lock']);
    if (share < JUDGING.noticeable)
      return ruledOut(`it waited for a lock of the filesystem for ${percent(share)} of its time`);
    const times = timesIn(account, ['fs-lock']);
    const first = holders(m)[0];
    let who = 'other writers of the same file or folder';
    let culprit: Culprit | null = { kind: 'filesystem', name: diskName(m) };
    if (first) {
      who = first.own ? 'its own threads' : `${first.name} (${first.pid})`;
      culprit = first.own
        ? { kind: 'process', name: account.name, pid: account.pid }
        : { kind: 'process', name: first.name, pid: first.pid };
    }
    return {
      kind: 'found',
      share,
      confidence:
        ramp(share, { from: JUDGING.noticeable, ...INODE_LOCK.sure }) *
        FIDELITY[account.source].ofStates,
      sentence: `The victim waits for the lock of a file or folder that ${who} hold${first?.own === false ? 's' : ''} while they write (${percent(share)} of its time).`,
      culprit,
      evidence: [
        {
          measure: 'waiting for an inode’s lock',
          value: `${duration(total(times))} (${percent(share)})`,
          meaning: 'asleep in rwsem or mutex below a filesystem’s own functions',
          source: account.source === 'events' ? 'sched_switch with kernel stacks' : '/proc/PID/wchan',
        },
        ...(first
          ? [
              {
                measure: 'who let it go',
                value: `${first.own ? 'threads of its own' : `${first.name} (${first.pid})`}, after ${duration(first.ms)}`,
                meaning: 'whoever ends a wait for the lock held it',
                source: 'sched:sched_waking',
              },
            ]
          : []),
      ],
      advice: [
        'Let one thread write each file, or give each writer a file of its own.',
        'Direct writes into space that is already allocated and aligned take the lock shared (ext4, XFS): preallocate and write it once.',
      ],
      lost: times,
    };
  },
};
