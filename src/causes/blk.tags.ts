// Too few requests may be in flight on the queue: the victim sleeps until one of them comes back, before its own can even be sent.
// Source: Documentation/ABI/stable/sysfs-block (nr_requests); block/blk-mq-tag.c.

import { TAG_WAITS, timesBelow } from '../analysis/calls.js';
import { total } from '../analysis/intervals.js';
import { duration, percent } from '../base/format.js';
import { NOTICEABLE, ramp, ruledOut, type Cause } from './cause.js';
import { diskName, queueSetting } from './shared.js';

/** A queue that takes this many at once is no bottleneck by its size: disks of one queue take 32 (SATA NCQ) and more. */
const ENOUGH = 32;

export const cause: Cause = {
  id: 'blk.tags',
  layer: 'block',
  rank: 'verdict',
  needs: ['victim', 'disk'],
  examine(m) {
    const { account } = m;
    if (!account) return ruledOut('no victim');
    const times = timesBelow(account, m.input.events, TAG_WAITS);
    const share = total(times) / (account.to - account.from);
    if (share < NOTICEABLE)
      return ruledOut(`it waited for a free request of the queue for ${percent(share)} of its time`);
    const setting = queueSetting(m, 'nr_requests');
    const requests = Number(setting?.value);
    if (!(requests < ENOUGH))
      return ruledOut(
        `it waited ${percent(share)} of its time for a free request, but ${diskName(m)}’s queue takes ${setting?.value ?? 'an unknown number'} of them: it is the load that fills it`,
      );
    return {
      kind: 'found',
      share,
      confidence: ramp(requests, 8, ENOUGH, 0.95, 0.6) * (account.source === 'events' ? 1 : 0.9),
      sentence: `${diskName(m)}’s queue has only ${requests} requests: the victim waited ${percent(share)} of its time for a free one.`,
      culprit: { kind: 'setting', name: `nr_requests=${requests} of ${diskName(m)}`, file: setting?.file ?? '' },
      evidence: [
        {
          measure: 'waiting for a free request',
          value: `${duration(total(times))} (${percent(share)})`,
          meaning: 'asleep in blk_mq_get_tag, before the request could be queued',
          source: account.source === 'events' ? 'sched_switch with kernel stacks' : '/proc/PID/wchan',
        },
        {
          measure: 'requests of the queue',
          value: String(requests),
          meaning: 'no more than these can be in flight, whatever the device could take',
          source: setting?.file ?? '',
        },
      ],
      advice: [
        `Raise it: \`echo 128 > ${setting?.file ?? ''}\`; where the device itself takes no more, spread the load over several.`,
      ],
      lost: times,
    };
  },
};
