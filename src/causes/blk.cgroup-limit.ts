// The victim's own cgroup may only do so much I/O on its disk, or on one that its disk stands on: its bios are held back before they enter
// the block layer there, and that device idles meanwhile. Version 1's root group is everybody who is in no other: a limit on a device beneath
// that binds it makes the disk above slow for all of them, and dev.slow says so.
// Source: Documentation/admin-guide/cgroup-v1/blkio-controller.rst, Documentation/admin-guide/cgroup-v2.rst (io.max), block/blk-throttle.c.

import { shareOf, timesIn, type Measures } from '../analysis/measures.js';
import { underWay } from '../analysis/victim/own-requests.js';
import { rateWithin, valueAt } from '../analysis/machine/series.js';
import { type Interval, type Intervals, intersect, total, without } from '../base/intervals.js';
import { KIND } from '../analysis/requests/requests.js';
import { percent } from '../base/format.js';
import type { CgroupLimit } from '../model/facts.js';
import { flow, frequency, part, said, time, type Said } from '../model/quantity.js';
import { CGROUP_LIMIT } from '../model/thresholds/block.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { advise, unlimit } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import { isGiven, type Given } from './judge/needs.js';
import { cgroupsOf, diskName, limitsOn, utilisation } from './judge/judgements.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Argument, type Judgement } from './cause.js';

type Victim = Given<'victim' | 'disk'>;

/** Where some requests were left out, those that a limit had held back are not known as the victim's. */
function countsRequests(m: Victim, span: Interval): m is Victim & Given<'sleeps' | 'requests'> {
  return isGiven(m, ['sleeps', 'requests']) && intersect([span], m.requests.sampled).length === 0;
}

/** What the victim did on its disk between two times, in the limit's own unit; NaN where that is not known. */
function rateOf(m: Victim, limit: CgroupLimit, { from, to }: Interval): number {
  const isRead = limit.what.startsWith('r');
  const inBytes = limit.what.endsWith('bps');
  if (!countsRequests(m, { from, to })) {
    const io = m.input.counters.processes.get(m.account.pid)?.io;
    const [bytes, calls] = isRead ? ['read_bytes', 'syscr'] : ['write_bytes', 'syscw'];
    return rateWithin(io, inBytes ? bytes : calls, from, to);
  }
  const { account, load, requests } = m;
  let sum = 0;
  for (const row of load.rows) {
    const completed = valueAt(requests.completed, row);
    if (account.own[row] === 0 || completed < from || completed > to) continue;
    if ((requests.kind[row] === KIND.read) === isRead)
      sum += (requests.weight[row] ?? 1) * (inBytes ? valueAt(requests.bytes, row) : 1);
  }
  return to > from ? (sum * 1000) / (to - from) : NaN;
}

function amount({ what }: CgroupLimit, value: number): Said {
  return what.endsWith('bps') ? said`${flow(value)}` : said`${frequency(value)} IOPS`;
}

/** A limit with what the victim got under it. */
interface Reached {
  readonly limit: CgroupLimit;
  /** True where its requests were counted, false where the process's own counters tell. */
  readonly isCounted: boolean;
  readonly rate: number;
  /** The rate as a part of the limit; NaN where the rate is not known. */
  readonly of: number;
}

/** The limit that the victim came nearest to while it was held back: it need not have been felt before or after. */
function nearest(m: Victim, limits: readonly CgroupLimit[], held: Intervals): Reached | undefined {
  const span = { from: held.from[0] ?? NaN, to: held.at(-1)?.to ?? NaN };
  const rank = ({ of }: Reached) => (Number.isNaN(of) ? -1 : of);
  return limits
    .map((limit) => ({ limit, rate: rateOf(m, limit, span), isCounted: countsRequests(m, span) }))
    .map((one) => ({ ...one, of: one.rate / one.limit.value }))
    .toSorted((a, b) => rank(b) - rank(a))[0];
}

function isNear({ of }: Reached): boolean {
  return of >= CGROUP_LIMIT.reached.least && of < CGROUP_LIMIT.reached.most;
}

/** When a device beneath had nothing of the victim's while that waited for the disk above: what it sent had not been let in yet. */
function heldBeneath({ account, requests }: Given<'victim' | 'requests'>): Intervals {
  const own = underWay(requests, (row) => account.own[row] !== 0);
  return without(timesIn(account, ['block-device']), own);
}

function judgeBeneath(m: Victim): Judgement<Figures> {
  const limits = limitsOn(m, 'io', m.disk).filter(({ cgroup }) => cgroup !== '/');
  if (limits.length === 0 || !isGiven(m, ['requests'])) return withoutLimit(m, 0);
  const held = heldBeneath(m);
  const share = total(held) / (m.account.to - m.account.from);
  const reached = nearest(m, limits, held);
  // Between two layers there are workers as well: only a rate at the limit tells that it is the limit.
  if (!reached || !isNear(reached) || share < JUDGING.noticeable)
    return ruledOut(
      `the limits on ${diskName(m)} held nothing back for long, or were not reached (${limits.map((one) => amount(one, one.value).text).join(', ')})`,
    );
  const busy = utilisation(m, held);
  const confidence = CGROUP_LIMIT.sure.near * ramp(Number.isNaN(busy) ? 0 : busy, CGROUP_LIMIT.busy);
  return holds({ share, confidence, before: ['dev.slow', 'dev.capped'], lost: held }, { reached, share, held, busy });
}

