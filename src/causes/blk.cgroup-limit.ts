// The victim's own cgroup may only do so much I/O on its disk, or on one that its disk stands on: its bios are held back before they enter
// the block layer there, and that device idles meanwhile. A writer that only fills the page cache is paused there instead, because what it made dirty is
// written back at the limit's pace. The controllers io.cost and io.latency keep I/O back without such a limit. Version 1's root group is everybody who is in no other: a limit on a device beneath
// that binds it makes the disk above slow for all of them, and dev.slow says so.
// Source: Documentation/admin-guide/cgroup-v1/blkio-controller.rst, Documentation/admin-guide/cgroup-v2.rst (io.max), block/blk-throttle.c.

import { shareOf, timesIn, type Measures } from '../analysis/measures.js';
import { underWay } from '../analysis/victim/own-requests.js';
import { type Intervals, total, without } from '../base/intervals.js';
import { percent } from '../base/format.js';
import type { CgroupLimit } from '../model/facts.js';
import { flow, frequency, part, said, time, type Said } from '../model/quantity.js';
import { CGROUP_LIMIT } from '../model/thresholds/block.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { advise, unlimit } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import { heldWriteback, isNear, nearest, type Reached } from './judge/limit-reached.js';
import { judgeController, tellController, type ControllerFigures } from './judge/io-controller.js';
import { isGiven, type Given } from './judge/needs.js';
import { cgroupsOf, diskName, limitsOn, utilisation } from './judge/judgements.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Argument, type Judgement, type Told } from './cause.js';

type Victim = Given<'victim' | 'disk' | 'facts'>;

function amount({ what }: CgroupLimit, value: number): Said {
  return what.endsWith('bps') ? said`${flow(value)}` : said`${frequency(value)} IOPS`;
}

/** When a device beneath had nothing of the victim's while that waited for the disk above: what it sent had not been let in yet. */
function heldBeneath({ account, requests }: Given<'victim' | 'requests'>): Intervals {
  const own = underWay(requests, (row) => account.own[row] !== 0);
  return without(timesIn(account, ['block-device']), own);
}

function judgeBeneath(m: Victim): Judgement<Figures> {
  const limits = limitsOn(m, 'io', m.disk).filter(({ cgroup }) => cgroup !== '/');
  if (limits.length === 0) return withoutLimit(m, 0);
  if (!isGiven(m, ['requests'])) return notChecked(`what ${diskName(m)} had under way was not recorded`);
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
  return holds(
    { share, confidence, before: ['dev.slow', 'dev.capped'], lost: held },
    { reached, share, held, busy, isWriteback: false },
  );
}

interface LimitFigures {
  readonly reached: Reached;
  readonly share: number;
  readonly held: Intervals;
  /** The share of the time held back in which the device worked; NaN where that is not known. */
  readonly busy: number;
  /** True where it is the cgroup's dirty pages that are held back, and the victim is paused for them. */
  readonly isWriteback: boolean;
}

type Figures = LimitFigures | ControllerFigures;

/** How long the victim was held, and where. */
function heldEvidence({ share, held, isWriteback }: LimitFigures, { account: { source } }: Victim): Argument {
  const value = said`${time(total(held))} (${part(share)})`;
  return isWriteback
    ? {
        measure: 'time in the dirty throttle',
        value,
        meaning: 'the writer was paused until what its cgroup made dirty is written, and the limit holds that back',
        source: FIDELITY[source].waits,
      }
    : {
        measure: 'held back before the block layer',
        value,
        meaning: 'the victim slept for I/O that a kernel thread queued only later',
        source: `${FIDELITY[source].waits}, ${source === 'events' ? 'block:block_bio_queue' : '/proc/diskstats'}`,
      };
}

