// The device takes long for each request, whoever sends it and however few there are.
// Judged by service time, which leaves out the time a request merely queues behind others inside the device, against a generous norm
// for the kind of disk: latency must be judged given the load (Lu et al., Perseus, FAST 2023).

import type { VictimAccount } from '../model/account.js';
import {
  firstSlowDispatch,
  slowdownOf,
  slowness,
  slowStretches,
  type DiskLoad,
  type Slowness,
  type SlowStretch,
} from '../analysis/requests/disk-load.js';
import { cpuShare, IDLE } from '../analysis/machine/cpu-time.js';
import { intersect, total, union } from '../base/intervals.js';
import { shareOf, timesIn, type Measures } from '../analysis/measures.js';
import type { Requests } from '../analysis/requests/requests.js';
import { bytes, duration, percent, rate } from '../base/format.js';
import type { State } from '../model/states.js';
import { beneathOf } from './judge/beneath.js';
import { NEEDS, notChecked, ramp, ruledOut, type Cause, type Finding, type Found, type Argument } from './cause.js';
import { DEVICE_WAITS, diskName, judgeDevice, tells } from './judge/shared.js';
import { DISK_LOAD } from '../model/thresholds/requests.js';
import { SLOW } from '../model/thresholds/device.js';
import { JUDGING } from '../model/thresholds/judging.js';

/** A sample can't tell whose I/O a wait is for, so a wait in the journal counts as one for the disk. */
const SAMPLED_WAITS: readonly State[] = ['block-device', 'block-held', 'journal', 'dirty-throttle'];

function lookAt(name: string): string {
  return `Look at ${name} itself: the provider’s volume metrics, the controller’s log (dmesg), SMART; on a stacked device look at the one beneath.`;
}

/** What diskstats tell: each request took long, and there were hardly ever two at once. */
function fromCounters(m: Measures, account: VictimAccount): Finding {
  const series = m.disk === undefined ? undefined : m.input.counters.disks.get(m.disk);
  if (!series) return notChecked('the disk’s counters were not recorded');
  const slow = slowStretches(series, m.norm, account);
  const lost = intersect(timesIn(account, SAMPLED_WAITS), union(slow));
  const share = total(lost) / (account.to - account.from);
  const name = diskName(m);
  const sum = (pick: (one: SlowStretch) => number) => slow.reduce((all, one) => all + pick(one), 0);
  const requests = sum((one) => one.requests);
  const factor = sum((one) => one.serviceMs) / sum((one) => one.allowedMs);
  if (share < JUDGING.noticeable)
    return ruledOut(
      `${name} answered within what an ordinary disk may take, or the victim did not wait for it while it did not`,
    );
  const beneath = beneathOf(m, lost);
  return {
    kind: 'found',
    share,
    confidence: ramp(factor, SLOW.sureFromCounters),
    sentence: `${name} is slow: it was busy for ${duration(sum((one) => one.serviceMs) / requests)} for each of ${requests} requests, ${times(factor)} what an ordinary disk may take, and the victim waited for it ${percent(share)} of its time.`,
    culprit: beneath.culprit,
    decidedBy: 'the life of each request (block events): record as root',
    evidence: [
      {
        measure: 'busy time for each request',
        value: `${duration(sum((one) => one.serviceMs) / requests)} over ${requests} (${bytes(sum((one) => one.bytes) / requests)} on average)`,
        meaning: `${times(factor)} the norm; time in a scheduler’s queue counts here as well`,
        source: '/proc/diskstats',
      },
      ...beneath.evidence,
    ],
    advice: [...beneath.advice, lookAt(name)],
    lost,
  };
}

/** Fast enough for an ordinary disk, and still several times slower than this one was: its users have grown used to better. */
function slowerThanBefore(m: Measures, load: DiskLoad, requests: Requests, account: VictimAccount): Found | undefined {
  const slower = slowdownOf(load, requests, m.norm, account);
  if (!slower) return undefined;
  const lost = intersect(timesIn(account, DEVICE_WAITS), slower.times);
  const share = total(lost) / (account.to - account.from);
  if (share < JUDGING.noticeable) return undefined;
  const name = diskName(m);
  const factor = slower.nowMs / slower.usualMs;
  const beneath = beneathOf(m, lost);
  // A loop device is a worker of the kernel, which waits for a CPU like everybody.
  const span = { from: slower.times[0]?.from ?? account.from, to: slower.times.at(-1)?.to ?? account.to };
  const lacksCpu =
    m.topology.device(load.disk)?.backingFile !== undefined && cpuShare(m.input, span, IDLE) < SLOW.saturated;
  return {
    kind: 'found',
    share,
    confidence: ramp(factor, SLOW.sureOfGrown) * (lacksCpu ? SLOW.unsure : 1),
    ...(lacksCpu && {
      decidedBy: `the same load while the CPUs have time, which they had not: ${name} is a loop device, whose workers need one`,
    }),
    sentence: `${name} became slower while it was recorded: ${slower.class} take ${duration(slower.nowMs)} of its own time instead of ${duration(slower.usualMs)}, ${factor.toFixed(1)} times as long, and the victim waited for it ${percent(share)} of its time.`,
    culprit: beneath.culprit,
    evidence: [
      {
        measure: `service time of ${slower.class}`,
        value: `${duration(slower.nowMs)}, before ${duration(slower.usualMs)}`,
        meaning: 'against the device’s own past, request by request; queueing behind other requests is left out',
        source: 'block:block_rq_issue → block:block_rq_complete',
      },
      ...beneath.evidence,
    ],
    advice: [
      ...beneath.advice,
      `Ask what changed at that time on ${name} or beneath it: a snapshot, a rebuild, another tenant, spent burst credit.`,
    ],
    lost,
  };
}

