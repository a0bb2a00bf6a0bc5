// Threads of the process wait for one lock in user space, whose holder waits for its I/O. The holder's own cause is told beside it.

import { percent } from '../base/format.js';
import { total } from '../base/intervals.js';
import { threadName } from '../analysis/machine/processes.js';
import type { Convoy } from '../analysis/victim/convoy.js';
import { number, part, said, time } from '../model/quantity.js';
import { LOCK_CONVOY } from '../model/thresholds/application.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { FIDELITY } from './judge/fidelity.js';
import { defineCause, holds, ramp, ruledOut, type Argument } from './cause.js';

interface Figures {
  readonly convoy: Convoy;
  readonly threads: number;
  /** Of the threads' time, on average. */
  readonly share: number;
  /** The holder's name with its number. */
  readonly name: string;
  readonly holder: string;
}

function evidence({ convoy, threads, share, holder }: Figures): Argument[] {
  return [
    {
      measure: 'waiting for a lock in user space',
      value: said`${time(total(convoy.times))}, ${part(share)} of each of ${number(threads)} threads’ time`,
      meaning: `${convoy.waits} waits in futex, each ended by another thread of the process`,
      source: `${FIDELITY.events.waits}, sched_waking`,
    },
    {
      measure: 'who woke them',
      value: said`${holder}, ${number(convoy.releases)} times of ${number(convoy.waits)}`,
      meaning: 'whoever ends a wait for a lock held it',
      source: 'sched:sched_waking',
    },
    {
      measure: 'the holder meanwhile',
      value: said`${part(convoy.holderInIo)} in I/O, ${part(convoy.holderRunning)} running or ready to`,
      meaning: 'the lock is held during I/O: all who need it are as slow as that',
      source: FIDELITY.events.waits,
    },
  ];
}

export const cause = defineCause({
  id: 'app.lock-convoy',
  layer: 'application',
  rank: 'verdict',
  proof: 'convoy',
  waits: ['user-lock'],
  needs: ['victim', 'sleeps'],
  judge({ account, convoy, input }) {
    if (!convoy) return ruledOut('no two threads of it wait for a third');
    const shares = [...convoy.waiting.values()];
    const threads = shares.length;
    const share = shares.reduce((a, b) => a + b, 0) / threads;
    const name = threadName(input, convoy.holder) || account.name;
    const holder = `${name} (${convoy.holder})`;
    if (share < JUDGING.noticeable || convoy.holderInIo < LOCK_CONVOY.leastInIo)
      return ruledOut(
        `${threads} threads waited for locks ${percent(share)} of their time, while ${holder}, which woke them, was in I/O for ${percent(convoy.holderInIo)} of it and ran for ${percent(convoy.holderRunning)}`,
      );
    const confidence = ramp(convoy.holderInIo, { from: LOCK_CONVOY.leastInIo, ...LOCK_CONVOY.sure });
    return holds(
      { share, confidence, before: 'all', isHabit: true, lost: convoy.times },
      { convoy, threads, share, name, holder },
    );
  },
  tell: (figures: Figures) => ({
    sentence: `${figures.threads} threads wait for a lock (${percent(figures.share)} of their time) that thread ${figures.holder} holds while it waits for its own I/O.`,
    yardstick: {
      measure: 'threads behind the lock',
      value: said`${number(figures.threads)}`,
      against: `its holder was in I/O for ${percent(figures.convoy.holderInIo)} of that`,
    },
    culprit: { kind: 'process', name: figures.name, pid: figures.convoy.holder },
    evidence: evidence(figures),
    advice: [
      'Don’t hold the lock during I/O: copy what is to be written, release the lock, then write.',
      'Until then look at what holds up the holder: its own cause is told below.',
    ],
  }),
});
