// The I/O scheduler, or the writeback throttle, keeps requests back while the device could take them.
// Source: Documentation/block/bfq-iosched.rst, Documentation/block/kyber-iosched.rst, Documentation/block/deadline-iosched.rst,
// Documentation/ABI/stable/sysfs-block (wbt_lat_usec).

import { QUEUE_THROTTLES, TAG_WAITS, timesBelow } from '../analysis/victim/calls.js';
import { writesAtOnce } from '../analysis/requests/disk-load.js';
import { intersect, total, union, without } from '../base/intervals.js';
import { timesIn } from '../analysis/measures.js';
import { duration, percent } from '../base/format.js';
import { ramp, ruledOut, type Cause } from './cause.js';
import { diskName, queueSetting, utilisation } from './judge/shared.js';
import { SCHEDULER } from '../model/thresholds/block.js';
import { DEVICE_JUDGING, JUDGING } from '../model/thresholds/judging.js';

export const cause: Cause = {
  id: 'blk.scheduler',
  layer: 'block',
  rank: 'verdict',
  needs: ['victim', 'disk'],
  fromRequests: true,
  examine(m) {
    const { account } = m;
    if (!account) return ruledOut('no victim');
    const { events } = m.input;
    const throttled = timesBelow(account, events, QUEUE_THROTTLES);
    const queued = without(timesIn(account, ['block-queue']), timesBelow(account, events, TAG_WAITS));
    const times = union([...queued, ...throttled]);
    const wall = account.to - account.from;
    const share = total(times) / wall;
    const name = diskName(m);
    const scheduler = queueSetting(m, 'scheduler');
    const inForce = /\[(.+)\]/.exec(scheduler?.value ?? '')?.[1] ?? (scheduler ? 'none' : undefined);
    if (share < JUDGING.noticeable)
      return ruledOut(
        `its requests waited in the queue (scheduler ${inForce ?? 'unknown'}) for ${percent(share)} of its time`,
      );
    const busy = utilisation(m, times);
    const byThrottle = total(intersect(times, throttled)) > total(times) / 2;
    // The writeback throttle acts while the device writes for it, so a busy device does not acquit it.
    if (!byThrottle && !(busy < DEVICE_JUDGING.hadRoom))
      return ruledOut(
        `its requests waited in the queue for ${percent(share)} of its time, while ${name} was busy ${percent(busy)} of that: it had no room`,
      );
    const atOnce = byThrottle && m.load && m.requests ? writesAtOnce(m.load, m.requests, throttled) : NaN;
    if (atOnce >= SCHEDULER.steppedDown)
      return ruledOut(
        `the writeback throttle made it wait ${percent(share)} of its time, while ${name} had ${atOnce.toFixed(1)} writes at once: it has not stepped down, and the device sets the pace`,
      );
    const wbt = queueSetting(m, 'wbt_lat_usec');
    const setting = byThrottle ? wbt : scheduler;
    const what = byThrottle
      ? `the writeback throttle (wbt_lat_usec=${wbt?.value ?? '?'})`
      : inForce === undefined
        ? 'the queue (its scheduler, the writeback throttle, or its number of requests: the settings are not known)'
        : `the scheduler ${inForce}`;
    return {
      kind: 'found',
      share,
      confidence:
        (byThrottle ? SCHEDULER.sureOfThrottle : ramp(busy, { ...SCHEDULER.sure, to: DEVICE_JUDGING.hadRoom })) *
        (account.source === 'samples' ? SCHEDULER.fromCounters : 1),
      sentence: `On ${name}, ${what} kept requests waiting for ${percent(share)} of the victim’s time${byThrottle ? '' : `, while the device was idle ${percent(1 - busy)} of it`}.`,
      culprit:
        !byThrottle && inForce === undefined
          ? null
          : {
              kind: 'setting',
              name: byThrottle ? `wbt_lat_usec=${wbt?.value ?? '?'} of ${name}` : `scheduler ${inForce} of ${name}`,
              ...(setting && { file: setting.file }),
            },
      evidence: [
        {
          measure: 'waiting in the queue',
          value: `${duration(total(times))} (${percent(share)})`,
          meaning: byThrottle
            ? 'asleep until the writeback throttle let it send a request'
            : 'inserted, and not yet sent to the device',
          source: byThrottle ? 'kernel stacks (rq_qos_wait)' : 'block:block_bio_queue → block:block_rq_issue',
        },
        {
          measure: `${name} meanwhile`,
          value: `busy ${percent(busy)}`,
          meaning: busy < DEVICE_JUDGING.hadRoom ? 'it could have taken them' : 'it worked for what was let through',
          source: m.load ? 'block events' : '/proc/diskstats',
        },
      ],
      advice: byThrottle
        ? [`Set the target back: \`echo -1 > ${wbt?.file ?? ''}\` gives the kernel’s own, 0 turns it off.`]
        : [
            `Try another: \`echo none > ${scheduler?.file ?? '/sys/block/DEV/queue/scheduler'}\`, or mq-deadline; bfq idles on purpose for the sake of fairness (slice_idle).`,
          ],
      lost: times,
    };
  },
};
