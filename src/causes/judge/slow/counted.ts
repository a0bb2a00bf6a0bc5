// A slow disk as its counters show it: each request took long, and there were hardly ever two at once.

import { diskWork } from '../../../analysis/machine/counted-work.js';
import { slowStretches, type SlowStretch } from '../../../analysis/requests/counted-slowness.js';
import { allowedFor } from '../../../analysis/requests/norm.js';
import { timesIn } from '../../../analysis/measures.js';
import { duration, percent } from '../../../base/format.js';
import { intersect, union } from '../../../base/intervals.js';
import { frequency, memory, number, said, time } from '../../../model/quantity.js';
import { CAPPED, SLOW } from '../../../model/thresholds/device.js';
import { JUDGING } from '../../../model/thresholds/judging.js';
import { CEILING } from '../../../model/thresholds/requests.js';
import { holds, notChecked, ramp, ruledOut, type Argument, type Judgement, type Told } from '../../cause.js';
import { fewAtOnce, TWICE_AS_MANY, type FewAtOnce } from '../few-at-once.js';
import { diskName, SAMPLED_WAITS } from '../judgements.js';
import { lookAtHangs } from './hangs.js';
import { lookAt, times, waited, type Victim, type Waited } from './waited.js';

export interface Counted extends Waited {
  readonly way: 'counted';
  readonly requests: number;
  readonly bytesEach: number;
  readonly busyMsEach: number;
  readonly factor: number;
  /** How many requests were there at once while it was busy. */
  readonly depth: number;
  /** How even its output was without a queue; undefined where that does not tell it from a limit. */
  readonly few: FewAtOnce | undefined;
  /** How often, and how long at most, it answered nothing; undefined where it was slow as well when it answered, or never hung. */
  readonly hangs: { readonly count: number; readonly longestMs: number } | undefined;
}

/** A disk that hangs is quick otherwise: all that it did beside it took no longer than it may. */
function hangsOnly(m: Victim, slow: readonly SlowStretch[]): Counted['hangs'] {
  const hangs = slow.filter((one) => one.isHang);
  const all = diskWork(m.input.counters.disks.get(m.disk), m.account);
  const rest = all.busyMs - hangs.reduce((sum, { serviceMs }) => sum + serviceMs, 0);
  return hangs.length > 0 && rest <= allowedFor(m.norm, all)
    ? { count: hangs.length, longestMs: Math.max(...hangs.map(({ serviceMs }) => serviceMs)) }
    : undefined;
}

export function judgeCounted(m: Victim): Judgement<Counted> {
  const series = m.input.counters.disks.get(m.disk);
  if (!series) return notChecked('the disk’s counters were not recorded');
  const slow = slowStretches(series, m.norm, m.account);
  const sum = (pick: (one: SlowStretch) => number) => slow.reduce((all, one) => all + pick(one), 0);
  const found = waited(m, intersect(timesIn(m.account, SAMPLED_WAITS), union(slow)));
  if (found.share < JUDGING.noticeable) return ruledOut(`${diskName(m)} was not slow while the victim waited for it`);
  const requests = sum((one) => one.requests);
  const serviceMs = sum((one) => one.serviceMs);
  const factor = serviceMs / sum((one) => one.allowedMs);
  const hangs = hangsOnly(m, slow);
  const few = hangs ? undefined : fewAtOnce(m);
  if (few?.is === 'limited')
    return ruledOut(
      `${diskName(m)} took ${duration(serviceMs / requests)} for each of ${requests} requests, but it gave the same however many were inside: a rate limit`,
    );
  const kept = few?.is === 'either' ? CAPPED.either : 1;
  return holds(
    { share: found.share, confidence: ramp(factor, SLOW.sureFromCounters) * kept, lost: found.lost },
    {
      ...found,
      way: 'counted',
      requests,
      factor,
      few,
      hangs,
      depth: sum((one) => one.queueMs) / serviceMs,
      busyMsEach: serviceMs / requests,
      bytesEach: sum((one) => one.bytes) / requests,
    },
  );
}

/** Without a queue a limit of operations or bytes a second makes each request take what a slow disk takes: neither is told from the other. */
function orLimit({ depth, busyMsEach, few, hangs }: Counted): Argument[] {
  if (hangs || !(depth < CEILING.queuedRequests)) return [];
  const value = said`${number(depth)}, ${frequency(1000 / busyMsEach)} a second`;
  if (few?.is === 'uneven')
    return [
      {
        measure: 'requests at once',
        value,
        meaning: `its output varied by ${percent(few.top.operationsSpread)} in operations and ${percent(few.top.bytesSpread)} in bytes: a limit on the device would let through the same all the time`,
        source: '/proc/diskstats',
      },
    ];
  return [
    {
      measure: 'requests at once',
      value,
      meaning:
        'too few to queue: a limit on the device would look the same. Twice as many at once tell: under a limit no more are answered a second, and each takes twice as long',
      source: '/proc/diskstats',
    },
  ];
}

function sentence({ requests, busyMsEach, factor, share, hangs }: Counted, name: string): string {
  const how = hangs
    ? `${name} ${hangs.count === 1 ? 'hung once' : 'hangs now and then'}: it answered nothing for ${hangs.count === 1 ? '' : 'up to '}${duration(hangs.longestMs)} while requests waited in it`
    : `${name} is slow: it was busy for ${duration(busyMsEach)} for each of ${requests} requests, ${times(factor)} what an ordinary disk may take`;
  return `${how}, and the victim waited for it ${percent(share)} of its time.`;
}

function busyTimes({ requests, busyMsEach, bytesEach, factor, hangs }: Counted): Argument {
  return hangs
    ? {
        measure: 'without an answer',
        value:
          hangs.count === 1
            ? said`once, for ${time(hangs.longestMs)}`
            : said`${number(hangs.count)} times, for ${time(hangs.longestMs)} at most`,
        meaning: 'requests were in flight, none was completed, and all that it answered at other times was quick',
        source: '/proc/diskstats',
      }
    : {
        measure: 'busy time for each request',
        value: said`${time(busyMsEach)} over ${number(requests)} (${memory(bytesEach)} on average)`,
        meaning: `${times(factor)} the norm; time in a scheduler’s queue counts here as well`,
        source: '/proc/diskstats',
      };
}

export function tellCounted(counted: Counted, m: Victim): Told {
  const { busyMsEach, factor, beneath, hangs } = counted;
  const name = diskName(m);
  return {
    sentence: sentence(counted, name),
    yardstick: hangs
      ? {
          measure: 'longest without an answer',
          value: said`${time(hangs.longestMs)}`,
          against: 'at other times it was quick',
        }
      : {
          measure: 'busy for each request',
          value: said`${time(busyMsEach)}`,
          against: `an ordinary disk: ${duration(busyMsEach / factor)}`,
        },
    culprit: beneath.culprit,
    decidedBy: counted.few?.is === 'either' ? TWICE_AS_MANY : 'the life of each request (block events): record as root',
    evidence: [busyTimes(counted), ...orLimit(counted), ...beneath.evidence],
    advice: [...beneath.advice, ...(hangs ? lookAtHangs(m, counted.lost) : lookAt(m, counted.lost))],
  };
}
