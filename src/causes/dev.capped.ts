// The device gives a fixed rate and no more, however many requests wait in it: a provider's limit, or burst credit that is spent.
// Told from a slow device by the queue: with several requests inside, a device that is merely slow finishes them side by side, while a
// rate limit lets through the same amount in every window, whatever waits.

import { ceilingOf, ceilingOfCounters, queueOf, type Ceiling, type Queue } from '../analysis/requests/ceiling.js';
import { firstSlowDispatch } from '../analysis/requests/disk-load.js';
import { diskWork } from '../analysis/machine/counted-work.js';
import { valueAt } from '../analysis/machine/series.js';
import { intersect, type Intervals, total } from '../base/intervals.js';
import { timesIn, type Measures } from '../analysis/measures.js';
import { duration, percent, rate } from '../base/format.js';
import { flow, frequency, number, ratio, said, time, type Quantity } from '../model/quantity.js';
import type { CgroupLimit } from '../model/facts.js';
import type { State } from '../model/states.js';
import { CEILING } from '../model/thresholds/requests.js';
import { CGROUP_LIMIT } from '../model/thresholds/block.js';
import { CAPPED } from '../model/thresholds/device.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { advise, look } from './judge/advice.js';
import { beneathOf, limitsReached, type Beneath } from './judge/beneath.js';
import { movedByChildren, movedItself } from './judge/children-beside.js';
import { FIDELITY } from './judge/fidelity.js';
import { fewAtOnce, TWICE_AS_MANY } from './judge/few-at-once.js';
import { isGiven, type Given } from './judge/needs.js';
import { diskName, SAMPLED_WAITS } from './judge/judgements.js';
import { changedSince } from './judge/slow/remembered.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Argument, type Refused } from './cause.js';

type Victim = Given<'victim' | 'disk'>;

/** The life of each request and whose it is: without them counters must do. */
const LIVES = ['stages', 'requests'] as const;

/** States in which the victim waits for its device, or for what that lets in. */
const WAITS: readonly State[] = ['block-device', 'block-queue', 'block-held'];

/** How it is told that a device gives no more. */
interface Capped {
  readonly top: Ceiling;
  /**
   * By a queue; by a limit beneath that is used up; by how long each request takes where few are inside, which follows how many they are; or left open, as
   * that does not vary.
   */
  readonly by: 'queue' | 'limit' | 'latency' | 'nothing';
  /** The limit beneath that is used up, however it is told. */
  readonly limit: CgroupLimit | undefined;
}

function topOf(m: Victim, queue: Queue): Ceiling | undefined {
  const { account } = m;
  if (isGiven(m, LIVES))
    return ceilingOf(m.load, m.requests, (row) => account.own[row] !== 0, account.from, account.to, queue);
  const series = m.input.counters.disks.get(m.disk);
  return series && ceilingOfCounters(series, account, queue);
}

/** The limit beneath that is used up while the victim waits. */
function limitBeneath(m: Victim, waits: Intervals): CgroupLimit | undefined {
  return limitsReached(m, m.topology.beneath(m.disk), waits)[0]?.limit;
}

/** What it gives under such a limit, where that leaves it within what an ordinary disk takes: otherwise it is slow (dev.slow), and the limit named there. */
function underLimit(m: Victim): Ceiling | undefined {
  const top = topOf(m, { depth: 0, slowMs: 0 });
  return top && top.depth * 1000 <= m.norm.fixedMs * top.operationsPerSecond ? top : undefined;
}

function ceiling(m: Victim): Capped | Refused {
  if (!isGiven(m, LIVES) && !m.input.counters.disks.has(m.disk))
    return notChecked('neither the requests of the victim’s disk nor its counters were recorded');
  const limit = limitBeneath(m, timesIn(m.account, WAITS));
  const queued = topOf(m, queueOf(m.norm.fixedMs));
  if (queued) return { top: queued, by: 'queue', limit };
  const limited = limit && underLimit(m);
  if (limited) return { top: limited, by: 'limit', limit };
  const few = fewAtOnce(m);
  if (few) return { top: few.top, by: few.is === 'either' ? 'nothing' : 'latency', limit };
  return ruledOut(`its requests never queued inside ${diskName(m)} so long that a ceiling would show`);
}

/** The ceiling began with the first request that it made wait, a little before the first window in which it shows. */
function began(m: Victim, { top, by }: Capped): number {
  if (by !== 'queue' || !isGiven(m, LIVES)) return top.firstMs;
  const isOwn = (row: number) => m.account.own[row] !== 0;
  const first = firstSlowDispatch(m.load, m.requests, isOwn, m.norm.fixedMs, top.firstMs - CEILING.windowMs);
  return Number.isNaN(first) ? top.firstMs : first;
}

