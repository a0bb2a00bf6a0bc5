// Somebody else's I/O fills the device: while the victim waited, the device served others, and the victim's own requests are slower
// for it. Both are asked for, because a fast device serves many at once without harm.

import { intersect, union, type Interval } from '../base/intervals.js';
import { timesIn, type Measures } from '../analysis/measures.js';
import type { Neighbour } from '../analysis/victim/neighbours.js';
import { bytes, duration, percent } from '../base/format.js';
import type { Culprit } from '../model/diagnosis.js';
import { ramp, ruledOut, type Cause, type Argument } from './cause.js';
import { harmOf, NEIGHBOUR_WAITS } from './judge/neighbour-harm.js';
import { judgeDevice, diskName } from './judge/shared.js';
import { HARM, NEIGHBOUR } from '../model/thresholds/device.js';

function who(neighbour: Neighbour): string {
  const { origin, processes } = neighbour;
  if (origin.pid === null) return origin.name;
  return `${origin.name} (${origin.pid}${processes > 1 ? ` and ${processes - 1} more` : ''})`;
}

function burstText(neighbour: Neighbour): string | undefined {
  const { spans, period, binMs } = neighbour.bursts;
  if (spans.length < NEIGHBOUR.leastBursts) return undefined;
  return period === undefined
    ? `${spans.length} bursts, not periodic`
    : `${spans.length} bursts, one every ${duration(period * binMs)}`;
}

/** When the victim waited while others were served. */
function lostTo(m: Measures, waits: readonly Interval[]): Interval[] {
  const { load, requests, account } = m;
  if (!load || !requests || !account) return [];
  const services: Interval[] = [];
  load.rows.forEach((row, at) => {
    if (account.own[row] === 0) services.push({ from: load.serviceFrom[at] ?? 0, to: load.serviceTo[at] ?? 0 });
  });
  return intersect(waits, union(services));
}

export const cause: Cause = {
  id: 'dev.neighbour',
  layer: 'device',
  rank: 'verdict',
  needs: ['victim', 'stages', 'disk', 'requests'],
  fromRequests: true,
  examine(m) {
    const { account, neighbours } = m;
    if (!account || !neighbours) return ruledOut('no requests');
    const name = diskName(m);
    const wall = account.to - account.from;
    const waits = timesIn(account, NEIGHBOUR_WAITS);
    const harm = harmOf(m);
    if (!harm) return ruledOut(`nobody else${account.source === 'requests' ? ', by name,' : ''} used ${name}`);
    const { first, share, noticed, slowed } = harm;
    const isNamed = first.origin.via !== 'unattributed';
    const figures = `others’ requests were served during ${percent(share)} of the victim’s time (${who(first)}: ${percent(first.share)} of ${name}’s bytes)`;
    const { bursting: limits, leastBursts } = NEIGHBOUR;
    const bursting =
      first.bursts.spans.length >= leastBursts &&
      (first.bursts.period !== undefined || share >= limits.irregular) &&
      share >= limits.share &&
      first.share >= limits.bytes &&
      neighbours.slowdown >= limits.slowed;
    if (!noticed && !bursting) return ruledOut(`${figures}: too little to matter`);
    const slow = judgeDevice(m);
    const mean = neighbours.contendedMeanMs;
    if (slowed < HARM.slowed)
      return ruledOut(
        `${figures}, but the victim’s requests took only ${slowed.toFixed(1)} times as long in that company`,
      );
    if (slow && slow.factor > 1)
      return ruledOut(`${figures}, but ${name} is slow for everybody (${slow.factor.toFixed(1)} times the norm)`);
    const bursts = burstText(first);
    const culprit: Culprit = {
      kind: 'process',
      name: first.origin.name,
      ...(first.origin.pid !== null && { pid: first.origin.pid }),
    };
    const flushed = first.origin.via === 'flushed';
    const evidence: Argument[] = [
      {
        measure: 'served while the victim waited',
        value: `${duration(first.waitMs)} for ${who(first)}, ${duration(neighbours.ownMs)} for the victim itself`,
        meaning: 'the device worked for somebody else while the victim waited for it',
        source: 'block:block_rq_issue → block:block_rq_complete, sched_switch',
      },
      {
        measure: 'share of the device',
        value: `${percent(first.share)} of its bytes (${bytes(first.bytes)})`,
        meaning: flushed
          ? 'written by the flusher thread, given back to the process that made the pages dirty'
          : 'issued by the process itself',
        source: flushed ? 'writeback:writeback_dirty_folio, writeback_single_inode' : 'block:block_bio_queue',
      },
      {
        measure: 'the victim’s own requests',
        value: Number.isFinite(neighbours.slowdown)
          ? `${duration(neighbours.contendedMeanMs)} in company, ${duration(neighbours.quietMeanMs)} alone: ${neighbours.slowdown.toFixed(1)} times`
          : `${duration(mean)}, and never alone`,
        meaning: 'the company makes them slower',
        source: 'block:block_bio_queue → block:block_rq_complete',
      },
    ];
    if (bursts) {
      evidence.push({
        measure: 'bursts',
        value: bursts,
        meaning: first.bursts.period === undefined ? 'it comes and goes' : 'something starts it on a schedule',
        source: flushed ? 'writeback:writeback_dirty_folio' : 'block:block_rq_complete',
      });
    }
    return {
      kind: 'found',
      share,
      confidence:
        ramp(slowed, { from: HARM.slowed, ...NEIGHBOUR.slowed }) *
        ramp(share, { from: HARM.leastShare, ...NEIGHBOUR.share }) *
        (isNamed ? 1 : NEIGHBOUR.unnamed),
      ...(!isNamed && {
        decidedBy: 'who makes the pages dirty that the kernel writes there: `iowitness record` sees it',
      }),
      sentence: `${who(first)} ${flushed ? 'makes pages dirty whose write-back fills' : 'fills'} ${name}${bursts ? ` in ${bursts}` : ''}: ${percent(first.share)} of the device’s bytes are ${isNamed ? 'its own' : 'written by that thread of the kernel, for whom is not known'}, and it was served during ${percent(first.waitMs / wall)} of the victim’s time while the victim waited.`,
      culprit,
      evidence,
      advice: [
        `Move ${first.origin.name} to another device, or limit it (io.max, blkio.throttle.*) so that it leaves room.`,
        ...(first.bursts.period === undefined
          ? []
          : ['Find what starts it at that period: cron, a timer, a checkpoint interval.']),
      ],
      lost: lostTo(m, waits),
    };
  },
};