/** What was got under the limit, by all that it binds and by the victim. */
function gotEvidence({ reached }: LimitFigures): Argument[] {
  const { limit, rate, groupRate, of, isCounted } = reached;
  const meaning = `${percent(of)} of the limit${isNear(reached) ? ': it is the limit that sets the pace' : ''}`;
  const byGroup = Number.isFinite(groupRate);
  return [
    ...(byGroup
      ? [
          {
            measure: 'what its cgroup got meanwhile',
            value: amount(limit, groupRate),
            meaning,
            source: limit.file.replace(/[^/]*$/, 'io.stat'),
          },
        ]
      : []),
    // The two are counted over times that differ a little: beside nobody the victim's may be the larger.
    ...(Number.isFinite(rate) && (!byGroup || (isCounted && rate < groupRate))
      ? [
          {
            measure: 'what the victim got meanwhile',
            value: amount(limit, rate),
            meaning: byGroup ? 'its part of that' : meaning,
            source: isCounted ? 'block:block_rq_complete' : '/proc/PID/io',
          },
        ]
      : []),
  ];
}

function evidence(figures: LimitFigures, m: Victim): Argument[] {
  const { limit } = figures.reached;
  return [
    heldEvidence(figures, m),
    {
      measure: 'limit in force',
      value: said`${amount(limit, limit.value)} (${limit.what})`,
      meaning: `set on cgroup ${limit.cgroup} for ${diskName(m)}`,
      source: limit.file,
    },
    ...gotEvidence(figures),
    ...deviceMeanwhile(m, figures.busy),
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

/** The victim is paused because its cgroup's dirty pages are held back; undefined where that explains nothing. */
function ofWriteback(m: Victim): Judgement<Figures> | undefined {
  const held = timesIn(m.account, ['dirty-throttle']);
  const share = total(held) / (m.account.to - m.account.from);
  const writeback = share < JUDGING.noticeable ? undefined : heldWriteback(m, held);
  if (!writeback) return undefined;
  const { reached, busy } = writeback;
  const { near, far } = CGROUP_LIMIT.sure;
  const confidence = (isNear(reached) ? near : far) * FIDELITY[m.account.source].ofDevice;
  return holds({ share, confidence, lost: held }, { reached, share, held, busy, isWriteback: true });
}

/** Why no limit is to blame for what was held back. */
function withoutLimit(m: Victim, share: number) {
  if (cgroupsOf(m).length === 0) return notChecked('the cgroups of the victim were not recorded');
  const although =
    share >= JUDGING.noticeable ? `, although its I/O was held back for ${percent(share)} of its time` : '';
  return ruledOut(`no cgroup of the victim has an I/O limit on ${diskName(m)}${although}`);
}

function tellLimit(figures: LimitFigures, m: Victim): Told {
  const { limit, groupRate, rate } = figures.reached;
  const may = `The I/O limit of cgroup ${limit.cgroup} (${amount(limit, limit.value).text} ${limit.what.startsWith('r') ? 'reads' : 'writes'} on ${diskName(m)})`;
  const got = Number.isNaN(groupRate) ? rate : groupRate;
  return {
    sentence: figures.isWriteback
      ? `${may} holds back what its processes made dirty, so that the page cache paused the victim for ${percent(figures.share)} of its time while ${diskName(m)} idled for ${percent(1 - figures.busy)} of that.`
      : `${may} held the victim’s I/O back for ${percent(figures.share)} of its time, before the device ever saw it.`,
    yardstick: {
      measure: 'limit in force',
      value: amount(limit, limit.value),
      against: Number.isNaN(got)
        ? 'what it got was not recorded'
        : `${Number.isNaN(groupRate) ? 'it' : 'its cgroup'} got ${amount(limit, got).text}`,
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
    const controlled = judgeController(m);
    if (controlled) return controlled;
    const limits = limitsOn(m, 'io', m.disk);
    const share = shareOf(m.account, ['block-held']);
    const held = timesIn(m.account, ['block-held']);
    const reached = nearest(m, limits, held);
    if (!reached) return withoutLimit(m, share);
    const paused = ofWriteback(m);
    if (paused?.kind === 'holds' && paused.share > share) return paused;
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
    return holds({ share, confidence, lost: held }, { reached, share, held, busy, isWriteback: false });
  },
  tell: (figures, m) => ('controller' in figures ? tellController(figures, m) : tellLimit(figures, m)),
});
