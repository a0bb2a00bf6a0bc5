// The I/O scheduler, or the writeback throttle, keeps requests back while the device could take them.
// Source: Documentation/block/bfq-iosched.rst, Documentation/block/kyber-iosched.rst, Documentation/block/deadline-iosched.rst,
// Documentation/ABI/stable/sysfs-block (wbt_lat_usec).

import { QUEUE_THROTTLES, TAG_WAITS, timesBelow } from '../analysis/victim/calls.js';
import { writesAtOnce } from '../analysis/requests/disk-load.js';
import { intersect, type Intervals, total, union, without } from '../base/intervals.js';
import { timesIn, type Measures } from '../analysis/measures.js';
import { growthWithin } from '../analysis/machine/series.js';
import { percent } from '../base/format.js';
import type { Advice, Culprit } from '../model/diagnosis.js';
import { part, said, time } from '../model/quantity.js';
import { SCHEDULER } from '../model/thresholds/block.js';
import { DEVICE_JUDGING, JUDGING } from '../model/thresholds/judging.js';
import { advise, write } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import { controlledTimes } from './judge/io-controller.js';
import { isGiven, type Given } from './judge/needs.js';
import { diskName, queueSetting, utilisation } from './judge/judgements.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Argument, type Refused } from './cause.js';

interface Kept {
  readonly times: Intervals;
  /** Of those, when the writeback throttle kept the victim. */
  readonly throttled: Intervals;
  readonly share: number;
  /** True where that was most of it. */
  readonly byThrottle: boolean;
}

function keptBack(m: Given<'victim'>): Kept {
  const { account, input } = m;
  const controlled = controlledTimes(m);
  const throttled = without(timesBelow(account, input.events, QUEUE_THROTTLES), controlled);
  const others = union([...controlled, ...timesBelow(account, input.events, TAG_WAITS)]);
  const queued = without(timesIn(account, ['block-queue']), others);
  const times = union([...queued, ...throttled]);
  return {
    times,
    throttled,
    share: total(times) / (account.to - account.from),
    byThrottle: total(intersect(times, throttled)) > total(times) / 2,
  };
}

/** The scheduler in force; undefined where the setting is not known. */
function schedulerOf(m: Measures): string | undefined {
  const setting = queueSetting(m, 'scheduler');
  return setting && (/\[(.+)\]/.exec(setting.value)?.[1] ?? 'none');
}

/** How many writes the device had at once meanwhile, from its requests, else from what /proc/diskstats adds up of them; NaN where neither tells. */
function writesMeanwhile(m: Given<'victim'>, times: Intervals): number {
  if (isGiven(m, ['requests'])) return writesAtOnce(m.load, m.requests, times);
  const disk = m.disk === undefined ? undefined : m.input.counters.disks.get(m.disk);
  const [from, to] = [times.from[0] ?? NaN, times.to.at(-1) ?? NaN];
  return growthWithin(disk, 'wr_ticks', from, to) / (to - from);
}

/** True where the throttle's target is what the kernel sets (block/blk-wbt.c, wbt_default_latency_nsec). */
function isKernelsTarget(m: Measures): boolean {
  const target = Number(queueSetting(m, 'wbt_lat_usec')?.value ?? NaN);
  return target >= (queueSetting(m, 'rotational')?.value === '1' ? 75_000 : 2000);
}

/** Why the writeback throttle is not to blame, which acts while the device writes for it, so that a busy device alone does not acquit it. */
function objectionToThrottle(m: Given<'victim'>, { times, throttled, share }: Kept): Refused | undefined {
  const name = diskName(m);
  const figures = `the writeback throttle made it wait ${percent(share)} of its time`;
  const atOnce = writesMeanwhile(m, throttled);
  if (atOnce >= SCHEDULER.steppedDown)
    return ruledOut(
      `${figures}, while ${name} had ${atOnce.toFixed(1)} writes at once: it has not stepped down, and the device sets the pace`,
    );
  const busy = utilisation(m, times);
  if (isKernelsTarget(m) && busy >= DEVICE_JUDGING.hadRoom)
    return ruledOut(
      `${figures}, at the target that the kernel sets, while ${name} was busy ${percent(busy)} of that: it steps down where the device answers late`,
    );
  return undefined;
}

/** Why the queue is not to blame for what it kept; undefined where nothing speaks for it. */
function objection(m: Given<'victim'>, kept: Kept): Refused | undefined {
  if (kept.byThrottle) return objectionToThrottle(m, kept);
  const { times, share } = kept;
  const name = diskName(m);
  const busy = utilisation(m, times);
  if (Number.isNaN(busy))
    return notChecked(`nothing tells whether ${name} was busy while requests waited in its queue`);
  if (busy < DEVICE_JUDGING.hadRoom) return undefined;
  return ruledOut(
    `its requests waited in the queue for ${percent(share)} of its time, while ${name} was busy ${percent(busy)} of that: it had no room`,
  );
}