export const cause: Cause = {
  id: 'dev.slow',
  layer: 'device',
  rank: 'verdict',
  needs: ['victim', 'disk'],
  fromRequests: true,
  examine(m) {
    const { account, load, requests } = m;
    if (account?.source === 'samples') return fromCounters(m, account);
    if (!account || !load || !requests) return notChecked(NEEDS.requests.else);
    const name = diskName(m);
    const wall = account.to - account.from;
    const judged = judgeDevice(m);
    const { slow } = m;
    const waits = intersect(timesIn(account, DEVICE_WAITS), load.busy);
    // It became slow somewhere in the window before the first one that is slow as a whole.
    const from = (slow[0]?.from ?? 0) - DISK_LOAD.windowMs;
    const began = firstSlowDispatch(load, requests, () => true, m.norm.fixedMs, from);
    const lost = intersect(waits, union([...slow, { from: began, to: slow[0]?.from ?? began }]));
    const share = total(lost) / wall;
    const first = slowness(load, requests, m.norm, slow, waits)
      .filter((one) => tells(one) && one.factor > 1)
      .sort((one, other) => loss(other) - loss(one))[0];
    if (!first || share < JUDGING.noticeable) {
      const slower = slowerThanBefore(m, load, requests, account);
      if (slower) return slower;
      const most = judged?.classes[0];
      return ruledOut(
        most
          ? `${name} needed ${duration(most.serviceMs / most.requests)} for each of ${most.requests} ${most.class}, ${times(most.factor)} what an ordinary disk of its kind may take; the victim waited ${percent(share)} of its time for it while it was slow`
          : `${name} served nothing`,
      );
    }
    const mean = first.serviceMs / first.requests;
    const beneath = beneathOf(m, lost);
    return {
      kind: 'found',
      share,
      confidence: ramp(first.factor, SLOW.sure),
      sentence: `${name} is slow: it took ${duration(mean)} of its own time for ${first.requests === 1 ? `one of the ${first.class}` : `each of ${first.requests} ${first.class}`}, ${times(first.factor)} what an ordinary disk may take, and the victim waited for it ${percent(share)} of its time.`,
      culprit: beneath.culprit,
      evidence: [
        ...slowness(load, requests, m.norm, slow, waits)
          .filter(tells)
          .map((one) => ({
            measure: `service time of ${one.class}`,
            value: `${duration(one.serviceMs / one.requests)} each over ${one.requests} (${bytes(one.bytes / one.requests)} on average)`,
            meaning: `${times(one.factor)} the norm of ${duration(one.class === 'flushes' ? m.norm.flushMs : m.norm.fixedMs)} plus the transfer at ${rate(m.norm.bytesPerMs * 1000)}; queueing behind other requests is left out`,
            source: 'block:block_rq_issue → block:block_rq_complete',
          })),
        {
          measure: 'victim waiting for the device',
          value: `${duration(total(lost))} (${percent(share)})`,
          meaning: 'its requests had been sent and not answered',
          source: 'sched_switch with kernel stacks, block events',
        },
        {
          measure: 'before the device',
          value: `${percent(shareOf(account, ['block-held', 'block-queue']))} of the victim’s time`,
          meaning: 'what was held back or queued above the device',
          source: 'block:block_bio_queue → block:block_rq_issue',
        },
        ...unanswered(load, requests),
        ...beneath.evidence,
      ],
      advice:
        beneath.advice.length > 0
          ? beneath.advice
          : [lookAt(name), 'Compare with another volume of the same kind on the same machine.'],
      lost,
    };
  },
};

/** What it had not answered when the recording ended. */
function unanswered(load: DiskLoad, requests: Requests): Argument[] {
  const rows = load.rows.filter((row) => row >= requests.answered);
  const since = rows.reduce((first, row) => Math.min(first, requests.dispatched[row] ?? NaN), Infinity);
  const until = requests.completed[rows[0] ?? -1] ?? NaN;
  return !(until - since >= SLOW.leastHungMs)
    ? []
    : [
        {
          measure: 'not answered at the end',
          value: `${rows.length === 1 ? 'one request, for' : `${rows.length} requests, the first of them for`} ${duration(until - since)}`,
          meaning: 'they count as served until the recording ended, which is the least that they will have taken',
          source: 'block:block_rq_issue without block:block_rq_complete',
        },
      ];
}

/** What a class cost the victim beyond the norm, ms; at most 0 for a class within the norm. */
function loss(one: Slowness): number {
  return one.waitedMs * (1 - 1 / one.factor);
}

function times(factor: number): string {
  return factor >= 1 ? `${factor.toFixed(1)} times` : `${percent(factor)} of`;
}
