// The device gives a fixed rate and no more, however many requests wait in it: a provider's limit, or burst credit that is spent.
// Told from a slow device by the queue: with several requests inside, a device that is merely slow finishes them side by side, while a
// rate limit lets through the same amount in every window, whatever waits.

import { ceilingOf, ceilingOfCounters, type Ceiling } from '../analysis/requests/ceiling.js';
import { firstSlowDispatch } from '../analysis/requests/disk-load.js';
import { diskWork, processWork } from '../analysis/machine/counted-work.js';
import { intersect, total } from '../base/intervals.js';
import { timesIn, type Measures } from '../analysis/measures.js';
import { duration, figure, percent, rate } from '../base/format.js';
import { beneathOf } from './judge/beneath.js';
import { ramp, ruledOut, type Cause } from './cause.js';
import { diskName } from './judge/shared.js';
import { CEILING } from '../model/thresholds/requests.js';
import { CAPPED } from '../model/thresholds/device.js';
import { JUDGING } from '../model/thresholds/judging.js';

function ceiling(m: Measures): Ceiling | undefined {
  const { account, load, requests, disk } = m;
  if (!account) return undefined;
  if (load && requests && account.source !== 'samples')
    return ceilingOf(load, requests, (row) => account.own[row] !== 0, account.from, account.to, m.norm.fixedMs);
  const series = disk === undefined ? undefined : m.input.counters.disks.get(disk);
  return series && ceilingOfCounters(series, account.from, account.to, m.norm.fixedMs);
}

/** The ceiling began with the first request that it made wait, a little before the first window in which it shows. */
function began(m: Measures, top: Ceiling): number {
  const { account, load, requests } = m;
  if (!account || !load || !requests || account.source === 'samples') return top.firstMs;
  const isOwn = (row: number) => account.own[row] !== 0;
  const first = firstSlowDispatch(load, requests, isOwn, m.norm.fixedMs, top.firstMs - CEILING.windowMs);
  return Number.isNaN(first) ? top.firstMs : first;
}

/** The victim's part of what was in the device, requests times time; without events, of the device's bytes, by its own counters. */
function ownShare(m: Measures): number {
  const { account, load, requests } = m;
  if (!account) return 0;
  if (account.source === 'samples' || !load || !requests) {
    const { disks, processes } = m.input.counters;
    return (
      processWork(processes.get(account.pid), account).diskBytes / diskWork(disks.get(m.disk ?? ''), account).bytes
    );
  }
  let own = 0;
  let all = 0;
  for (const row of load.rows) {
    const insideMs = (requests.completed[row] ?? NaN) - (requests.dispatched[row] ?? NaN);
    all += insideMs;
    if (account.own[row] !== 0) own += insideMs;
  }
  return all > 0 ? own / all : 0;
}

export const cause: Cause = {
  id: 'dev.capped',
  layer: 'device',
  rank: 'verdict',
  needs: ['victim', 'disk'],
  fromRequests: true,
  examine(m) {
    const { account } = m;
    if (!account) return ruledOut('no victim');
    const name = diskName(m);
    const top = ceiling(m);
    if (!top)
      return ruledOut(
        `requests did not queue up inside ${name} until they were slow: whether it has a ceiling can’t show`,
      );
    const inBytes = top.bytesSpread < top.operationsSpread;
    const flat = Math.min(top.bytesSpread, top.operationsSpread);
    const operations = `${figure(top.operationsPerSecond)} IOPS`;
    // Of requests of one size both are flat, and the limit may be in either.
    const isEither = Math.max(top.bytesSpread, top.operationsSpread) <= CAPPED.flat;
    const amount = isEither
      ? `${rate(top.bytesPerSecond)} (${operations})`
      : inBytes
        ? rate(top.bytesPerSecond)
        : operations;
    const before = inBytes ? top.bytesBefore / top.bytesPerSecond : top.operationsBefore / top.operationsPerSecond;
    const latency = (top.depth * 1000) / top.operationsPerSecond;
    const figures = `with ${top.depth.toFixed(1)} requests inside on average, ${name} gave ${amount}, ${percent(flat)} more or less from one half second to the next, and each took ${duration(latency)}`;
    if (flat > CAPPED.flat) return ruledOut(`${figures}: that is not flat`);
    const own = ownShare(m);
    if (!(own >= CAPPED.leastOwn)) return ruledOut(`${figures}, but only ${percent(own)} of it was the victim’s`);
    const times = intersect(timesIn(account, ['block-device', 'block-queue', 'block-held']), [
      { from: began(m, top), to: account.to },
    ]);
    const share = total(times) / (account.to - account.from);
    if (share < JUDGING.noticeable)
      return ruledOut(`${figures}; the victim waited for it only ${percent(share)} of its time`);
    const fell = before >= CAPPED.fell;
    const beneath = beneathOf(m, times);
    return {
      kind: 'found',
      share,
      confidence:
        ramp(flat, { ...CAPPED.sure, to: CAPPED.flat }) *
        ramp(top.depth, CAPPED.depth) *
        (account.source === 'samples' ? CAPPED.fromCounters : 1),
      sentence: `${name} gives ${amount} and no more, however many requests wait in it (${top.depth.toFixed(1)} on average, ${duration(latency)} each)${fell ? `; it gave ${before.toFixed(1)} times as much before` : ''}: a rate limit, for which the victim waited ${percent(share)} of its time.`,
      culprit: beneath.culprit,
      before: ['dev.slow', 'blk.tags', 'blk.scheduler'],
      decidedBy:
        'the same load with half and with twice as many requests in flight: under a rate limit the throughput does not change',
      evidence: [
        {
          measure: 'ceiling',
          value: `${operations}, ${rate(top.bytesPerSecond)}`,
          meaning: `the same in each of ${top.windows} half seconds: ${percent(top.operationsSpread)} spread in operations, ${percent(top.bytesSpread)} in bytes`,
          source: m.load ? 'block:block_rq_complete' : '/proc/diskstats',
        },
        {
          measure: 'queue inside the device',
          value: `${top.depth.toFixed(1)} requests, ${duration(latency)} each`,
          meaning: 'latency is the queue divided by the ceiling (Little’s law): more requests only wait longer',
          source: m.load ? 'block:block_rq_issue → block:block_rq_complete' : '/proc/diskstats',
        },
        ...(fell
          ? [
              {
                measure: 'before the ceiling',
                value: `${before.toFixed(1)} times as much`,
                meaning: 'the limit set in during the recording: burst credit that is spent looks like this',
                source: m.load ? 'block:block_rq_complete' : '/proc/diskstats',
              },
            ]
          : []),
        ...beneath.evidence,
      ],
      advice: [
        ...beneath.advice,
        'Compare the ceiling with what the volume was bought for (IOPS, throughput, burst credit), and with the instance’s own limit.',
        'Fewer requests in flight cost no throughput and shorten each one’s wait.',
      ],
      lost: times,
    };
  },
};
