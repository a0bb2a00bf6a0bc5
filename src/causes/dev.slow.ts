// The device takes long for each request, whoever sends it and however few there are.
// Judged by service time, which leaves out the time a request merely queues behind others inside the device, against a generous norm
// for the kind of disk: latency must be judged given the load (Lu et al., Perseus, FAST 2023).

import {
  firstSlowDispatch,
  slowdownOf,
  slowness,
  slowStretches,
  type Slowdown,
  type Slowness,
  type SlowStretch,
} from '../analysis/requests/disk-load.js';
import { stagesOf } from '../analysis/victim/own-requests.js';
import { spreadOf, type Spread } from '../analysis/requests/spread.js';
import { cpuShare, IDLE } from '../analysis/machine/cpu-time.js';
import { valueAt } from '../analysis/machine/series.js';
import { intersect, total, union, type Interval } from '../base/intervals.js';
import { shareOf, timesIn, type Measures } from '../analysis/measures.js';
import { duration, percent, rate } from '../base/format.js';
import { number, part, said, size, time } from '../model/quantity.js';
import type { State } from '../model/states.js';
import { DISK_LOAD } from '../model/thresholds/requests.js';
import { HARM, SLOW } from '../model/thresholds/device.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { beneathOf, type Beneath } from './judge/beneath.js';
import { hangs, hangSentence, lookAtHangs, spreadEvidence } from './judge/hangs.js';
import { isGiven, NEEDS, type Given } from './judge/needs.js';
import { harmOf } from './judge/neighbour-harm.js';
import { DEVICE_WAITS, diskName, judgeDevice, tells } from './judge/shared.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Argument, type Judgement, type Told } from './cause.js';

/** A sample can't tell whose I/O a wait is for, so a wait in the journal counts as one for the disk. */
const SAMPLED_WAITS: readonly State[] = ['block-device', 'block-held', 'journal', 'dirty-throttle'];

type Victim = Given<'victim' | 'disk'>;
type WithRequests = Given<'victim' | 'disk' | 'requests'>;

interface Waited {
  readonly share: number;
  readonly lost: readonly Interval[];
  readonly beneath: Beneath;
}

/** By diskstats: each request took long, and there were hardly ever two at once. */
interface Counted extends Waited {
  readonly way: 'counted';
  readonly requests: number;
  readonly bytesEach: number;
  readonly busyMsEach: number;
  readonly factor: number;
}

/** Fast enough for an ordinary disk, and still several times slower than this one was: its users have grown used to better. */
interface Grown extends Waited {
  readonly way: 'grown';
  readonly slower: Slowdown;
  readonly factor: number;
  readonly lacksCpu: boolean;
}

/** By the service time of its requests. */
interface Slow extends Waited {
  readonly way: 'slow';
  /** The class that cost the victim most, and all that can tell. */
  readonly first: Slowness;
  readonly classes: readonly Slowness[];
  /** How the times of the first class are spread over the victim's life. */
  readonly spread: Spread | undefined;
}

function waited(m: Victim, lost: readonly Interval[]): Waited {
  return { lost, share: total(lost) / (m.account.to - m.account.from), beneath: beneathOf(m, lost) };
}

function judgeCounters(m: Victim): Judgement<Counted> {
  const series = m.input.counters.disks.get(m.disk);
  if (!series) return notChecked('the disk’s counters were not recorded');
  const slow = slowStretches(series, m.norm, m.account);
  const sum = (pick: (one: SlowStretch) => number) => slow.reduce((all, one) => all + pick(one), 0);
  const found = waited(m, intersect(timesIn(m.account, SAMPLED_WAITS), union(slow)));
  if (found.share < JUDGING.noticeable) return ruledOut(`${diskName(m)} was not slow while the victim waited for it`);
  const requests = sum((one) => one.requests);
  const serviceMs = sum((one) => one.serviceMs);
  const factor = serviceMs / sum((one) => one.allowedMs);
  return holds(
    { share: found.share, confidence: ramp(factor, SLOW.sureFromCounters), lost: found.lost },
    {
      ...found,
      way: 'counted',
      requests,
      factor,
      busyMsEach: serviceMs / requests,
      bytesEach: sum((one) => one.bytes) / requests,
    },
  );
}

