// Too few requests may be in flight on the queue: the victim sleeps until one of them comes back, before its own can even be sent.
// Source: Documentation/ABI/stable/sysfs-block (nr_requests); block/blk-mq-tag.c.

import type { VictimAccount } from '../model/account.js';
import { TAG_WAITS, timesBelow } from '../analysis/victim/calls.js';
import { intersect, total } from '../base/intervals.js';
import type { Measures } from '../analysis/measures.js';
import { tagWaits } from '../analysis/requests/tags.js';
import { duration, percent } from '../base/format.js';
import { notChecked, ramp, ruledOut, type Cause, type Finding } from './cause.js';
import { diskName, queueSetting } from './judge/shared.js';
import { TAGS } from '../model/thresholds/block.js';
import { JUDGING } from '../model/thresholds/judging.js';

/** From a block trace: bios without a request while as many are in use as ever were. */
function fromRequests(m: Measures, account: VictimAccount): Finding {
  const { events } = m.input;
  const measured =
    events && m.disk !== undefined ? tagWaits(events, m.topology, m.disk, new Set([account.thread])) : undefined;
  if (!measured) return notChecked('the trace does not hold when a bio got its request (G)');
  const { most, waits, whileFull } = measured;
  const times = intersect(whileFull, [account]);
  const share = total(times) / (account.to - account.from);
  const full = total(whileFull) / total(waits);
  const name = diskName(m);
  const figures = `its bios waited for a request for ${percent(share)} of its time, with ${most} in use at most`;
  if (share < JUDGING.noticeable || !(full >= TAGS.leastFull) || most >= TAGS.enough) return ruledOut(figures);
  return {
    kind: 'found',
    share,
    confidence:
      ramp(most, { ...TAGS.sureFromTrace, to: TAGS.enough }) * ramp(full, { from: TAGS.leastFull, ...TAGS.full }),
    sentence: `${name}’s queue takes only ${most} requests: the victim’s bios waited for a free one for ${percent(share)} of its time.`,
    culprit: { kind: 'setting', name: `the number of requests of ${name}` },
    evidence: [
      {
        measure: 'waiting for a free request',
        value: `${duration(total(times))} (${percent(share)})`,
        meaning: 'queued (Q), and no request for it yet (G)',
        source: 'block:block_bio_queue → block:block_getrq',
      },
      {
        measure: 'requests in use',
        value: `${most} at most`,
        meaning: `all of them were in use when ${percent(full)} of that waiting began`,
        source: 'block:block_getrq → block:block_rq_complete',
      },
    ],
    advice: [
      'Look at /sys/block/DEV/queue/nr_requests and raise it; where the device itself takes no more, spread the load over several.',
    ],
    lost: times,
  };
}

export const cause: Cause = {
  id: 'blk.tags',
  layer: 'block',
  rank: 'verdict',
  needs: ['victim', 'disk'],
  fromRequests: true,
  examine(m) {
    const { account } = m;
    if (!account) return ruledOut('no victim');
    if (account.source === 'requests') return fromRequests(m, account);
    const times = timesBelow(account, m.input.events, TAG_WAITS);
    const share = total(times) / (account.to - account.from);
    if (share < JUDGING.noticeable)
      return ruledOut(`it waited for a free request of the queue for ${percent(share)} of its time`);
    const setting = queueSetting(m, 'nr_requests');
    const requests = Number(setting?.value);
    if (!(requests < TAGS.enough))
      return ruledOut(
        `it waited ${percent(share)} of its time for a free request, but ${diskName(m)}’s queue takes ${setting?.value ?? 'an unknown number'} of them: it is the load that fills it`,
      );
    return {
      kind: 'found',
      share,
      confidence:
        ramp(requests, { ...TAGS.sure, to: TAGS.enough }) * (account.source === 'events' ? 1 : TAGS.fromCounters),
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