interface Figures {
  readonly reached: Reached;
  readonly share: number;
  readonly held: Intervals;
  /** The share of the time held back in which the device worked; NaN where that is not known. */
  readonly busy: number;
}

function evidence({ reached, share, held, busy }: Figures, m: Victim): Argument[] {
  const { limit, rate, of, isCounted } = reached;
  const { source } = m.account;
  return [
    {
      measure: 'held back before the block layer',
      value: said`${time(total(held))} (${part(share)})`,
      meaning: 'the victim slept for I/O that a kernel thread queued only later',
      source: `${FIDELITY[source].waits}, ${source === 'events' ? 'block:block_bio_queue' : '/proc/diskstats'}`,
    },
    {
      measure: 'limit in force',
      value: said`${amount(limit, limit.value)} (${limit.what})`,
      meaning: `set on cgroup ${limit.cgroup} for ${diskName(m)}`,
      source: limit.file,
    },
    ...(Number.isNaN(of)
      ? []
      : [
          {
            measure: 'what the victim got meanwhile',
            value: amount(limit, rate),
            meaning: `${percent(of)} of the limit${isNear(reached) ? ': it is the limit that sets the pace' : ''}`,
            source: isCounted ? 'block:block_rq_complete' : '/proc/PID/io',
          },
        ]),
    ...deviceMeanwhile(m, busy),
  ];
}

function deviceMeanwhile(m: Measures, busy: number): Argument[] {
  if (Number.isNaN(busy)) return [];
  return [
    {
      measure: `${diskName(m)} while the I/O was held back`,
      value: said`busy ${part(busy)}`,
      meaning: busy < CGROUP_LIMIT.busy.from ? 'the device idled: it is not to blame' : 'the device served others',
      source: m.load ? 'block events' : '/proc/diskstats',
    },
  ];
}

/** Why no limit is to blame for what was held back. */
function withoutLimit(m: Victim, share: number) {
  if (cgroupsOf(m).length === 0) return notChecked('the cgroups of the victim were not recorded');
  const although =
    share >= JUDGING.noticeable ? `, although its I/O was held back for ${percent(share)} of its time` : '';
  return ruledOut(`no cgroup of the victim has an I/O limit on ${diskName(m)}${although}`);
}

export const cause = defineCause({
  id: 'blk.cgroup-limit',
  layer: 'block',
  rank: 'verdict',
  proof: 'rate',
  waits: ['block-held', 'block-finish'],
  needs: ['victim', 'disk', 'facts'],
  beneath: true,
  judge(m) {
    if (m.top !== undefined) return judgeBeneath(m);
    const limits = limitsOn(m, 'io', m.disk);
    const share = shareOf(m.account, ['block-held']);
    const held = timesIn(m.account, ['block-held']);
    const reached = nearest(m, limits, held);
    if (!reached) return withoutLimit(m, share);
    if (share < JUDGING.noticeable)
      return ruledOut(
        `I/O was held back before the block layer for only ${percent(share)} of the victim’s time (limits: ${limits.map((one) => amount(one, one.value).text).join(', ')})`,
      );
    const busy = utilisation(m, held);
    const { sure, busy: byBusy } = CGROUP_LIMIT;
    const confidence =
      (isNear(reached) ? sure.near : sure.far) *
      FIDELITY[m.account.source].ofDevice *
      // Where nothing tells that the device worked, it is not held against the limit.
      ramp(Number.isNaN(busy) ? 0 : busy, byBusy);
    return holds({ share, confidence, lost: held }, { reached, share, held, busy });
  },
  tell(figures, m) {
    const { limit } = figures.reached;
    return {
      sentence: `The I/O limit of cgroup ${limit.cgroup} (${amount(limit, limit.value).text} ${limit.what.startsWith('r') ? 'reads' : 'writes'} on ${diskName(m)}) held the victim’s I/O back for ${percent(figures.share)} of its time, before the device ever saw it.`,
      yardstick: {
        measure: 'limit in force',
        value: amount(limit, limit.value),
        against: Number.isNaN(figures.reached.of)
          ? 'what it got was not recorded'
          : `it got ${amount(limit, figures.reached.rate).text}`,
      },
      limit: limit.what.endsWith('bps') ? flow(limit.value) : frequency(limit.value),
      limits: limit.what.startsWith('r') ? 'reads' : 'writes',
      culprit: { kind: 'cgroup', name: limit.cgroup, file: limit.file },
      evidence: evidence(figures, m),
      advice: [
        advise`Raise the limit, or remove it: ${unlimit(limit)}.`,
        'Move the process to a cgroup without the limit if the limit is meant for others.',
      ],
    };
  },
});
