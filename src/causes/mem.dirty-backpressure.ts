// The ordinary dirty throttle: the writer fills the page cache faster than the device drains it, and is paused down to its speed.
// Told from a limit that is too low by the device, which is busy during the pauses. Source: mm/page-writeback.c.

import { bytes, percent, rate } from '../base/format.js';
import { ramp, ruledOut, type Cause } from './cause.js';
import { DEVICE_HAD_ROOM, diskName, judgeDevice } from './judge/shared.js';
import { findThrottled } from './judge/throttled.js';

/** What a filesystem writes for all its users, and what nobody can be named for, keeps nobody else's writes back. */
const NOBODYS: ReadonlySet<string> = new Set(['unattributed', 'journal', 'metadata']);

export const cause: Cause = {
  id: 'mem.dirty-backpressure',
  layer: 'page cache',
  rank: 'verdict',
  needs: ['victim'],
  examine(m) {
    const throttled = findThrottled(m);
    if ('kind' in throttled) return throttled;
    const { share, busy } = throttled;
    if (busy < DEVICE_HAD_ROOM) {
      return ruledOut(`the device idled for ${percent(1 - busy)} of the time in which the writer was paused`);
    }
    const slow = judgeDevice(m);
    const others = m.neighbours?.others ?? [];
    const foreign = others
      .filter(({ origin }) => !NOBODYS.has(origin.via))
      .reduce((sum, other) => sum + other.share, 0);
    if (foreign > 0.5) return ruledOut(`${percent(foreign)} of what ${diskName(m)} served belonged to others`);
    const { account } = m;
    const drained = slow && account ? slow.bytes / ((account.to - account.from) / 1000) : NaN;
    return {
      kind: 'found',
      share,
      confidence: ramp(busy, DEVICE_HAD_ROOM, 0.9, 0.6, 0.95) * (account?.source === 'events' ? 1 : 0.85),
      sentence: `The writer fills the page cache faster than ${diskName(m)} drains it${Number.isFinite(drained) ? ` (${rate(drained)})` : ''}: the kernel paused it for ${percent(share)} of its time while the device was busy ${percent(busy)} of it.`,
      culprit: { kind: 'device', name: diskName(m) },
      // That the device is slow as well is told beside it: it is the throttle that the writer sleeps in.
      before: ['dev.slow', 'dev.capped'],
      evidence: [
        ...throttled.evidence('the device had work all along: it sets the pace'),
        ...(m.throttle && m.throttle.pauses > 0
          ? [
              {
                measure: 'dirty against the limit',
                value: `${bytes(m.throttle.dirtyBytes)} of ${bytes(m.throttle.limitBytes)}`,
                meaning: 'the cache is full of what the device has not taken yet',
                source: 'writeback:balance_dirty_pages',
              },
            ]
          : []),
      ],
      advice: [
        'Write less or to a faster device: the writer gets what the device can give.',
        'To keep other writers responsive, lower vm.dirty_background_bytes so that writing back begins earlier.',
      ],
      lost: throttled.times,
    };
  },
};