/** The victim's part of what was in the device, requests times time; without events, of the device's bytes, by its own counters. NaN: not known. */
function ownShare(m: Victim): number {
  const { account } = m;
  if (!isGiven(m, LIVES)) {
    return movedItself(m) / diskWork(m.input.counters.disks.get(m.disk), account).bytes;
  }
  const { load, requests } = m;
  let own = 0;
  let all = 0;
  for (const row of load.rows) {
    const lifeMs = valueAt(requests.completed, row) - valueAt(requests.dispatched, row);
    const insideMs = lifeMs * (requests.weight[row] ?? 1);
    all += insideMs;
    if (account.own[row] !== 0) own += insideMs;
  }
  return all > 0 ? own / all : 0;
}

/** What comes out under the ceiling, how even it is, and what it was before. */
interface Output {
  readonly amount: string;
  /** Coefficient of variation of what is limited, operations or bytes. */
  readonly spread: number;
  readonly latencyMs: number;
  /** How many times as much it gave before; NaN where there was no before. */
  readonly before: number;
  /** What is limited, as a figure. */
  readonly limit: Quantity;
  /** All of it in words. */
  readonly words: string;
}

function outputOf(m: Measures, { top, by, limit }: Capped): Output {
  const known = by === 'limit' ? limit : undefined;
  const inBytes = known ? known.what.endsWith('bps') : top.bytesSpread < top.operationsSpread;
  const spread = inBytes ? top.bytesSpread : top.operationsSpread;
  // Of requests of one size both are flat, and the limit may be in either.
  const isEither = !known && Math.max(top.bytesSpread, top.operationsSpread) <= CAPPED.flat;
  const operations = `${String(frequency(top.operationsPerSecond))} IOPS`;
  const moved = rate(top.bytesPerSecond);
  const amount = isEither ? `${moved} (${operations})` : inBytes ? moved : operations;
  const latencyMs = (top.depth * 1000) / top.operationsPerSecond;
  return {
    amount,
    limit: inBytes ? flow(top.bytesPerSecond) : frequency(top.operationsPerSecond),
    spread,
    latencyMs,
    before: inBytes ? top.bytesBefore / top.bytesPerSecond : top.operationsBefore / top.operationsPerSecond,
    words: `with ${top.depth.toFixed(1)} requests inside on average, ${diskName(m)} gave ${amount}, ${percent(spread)} more or less from one half second to the next, and each took ${duration(latencyMs)}`,
  };
}

/** What it gave on its best day before, as so many times what it gives; NaN where no past is known. */
function bestBefore({ past }: Measures, top: Ceiling): number {
  const best = past?.chapter.best;
  if (!best) return NaN;
  const inBytes = top.bytesSpread < top.operationsSpread;
  return inBytes ? best.bytesPerSecond / top.bytesPerSecond : best.operationsPerSecond / top.operationsPerSecond;
}

interface Figures extends Capped {
  readonly output: Output;
  readonly share: number;
  readonly beneath: Beneath;
}

function windowsOf(by: Capped['by']): string {
  return by === 'latency' || by === 'nothing' ? `windows of ${CEILING.fewestCounted} requests` : 'half seconds';
}

/** What the queue says of the ceiling. */
function meaningOfQueue({ top, by }: Figures): string {
  if (by === 'limit') return 'the limit beneath is used up: more requests only wait longer';
  if (by === 'nothing')
    return 'always as many, so a disk that takes as long for each would look the same: twice as many at once tell';
  if (by === 'latency')
    return `they varied by ${percent(top.depthSpread)} and the output did not, so how long each took followed them (Little’s law)`;
  return 'latency is the queue divided by the ceiling (Little’s law): more requests only wait longer';
}

function evidence(figures: Figures, m: Measures): Argument[] {
  const { top, by, output, beneath } = figures;
  const completions = m.load ? 'block:block_rq_complete' : '/proc/diskstats';
  return [
    {
      measure: 'ceiling',
      value: said`${frequency(top.operationsPerSecond)} IOPS, ${flow(top.bytesPerSecond)}`,
      meaning: `the same in each of ${top.windows} ${windowsOf(by)}: ${percent(top.operationsSpread)} spread in operations, ${percent(top.bytesSpread)} in bytes`,
      source: completions,
    },
    {
      measure: 'queue inside the device',
      value: said`${number(top.depth)} requests, ${time(output.latencyMs)} each`,
      meaning: meaningOfQueue(figures),
      source: m.load ? 'block:block_rq_issue → block:block_rq_complete' : '/proc/diskstats',
    },
    ...(output.before >= CAPPED.fell
      ? [
          {
            measure: 'before the ceiling',
            value: said`${ratio(output.before)} as much`,
            meaning: 'the limit set in during the recording: burst credit that is spent looks like this',
            source: completions,
          },
        ]
      : []),
    ...ofItsBest(m, top),
    ...beneath.evidence,
  ];
}

