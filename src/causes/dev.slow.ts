// The device takes long for each request, whoever sends it and however few there are.
// Judged by service time, which leaves out the time a request merely queues behind others inside the device, against a generous norm
// for the kind of disk: latency must be judged given the load (Lu et al., Perseus, FAST 2023).

import { slowness } from '../analysis/disk-load.js';
import { intersect, total } from '../analysis/intervals.js';
import { shareOf, timesIn, type Measures } from '../analysis/measures.js';
import { duration, percent, rate } from '../base/format.js';
import type { Culprit, Evidence } from '../model/diagnosis.js';
import type { CgroupLimit } from '../model/facts.js';
import { NOTICEABLE, ramp, ruledOut, type Cause } from './cause.js';
import { deviceSlowness, diskName, limitsOn } from './shared.js';

/** Fewer requests than this make no judgement. */
const ENOUGH = 5;

/** Limits on the devices beneath: they throttle what the victim's disk sends down, whoever sends it. */
function limitsBeneath(m: Measures): CgroupLimit[] {
  if (m.disk === undefined) return [];
  return m.topology.beneath(m.disk).flatMap((below) => limitsOn(m, 'io', below));
}

function beneathEvidence(m: Measures, limits: readonly CgroupLimit[]): Evidence[] {
  const below = m.disk === undefined ? [] : m.topology.beneath(m.disk).map((id) => m.topology.name(id));
  if (below.length === 0) return [];
  const limit = limits[0];
  return [
    {
      measure: 'what it stands on',
      value: below.join(' on '),
      meaning: limit
        ? `cgroup ${limit.cgroup} is limited to ${limit.value} ${limit.what} on ${m.topology.name(limit.device ?? '')} beneath: the limit works through ${diskName(m)} and looks like a slow device`
        : 'the slowness may come from beneath: look there as well',
      source: limit?.file ?? '/sys/block',
    },
  ];
}

export const cause: Cause = {
  id: 'dev.slow',
  layer: 'device',
  rank: 'verdict',
  needs: ['victim', 'disk', 'requests'],
  examine(m) {
    const { account, load, requests } = m;
    if (!account || !load || !requests) return ruledOut('no requests');
    const name = diskName(m);
    const states = ['block-device', 'dirty-throttle'] as const;
    const waits = timesIn(account, states);
    const lost = intersect(waits, load.busy);
    const share = total(lost) / (account.to - account.from);
    const slow = deviceSlowness(m);
    if (!slow || slow.requests < ENOUGH) return ruledOut(`${name} served only ${slow?.requests ?? 0} requests`);
    const mean = slow.serviceMs / slow.requests;
    const figures = `${name} needed ${duration(mean)} a request (${slow.requests} requests, ${rate(slow.bytes / ((account.to - account.from) / 1000))})`;
    if (slow.factor <= 1)
      return ruledOut(`${figures}: ${percent(slow.factor)} of what an ordinary disk of its kind may take`);
    if (share < NOTICEABLE)
      return ruledOut(`${figures}, but the victim waited for it only ${percent(share)} of its time`);
    const limits = limitsBeneath(m);
    const limit = limits[0];
    const culprit: Culprit = limit
      ? {
          kind: 'cgroup',
          name: `${limit.cgroup} (${limit.value} ${limit.what} on ${m.topology.name(limit.device ?? '')})`,
          file: limit.file,
        }
      : { kind: 'device', name };
    const last = slowness(load, requests, m.norm, {
      from: account.from,
      to: account.from + (account.to - account.from) / 2,
    });
    return {
      kind: 'found',
      share,
      confidence: ramp(slow.factor, 1, 3, 0.6, 0.95),
      sentence: `${name} is slow: it took ${duration(mean)} of its own time for each request, ${slow.factor.toFixed(1)} times what an ordinary disk may take, and the victim waited for it ${percent(share)} of its time.`,
      culprit,
      evidence: [
        {
          measure: 'service time',
          value: `${duration(mean)} a request over ${slow.requests} requests`,
          meaning: `${slow.factor.toFixed(1)} times the norm of ${duration(m.norm.fixedMs)} plus the transfer at ${rate(m.norm.bytesPerMs * 1000)}; queueing behind other requests is left out`,
          source: 'block:block_rq_issue → block:block_rq_complete',
        },
        {
          measure: 'victim waiting for the device',
          value: `${duration(total(lost))} (${percent(share)})`,
          meaning: 'its requests had been sent and not answered',
          source: 'sched_switch with kernel stacks, block events',
        },
        {
          measure: 'before the device',
          value: `${percent(shareOf(account, ['block-held', 'block-queue']))} of the victim’s time`,
          meaning: 'nothing above the device held the requests back',
          source: 'block:block_bio_queue → block:block_rq_issue',
        },
        {
          measure: 'first half against the whole',
          value: `${Number.isFinite(last.factor) ? last.factor.toFixed(1) : 'no requests'} against ${slow.factor.toFixed(1)} times the norm`,
          meaning: 'whether it was slow from the start',
          source: 'block events',
        },
        ...beneathEvidence(m, limits),
      ],
      advice: limit
        ? [`Raise or remove the limit in ${limit.file}.`]
        : [
            `Look at ${name} itself: the provider’s volume metrics, the controller’s log (dmesg), SMART; on a stacked device look at the one beneath.`,
            'Compare with another volume of the same kind on the same machine.',
          ],
      lost,
    };
  },
};
