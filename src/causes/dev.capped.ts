// The device gives a fixed rate and no more, however many requests wait in it: a provider's limit, or burst credit that is spent.
// Told from a slow device by the queue: with several requests inside, a device that is merely slow finishes them side by side, while a
// rate limit lets through the same amount in every window, whatever waits.

import { ceilingOf, ceilingOfCounters, type Ceiling } from '../analysis/requests/ceiling.js';
import { firstSlowDispatch } from '../analysis/requests/disk-load.js';
import { diskWork } from '../analysis/machine/counted-work.js';
import { valueAt } from '../analysis/machine/series.js';
import { intersect, total } from '../base/intervals.js';
import { timesIn, type Measures } from '../analysis/measures.js';
import { duration, percent, rate } from '../base/format.js';
import { flow, frequency, number, ratio, said, time, type Quantity } from '../model/quantity.js';
import { CEILING } from '../model/thresholds/requests.js';
import { CAPPED } from '../model/thresholds/device.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { beneathOf, type Beneath } from './judge/beneath.js';
import { movedByChildren, movedItself } from './judge/children-beside.js';
import { FIDELITY } from './judge/fidelity.js';
import { isGiven, type Given } from './judge/needs.js';
import { diskName } from './judge/judgements.js';
import { changedSince } from './judge/slow/remembered.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Argument, type Refused } from './cause.js';

type Victim = Given<'victim' | 'disk'>;

/** The life of each request and whose it is: without them counters must do. */
const LIVES = ['stages', 'requests'] as const;

function ceiling(m: Victim): Ceiling | Refused {
  const { account, norm } = m;
  const series = m.input.counters.disks.get(m.disk);
  const isLived = isGiven(m, LIVES);
  if (!isLived && !series)
    return notChecked('neither the requests of the victim’s disk nor its counters were recorded');
  const top = isLived
    ? ceilingOf(m.load, m.requests, (row) => account.own[row] !== 0, account.from, account.to, norm.fixedMs)
    : series && ceilingOfCounters(series, account.from, account.to, norm.fixedMs);
  const why = `its requests never queued inside ${diskName(m)} so long that a ceiling would show`;
  return top ?? ruledOut(why);
}

/** The ceiling began with the first request that it made wait, a little before the first window in which it shows. */
function began(m: Victim, top: Ceiling): number {
  if (!isGiven(m, LIVES)) return top.firstMs;
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

function outputOf(m: Measures, top: Ceiling): Output {
  const inBytes = top.bytesSpread < top.operationsSpread;
  const spread = Math.min(top.bytesSpread, top.operationsSpread);
  // Of requests of one size both are flat, and the limit may be in either.
  const isEither = Math.max(top.bytesSpread, top.operationsSpread) <= CAPPED.flat;
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

interface Figures {
  readonly top: Ceiling;
  readonly output: Output;
  readonly share: number;
  readonly beneath: Beneath;
}

function evidence({ top, output, beneath }: Figures, m: Measures): Argument[] {
  const completions = m.load ? 'block:block_rq_complete' : '/proc/diskstats';
  return [
    {
      measure: 'ceiling',
      value: said`${frequency(top.operationsPerSecond)} IOPS, ${flow(top.bytesPerSecond)}`,
      meaning: `the same in each of ${top.windows} half seconds: ${percent(top.operationsSpread)} spread in operations, ${percent(top.bytesSpread)} in bytes`,
      source: completions,
    },
    {
      measure: 'queue inside the device',
      value: said`${number(top.depth)} requests, ${time(output.latencyMs)} each`,
      meaning: 'latency is the queue divided by the ceiling (Little’s law): more requests only wait longer',
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
    const top = ceiling(m);
    if ('kind' in top) return top;
    const output = outputOf(m, top);
    if (output.spread > CAPPED.flat) return ruledOut(`${output.words}: that is not flat`);
    const own = ownShare(m);
    if (Number.isNaN(own)) return notChecked(`${output.words}, but how much of it was the victim’s was not recorded`);
    if (own < CAPPED.leastOwn)
      return ruledOut(`${output.words}, but ${movedByChildren(m) ?? `only ${percent(own)} of it was the victim’s`}`);
    const since = { from: began(m, top), to: account.to };
    const lost = intersect(timesIn(account, ['block-device', 'block-queue', 'block-held']), [since]);
    const share = total(lost) / (account.to - account.from);
    if (share < JUDGING.noticeable)
      return ruledOut(`${output.words}; the victim waited for it only ${percent(share)} of its time`);
    const confidence =
      ramp(output.spread, { ...CAPPED.sure, to: CAPPED.flat }) *
      ramp(top.depth, CAPPED.depth) *
      FIDELITY[account.source].ofDevice;
    const before = ['dev.slow', 'blk.tags', 'blk.scheduler'];
    return holds({ share, confidence, before, lost }, { top, output, share, beneath: beneathOf(m, lost) });
  },
  tell(figures, m) {
    const { top, output, share, beneath } = figures;
    const times = output.before >= CAPPED.fell ? output.before : bestBefore(m, top);
    const fell = times >= CAPPED.fell ? `; it gave ${String(ratio(times))} as much before` : '';
    return {
      sentence: `${diskName(m)} gives ${output.amount} and no more, however many requests wait in it (${top.depth.toFixed(1)} on average, ${duration(output.latencyMs)} each)${fell}: a rate limit, for which the victim waited ${percent(share)} of its time.`,
      limit: output.limit,
      yardstick: {
        measure: 'ceiling',
        value: output.amount,
        against: `with ${top.depth.toFixed(1)} requests inside on average`,
      },
      culprit: beneath.culprit,
      decidedBy:
        'the same load with half and with twice as many requests in flight: under a rate limit the throughput does not change',
      evidence: evidence(figures, m),
      advice: [
        ...beneath.advice,
        'Compare the ceiling with what the volume was bought for (IOPS, throughput, burst credit), and with the instance’s own limit.',
        'Fewer requests in flight cost no throughput and shorten each one’s wait.',
      ],
    };
  },
});