/** What it gave before the recording, as the machine remembers it. */
function ofItsBest(m: Measures, top: Ceiling): Argument[] {
  const { past } = m;
  if (!past) return [];
  const times = bestBefore(m, top);
  const { days } = past.chapter.best;
  return [
    {
      measure: `its best on ${days === 1 ? 'a day' : `${days} days`} before`,
      value: said`${ratio(times)} as much`,
      meaning:
        times >= CAPPED.fell
          ? 'it could do more: burst credit that is spent, or another limit than before, looks like this'
          : times < 1 / CAPPED.fell
            ? 'it was never asked for as much, so its past does not tell whether the limit is new'
            : 'it never gave much more: the limit is no news',
      source: '/proc/diskstats, the machine’s memory',
    },
    ...changedSince(past),
  ];
}

export const cause = defineCause({
  id: 'dev.capped',
  layer: 'device',
  rank: 'verdict',
  proof: 'rate',
  waits: ['block-device'],
  needs: ['victim', 'disk'],
  fromRequests: true,
  beneath: true,
  judge(m) {
    const { account } = m;
    const capped = ceiling(m);
    if ('kind' in capped) return capped;
    const { top, by } = capped;
    const output = outputOf(m, capped);
    if (output.spread > CAPPED.flat && by !== 'limit') return ruledOut(`${output.words}: that is not flat`);
    const own = ownShare(m);
    if (Number.isNaN(own)) return notChecked(`${output.words}, but how much of it was the victim’s was not recorded`);
    if (own < CAPPED.leastOwn)
      return ruledOut(`${output.words}, but ${movedByChildren(m) ?? `only ${percent(own)} of it was the victim’s`}`);
    const since = { from: began(m, capped), to: account.to };
    const lost = intersect(timesIn(account, by === 'queue' || by === 'limit' ? WAITS : SAMPLED_WAITS), [since]);
    const share = total(lost) / (account.to - account.from);
    if (share < JUDGING.noticeable)
      return ruledOut(`${output.words}; the victim waited for it only ${percent(share)} of its time`);
    const confidence =
      (by === 'limit'
        ? CGROUP_LIMIT.sure.near
        : ramp(output.spread, { ...CAPPED.sure, to: CAPPED.flat }) * ramp(top.depth, CAPPED.depth)) *
      (by === 'nothing' ? CAPPED.either : 1) *
      FIDELITY[account.source].ofDevice;
    // Requests that are larger bring more under a limit of operations alone.
    const isOfOperations = capped.limit ? capped.limit.what.endsWith('iops') : top.bytesSpread > CAPPED.flat;
    const before = ['dev.slow', 'blk.tags', 'blk.scheduler', ...(isOfOperations ? [] : ['mem.no-read-ahead'])];
    return holds({ share, confidence, before, lost }, { ...capped, output, share, beneath: beneathOf(m, lost) });
  },
  tell(figures, m) {
    const { top, by, output, share, beneath } = figures;
    const times = output.before >= CAPPED.fell ? output.before : bestBefore(m, top);
    const fell = times >= CAPPED.fell ? `; it gave ${String(ratio(times))} as much before` : '';
    const ceilingSentence = `${diskName(m)} gives ${output.amount} and no more, however many requests wait in it (${top.depth.toFixed(1)} on average, ${duration(output.latencyMs)} each)${fell}: a rate limit, for which the victim waited ${percent(share)} of its time.`;
    return {
      sentence: {
        limit: `${diskName(m)} gives ${output.amount} and no more${fell}: a limit beneath it is used up, that of cgroup ${beneath.culprit.name}, and the victim waited for it ${percent(share)} of its time.`,
        nothing: `${diskName(m)} gave ${output.amount} all the time, with ${top.depth.toFixed(1)} requests inside${fell}, as under a rate limit, and the victim waited for it ${percent(share)} of its time.`,
        queue: ceilingSentence,
        latency: ceilingSentence,
      }[by],
      limit: output.limit,
      yardstick: {
        measure: 'ceiling',
        value: output.amount,
        against: `with ${top.depth.toFixed(1)} requests inside on average`,
      },
      culprit: beneath.culprit,
      decidedBy: TWICE_AS_MANY,
      evidence: evidence(figures, m),
      advice: [
        ...beneath.advice,
        'Compare the ceiling with what the volume was bought for (IOPS, throughput, burst credit), and with the instance’s own limit.',
        advise`Fewer requests in flight cost no throughput and shorten each one’s wait: see in ${look(`iowitness iostat -xz 1 ${m.topology.name(m.disk)}`)} what it gives, and how many wait (aqu-sz).`,
      ],
    };
  },
});