function tellCounted({ requests, busyMsEach, bytesEach, factor, share, beneath }: Counted, m: Victim): Told {
  const name = diskName(m);
  return {
    sentence: `${name} is slow: it was busy for ${duration(busyMsEach)} for each of ${requests} requests, ${times(factor)} what an ordinary disk may take, and the victim waited for it ${percent(share)} of its time.`,
    culprit: beneath.culprit,
    decidedBy: 'the life of each request (block events): record as root',
    evidence: [
      {
        measure: 'busy time for each request',
        value: said`${time(busyMsEach)} over ${number(requests)} (${size(bytesEach)} on average)`,
        meaning: `${times(factor)} the norm; time in a scheduler’s queue counts here as well`,
        source: '/proc/diskstats',
      },
      ...beneath.evidence,
    ],
    advice: [...beneath.advice, lookAt(name)],
  };
}

function judgeGrown(m: WithRequests): Judgement<Grown> | undefined {
  const { account, load } = m;
  const slower = slowdownOf(load, m.requests, m.norm, account);
  if (!slower) return undefined;
  const found = waited(m, intersect(timesIn(account, DEVICE_WAITS), slower.times));
  if (found.share < JUDGING.noticeable) return undefined;
  const factor = slower.nowMs / slower.usualMs;
  // A loop device is a worker of the kernel, which waits for a CPU like everybody.
  const span = { from: slower.times[0]?.from ?? account.from, to: slower.times.at(-1)?.to ?? account.to };
  const isLoop = m.topology.device(load.disk)?.backingFile !== undefined;
  const lacksCpu = isLoop && cpuShare(m.input, span, IDLE) < SLOW.saturated;
  const confidence = ramp(factor, SLOW.sureOfGrown) * (lacksCpu ? SLOW.unsure : 1);
  return holds(
    { share: found.share, confidence, lost: found.lost },
    { ...found, way: 'grown', slower, factor, lacksCpu },
  );
}

function tellGrown({ slower, factor, lacksCpu, share, beneath }: Grown, m: Victim): Told {
  const name = diskName(m);
  return {
    sentence: `${name} became slower while it was recorded: ${slower.class} take ${duration(slower.nowMs)} of its own time instead of ${duration(slower.usualMs)}, ${factor.toFixed(1)} times as long, and the victim waited for it ${percent(share)} of its time.`,
    culprit: beneath.culprit,
    ...(lacksCpu && {
      decidedBy: `the same load while the CPUs have time, which they had not: ${name} is a loop device, whose workers need one`,
    }),
    evidence: [
      {
        measure: `service time of ${slower.class}`,
        value: said`${time(slower.nowMs)}, before ${time(slower.usualMs)}`,
        meaning: 'against the device’s own past, request by request; queueing behind other requests is left out',
        source: 'block:block_rq_issue → block:block_rq_complete',
      },
      ...beneath.evidence,
    ],
    advice: [
      ...beneath.advice,
      `Ask what changed at that time on ${name} or beneath it: a snapshot, a rebuild, another tenant, spent burst credit.`,
    ],
  };
}

/** When the disk had requests; of a device beneath, which may serve others all the time, when it had the victim's. */
function atWorkFor({ account, load, requests, top }: WithRequests): readonly Interval[] {
  return top === undefined ? load.busy : stagesOf(requests, (row) => account.own[row] !== 0).device;
}

/** When the victim waited for the device while it was slow: it became so somewhere in the window before the first that is slow as a whole. */
function lostToSlow(m: WithRequests): Interval[] {
  const { account, load, requests, norm, slow } = m;
  const waits = intersect(timesIn(account, DEVICE_WAITS), atWorkFor(m));
  const [first] = slow;
  if (!first) return [];
  const began = firstSlowDispatch(load, requests, () => true, norm.fixedMs, first.from - DISK_LOAD.windowMs);
  return intersect(waits, union([...slow, { from: began, to: first.from }]));
}

/** Why the disk only seems slow: while it was, a device beneath it served somebody else. */
function companyBeneath(m: WithRequests, { lost, share }: Waited): string | undefined {
  if (share < JUDGING.noticeable) return undefined;
  for (const lower of m.beneath) {
    const harm = isGiven(lower, ['victim']) ? harmOf(lower) : undefined;
    if (!harm?.noticed || harm.slowed < HARM.slowed) continue;
    const meanwhile = total(intersect(lost, lower.neighbours?.company ?? [])) / total(lost);
    if (meanwhile >= JUDGING.explainsFromBeneath)
      return `${diskName(m)} seemed slow, but for ${percent(meanwhile)} of that time ${m.topology.name(lower.disk ?? '')}, on which it stands, served ${harm.first.origin.name}`;
  }
  return undefined;
}