interface Figures extends Kept {
  readonly busy: number;
  readonly scheduler: string | undefined;
}

function what({ byThrottle, scheduler }: Figures, m: Measures): string {
  if (byThrottle) return `the writeback throttle (wbt_lat_usec=${queueSetting(m, 'wbt_lat_usec')?.value ?? '?'})`;
  return scheduler === undefined
    ? 'the queue (its scheduler, the writeback throttle, or its number of requests: the settings are not known)'
    : `the scheduler ${scheduler}`;
}

function culprit({ byThrottle, scheduler }: Figures, m: Measures): Culprit | null {
  if (!byThrottle && scheduler === undefined) return null;
  const setting = queueSetting(m, byThrottle ? 'wbt_lat_usec' : 'scheduler');
  const name = byThrottle ? `wbt_lat_usec=${setting?.value ?? '?'}` : `scheduler ${scheduler}`;
  return { kind: 'setting', name: `${name} of ${diskName(m)}`, ...(setting && { file: setting.file }) };
}

function evidence({ times, share, busy, byThrottle }: Figures, m: Measures): Argument[] {
  return [
    {
      measure: 'waiting in the queue',
      value: said`${time(total(times))} (${part(share)})`,
      meaning: byThrottle
        ? 'asleep until the writeback throttle let it send a request'
        : 'inserted, and not yet sent to the device',
      source: byThrottle ? 'kernel stacks (rq_qos_wait)' : 'block:block_bio_queue → block:block_rq_issue',
    },
    ...(Number.isNaN(busy)
      ? []
      : [
          {
            measure: `${diskName(m)} meanwhile`,
            value: said`busy ${part(busy)}`,
            meaning: busy < DEVICE_JUDGING.hadRoom ? 'it could have taken them' : 'it worked for what was let through',
            source: m.load ? 'block events' : '/proc/diskstats',
          },
        ]),
  ];
}

function advice({ byThrottle, scheduler }: Figures, m: Measures): Advice {
  const changes = (setting: string) => `${setting} of ${diskName(m)}, until it is set again or the machine restarts`;
  if (byThrottle) {
    const { value, file } = queueSetting(m, 'wbt_lat_usec') ?? { file: '/sys/block/DEV/queue/wbt_lat_usec' };
    const reset = write('-1', file, changes('the writeback throttle’s target'), value);
    return advise`Set the target back: ${reset} gives the kernel’s own, 0 turns it off.`;
  }
  const file = queueSetting(m, 'scheduler')?.file ?? '/sys/block/DEV/queue/scheduler';
  const set = write(scheduler === 'none' ? 'mq-deadline' : 'none', file, changes('the scheduler'), scheduler);
  const alternative = scheduler === 'none' || scheduler === 'mq-deadline' ? '' : ', or mq-deadline';
  const why = scheduler === 'bfq' ? '; bfq idles on purpose for the sake of fairness (slice_idle)' : '';
  return advise`Try another: ${set}${alternative}${why}.`;
}

export const cause = defineCause({
  id: 'blk.scheduler',
  layer: 'block',
  rank: 'verdict',
  proof: 'stages',
  waits: ['block-queue'],
  needs: ['victim', 'disk'],
  fromRequests: true,
  judge(m) {
    const kept = keptBack(m);
    const { share, times, byThrottle } = kept;
    const scheduler = schedulerOf(m);
    if (share < JUDGING.noticeable)
      return ruledOut(
        `its requests waited in the queue (scheduler ${scheduler ?? 'unknown'}) for ${percent(share)} of its time`,
      );
    const against = objection(m, kept);
    if (against) return against;
    const busy = utilisation(m, times);
    const confidence =
      (byThrottle ? SCHEDULER.sureOfThrottle : ramp(busy, { ...SCHEDULER.sure, to: DEVICE_JUDGING.hadRoom })) *
      FIDELITY[m.account.source].ofDevice;
    return holds({ share, confidence, lost: times }, { ...kept, busy, scheduler });
  },
  tell: (figures, m) => ({
    sentence: `On ${diskName(m)}, ${what(figures, m)} kept requests waiting for ${percent(figures.share)} of the victim’s time${figures.byThrottle ? '' : `, while the device was idle ${percent(1 - figures.busy)} of it`}.`,
    yardstick: {
      measure: 'waiting in the queue',
      value: said`${part(figures.share)} of its time`,
      against: Number.isNaN(figures.busy)
        ? 'whether the device was busy was not recorded'
        : `the device was busy for ${percent(figures.busy)} of that`,
    },
    culprit: culprit(figures, m),
    evidence: evidence(figures, m),
    advice: [advice(figures, m)],
  }),
});
