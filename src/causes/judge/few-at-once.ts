// A disk that takes long for each request and hardly ever has two at once, by its counters: is that its own slowness, or a limit of operations or bytes
// a second? A file of its own because dev.slow and dev.capped ask, and must answer alike. Little's law tells: where each request takes the same time, the
// output follows how many are inside; under a limit the output is the same, and the time that each takes follows.

import { ceilingOfCounters, type Ceiling } from '../../analysis/requests/ceiling.js';
import { diskWork } from '../../analysis/machine/counted-work.js';
import { timesIn } from '../../analysis/measures.js';
import { total } from '../../base/intervals.js';
import { CAPPED } from '../../model/thresholds/device.js';
import { JUDGING } from '../../model/thresholds/judging.js';
import { CEILING } from '../../model/thresholds/requests.js';
import { beneathOf } from './beneath.js';
import { movedItself } from './children-beside.js';
import type { Given } from './needs.js';
import { SAMPLED_WAITS } from './judgements.js';

export interface FewAtOnce {
  readonly top: Ceiling;
  /** A limit; no limit, as its output varies; or either, as neither the output nor what is inside does. */
  readonly is: 'limited' | 'uneven' | 'either';
}

/** The measurement that tells a limit from a slow device. */
export const TWICE_AS_MANY =
  'the same load with twice as many requests at once: under a limit no more are answered a second, and each takes twice as long';

/**
 * Undefined where that can't be told: with events, with too few requests, where others asked for most of it, or where what tells neither is no matter:
 * a limit beneath is known, and named, or the victim waits for too little of its time to leave it open.
 */
export function fewAtOnce(m: Given<'victim' | 'disk'>): FewAtOnce | undefined {
  const { account, norm, input, disk } = m;
  const series = input.counters.disks.get(disk);
  if (account.source !== 'samples' || !series) return undefined;
  if (!(movedItself(m) >= CAPPED.leastOwn * diskWork(series, account).bytes)) return undefined;
  const top = ceilingOfCounters(series, account, { depth: 0, slowMs: norm.fixedMs }, CEILING.fewestCounted);
  if (!top || top.depth >= CEILING.queuedRequests) return undefined;
  if (Math.min(top.operationsSpread, top.bytesSpread) > CAPPED.flat) return { top, is: 'uneven' };
  if (top.depthSpread >= CAPPED.follows) return { top, is: 'limited' };
  const waits = timesIn(account, SAMPLED_WAITS);
  const isMuch = total(waits) > JUDGING.notUnderstood * (account.to - account.from);
  return isMuch && beneathOf(m, waits).culprit.kind !== 'cgroup' ? { top, is: 'either' } : undefined;
}