function judgeRequests(m: WithRequests): Judgement<Slow | Grown> {
  const { account, load, requests } = m;
  const found = waited(m, lostToSlow(m));
  const seeming = companyBeneath(m, found);
  if (seeming !== undefined) return ruledOut(seeming);
  const waits = intersect(timesIn(account, DEVICE_WAITS), atWorkFor(m));
  const classes = slowness(load, requests, m.norm, m.slow, waits).filter(tells);
  const [first] = classes.filter((one) => one.factor > 1).sort((one, other) => loss(other) - loss(one));
  if (first && found.share >= JUDGING.noticeable) {
    const confidence = ramp(first.factor, SLOW.sure);
    const spread = spreadOf(load, requests, first.class, account);
    return holds(
      { share: found.share, confidence, lost: found.lost },
      { ...found, way: 'slow', first, classes, spread },
    );
  }
  return judgeGrown(m) ?? ruledOut(fastEnough(m, found.share));
}

function fastEnough(m: WithRequests, share: number): string {
  const most = judgeDevice(m)?.classes[0];
  return most
    ? `${diskName(m)} needed ${duration(most.serviceMs / most.requests)} for each of ${most.requests} ${most.class}, ${times(most.factor)} what an ordinary disk of its kind may take; the victim waited ${percent(share)} of its time for it while it was slow`
    : `${diskName(m)} served nothing`;
}

function tellSlow({ first, classes, spread, share, lost, beneath }: Slow, m: Victim): Told {
  const name = diskName(m);
  const isHang = hangs(spread, m);
  const of = first.requests === 1 ? `one of the ${first.class}` : `each of ${first.requests} ${first.class}`;
  return {
    sentence: isHang
      ? hangSentence(name, share, first, spread)
      : `${name} is slow: it took ${duration(first.serviceMs / first.requests)} of its own time for ${of}, ${times(first.factor)} what an ordinary disk may take, and the victim waited for it ${percent(share)} of its time.`,
    culprit: beneath.culprit,
    evidence: [
      ...classes.map((one) => serviceTime(one, m)),
      ...spreadEvidence(spread, first),
      {
        measure: 'victim waiting for the device',
        value: said`${time(total(lost))} (${part(share)})`,
        meaning: 'its requests had been sent and not answered',
        source: 'sched_switch with kernel stacks, block events',
      },
      {
        measure: 'before the device',
        value: said`${part(shareOf(m.account, ['block-held', 'block-queue']))} of the victim’s time`,
        meaning: 'what was held back or queued above the device',
        source: 'block:block_bio_queue → block:block_rq_issue',
      },
      ...unanswered(m),
      ...beneath.evidence,
    ],
    advice:
      beneath.advice.length > 0
        ? beneath.advice
        : [
            isHang ? lookAtHangs(name) : lookAt(name),
            'Compare with another volume of the same kind on the same machine.',
          ],
  };
}

function serviceTime(one: Slowness, { norm }: Measures): Argument {
  const fixedMs = one.class === 'flushes' ? norm.flushMs : norm.fixedMs;
  return {
    measure: `service time of ${one.class}`,
    value: said`${time(one.serviceMs / one.requests)} each over ${number(one.requests)} (${size(one.bytes / one.requests)} on average)`,
    meaning: `${times(one.factor)} the norm of ${duration(fixedMs)} plus the transfer at ${rate(norm.bytesPerMs * 1000)}; queueing behind other requests is left out`,
    source: 'block:block_rq_issue → block:block_rq_complete',
  };
}

/** What it had not answered when the recording ended. */
function unanswered({ load, requests }: Measures): Argument[] {
  if (!load || !requests) return [];
  const rows = load.rows.filter((row) => row >= requests.answered);
  const since = rows.reduce((first, row) => Math.min(first, valueAt(requests.dispatched, row)), Infinity);
  const openMs = valueAt(requests.completed, rows[0] ?? -1) - since;
  if (!(openMs >= SLOW.leastHungMs)) return [];
  return [
    {
      measure: 'not answered at the end',
      value:
        rows.length === 1
          ? said`one request, for ${time(openMs)}`
          : said`${number(rows.length)} requests, the first of them for ${time(openMs)}`,
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

function lookAt(name: string): string {
  return `Look at ${name} itself: the provider’s volume metrics, the controller’s log (dmesg), SMART; on a stacked device look at the one beneath.`;
}

export const cause = defineCause({
  id: 'dev.slow',
  layer: 'device',
  rank: 'verdict',
  needs: ['victim', 'disk'],
  fromRequests: true,
  beneath: true,
  judge(m): Judgement<Counted | Grown | Slow> {
    if (m.account.source === 'samples') return judgeCounters(m);
    return isGiven(m, ['requests']) ? judgeRequests(m) : notChecked(NEEDS.requests.else);
  },
  tell(figures, m) {
    if (figures.way === 'counted') return tellCounted(figures, m);
    return figures.way === 'grown' ? tellGrown(figures, m) : tellSlow(figures, m);
  },
});
