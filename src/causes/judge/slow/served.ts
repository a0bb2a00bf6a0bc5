// A slow disk as its requests show it: for at least one class of them it needed longer, of its own time, than the norm allows. What it takes
// to be so now and then only is in hangs.ts.

import { valueAt } from '../../../analysis/machine/series.js';
import { shareOf, timesIn, type Measures } from '../../../analysis/measures.js';
import { firstSlowDispatch } from '../../../analysis/requests/disk-load.js';
import { KIND } from '../../../analysis/requests/requests.js';
import { isGuilty } from '../../../analysis/attribution/owners.js';
import { classOf } from '../../../analysis/requests/norm.js';
import { slowness, type Slowness } from '../../../analysis/requests/slowness.js';
import { spreadOf, type Spread } from '../../../analysis/requests/spread.js';
import { stagesOf } from '../../../analysis/victim/own-requests.js';
import { duration, percent, rate } from '../../../base/format.js';
import { intersect, IntervalList, type Intervals, NO_INTERVALS, total, union } from '../../../base/intervals.js';
import type { DeviceId } from '../../../model/counters.js';
import { memory, number, part, said, time } from '../../../model/quantity.js';
import { SLOW } from '../../../model/thresholds/device.js';
import { DEVICE_JUDGING, JUDGING } from '../../../model/thresholds/judging.js';
import { DISK_LOAD } from '../../../model/thresholds/requests.js';
import { holds, ramp, type Argument, type Judgement, type Told, type Yardstick } from '../../cause.js';
import { hasRealTime } from '../cpu-behind.js';
import { DEVICE_WAITS, diskName, tells } from '../judgements.js';
import { beneathOf } from '../beneath.js';
import { hangs, hangSentence, lookAtHangs, spreadEvidence } from './hangs.js';
import {
  isFastBeneath,
  lacksCpu,
  lookAt,
  times,
  waited,
  withIdleCpus,
  type Victim,
  type Waited,
  type WithRequests,
} from './waited.js';

export interface Served extends Waited {
  readonly way: 'served';
  /** The class that cost the victim most, and all that can tell. */
  readonly first: Slowness;
  readonly classes: readonly Slowness[];
  /** How the times of the first class are spread over the victim's life. */
  readonly spread: Spread | undefined;
  /** True where its own workers may have waited for a CPU. */
  readonly waitsForCpu: boolean;
}

/**
 * When a device beneath had the victim’s requests. A flush carries no bytes and makes the filesystem there commit: while the victim’s disk had one to
 * pass on, what journals, filesystems and nobody known sent beneath is the answer to it as well.
 */
function atWorkBeneath(m: WithRequests, top: DeviceId): Intervals {
  const { account, load, requests } = m;
  const index = requests.disks.indexOf(top);
  const flushed = stagesOf(requests, (row) => requests.disk[row] === index && requests.kind[row] === KIND.flush);
  const [own, answers] = [new Uint8Array(requests.length), new Uint8Array(requests.length)];
  for (const row of load.rows) {
    if (account.own[row] !== 0) own[row] = 1;
    else if (!isOthers(m, row)) answers[row] = 1;
  }
  const deviceOf = (chosen: Uint8Array) => stagesOf(requests, (row) => chosen[row] === 1).device;
  return union([...deviceOf(own), ...intersect(deviceOf(answers), union([...flushed.device, ...flushed.passing]))]);
}

/** When the disk had requests; of a device beneath, when it had the victim’s. */
function atWorkFor(m: WithRequests): Intervals {
  return m.top === undefined ? m.load.busy : atWorkBeneath(m, m.top);
}

/** When the victim waited for the device while it was slow: it became so somewhere in the window before the first that is slow as a whole. */
function lostToSlow(m: WithRequests): Intervals {
  const { account, load, requests, norm, slow } = m;
  const waits = intersect(timesIn(account, DEVICE_WAITS), atWorkFor(m));
  const [first] = slow;
  if (!first) return NO_INTERVALS;
  const began = firstSlowDispatch(load, requests, () => true, norm.fixedMs, first.from - DISK_LOAD.windowMs);
  return intersect(waits, union([...slow, { from: began, to: first.from }]));
}

/** True for a request that is wholly somebody else's, and no journal's, which may work for the victim. */
function isOthers({ account, owners, users }: WithRequests, row: number): boolean {
  const owner = account.own[row] === 0 ? users?.wholly(row) : undefined;
  return owner !== undefined && isGuilty(owners?.list[owner]);
}

/** The classes that tell how fast the disk was, and those of them that were slow, the costliest first. */
function classesOf(m: WithRequests): { readonly classes: readonly Slowness[]; readonly slow: readonly Slowness[] } {
  const waits = intersect(timesIn(m.account, DEVICE_WAITS), atWorkFor(m));
  const within = (leastBeyondMs?: number) => slowness(m.load, m.requests, m.norm, m.slow, waits, leastBeyondMs);
  // What comes back at once after a hang, or beside it, may be so many that they hide it in the mean of their class.
  const hung = within(DEVICE_JUDGING.hiccupMs);
  const classes = within()
    .filter(tells)
    .map((one) => (one.factor > 1 ? one : (hung.find((other) => other.class === one.class) ?? one)));
  const slow = classes.filter((one) => one.factor > 1).sort((one, other) => loss(other) - loss(one));
  return { classes, slow };
}

/**
 * The victim's waiting for the disk while it was slow. Requests that are slow and that only others send keep it waiting while the disk serves them,
 * and no longer.
 */
export function waitedForSlow(m: WithRequests): Waited {
  const { load, requests } = m;
  const lost = lostToSlow(m);
  const classes = new Set(classesOf(m).slow.map((one) => one.class));
  const services = new IntervalList();
  let othersMs = 0;
  load.rows.forEach((row, at) => {
    if (!classes.has(classOf(valueAt(requests.kind, row), valueAt(load.moved, at)))) return;
    const [from, to] = [valueAt(load.serviceFrom, at), valueAt(load.serviceTo, at)];
    services.push(from, to);
    if (isOthers(m, row)) othersMs += to - from;
  });
  const isOwn = classes.size === 0 || othersMs < (1 - JUDGING.noticeable) * total(services);
  return waited(m, isOwn ? lost : intersect(lost, union(services)));
}

/** What a class cost the victim beyond the norm, ms; at most 0 for a class within the norm. */
function loss(one: Slowness): number {
  return one.waitedMs * (1 - 1 / one.factor);
}

/** `found`: the victim's waiting for the disk while it was slow. Undefined where no class of requests tells that it was. */
export function judgeServed(m: WithRequests, found: Waited): Judgement<Served> | undefined {
  const { account, load, requests } = m;
  const { classes, slow } = classesOf(m);
  const [first] = slow;
  if (!first || found.share < JUDGING.noticeable) return undefined;
  const spread = spreadOf(load, requests, m.norm, first.class, account);
  // What answers fast beneath leaves the slowness to the loop device's own workers.
  const waitsForCpu =
    lacksCpu(m, account, found.beneath) && !outlastsTurns(m, spread) && (isFastBeneath(m) || isTurns(m, spread));
  const confidence = ramp(first.factor, SLOW.sure) * (waitsForCpu ? SLOW.unsure : 1);
  // What a disk that hangs stood on is asked for the longest alone: between them it is at work.
  const beneath =
    hangs(spread, m) && !waitsForCpu ? beneathOf(m, intersect(found.lost, spread.heavy.times)) : found.beneath;
  return holds(
    { share: found.share, confidence, lost: found.lost },
    { ...found, beneath, way: 'served', first, classes, spread, waitsForCpu },
  );
}

/**
 * True where nothing beneath is known, as of a file on a server, half of its requests are as quick as those of an ordinary disk, and the slow ones took
 * no longer than the victim itself once waited for a CPU: its workers, and the server, wait like everybody.
 */
function isTurns(m: WithRequests, spread: Spread | undefined): boolean {
  if (m.beneath.length > 0 || !spread || spread.medianMs > m.norm.fixedMs) return false;
  return spread.heavy.leastMs <= longestTurn(m);
}

/** True where a disk hung for longer than its workers can have waited for a CPU: the victim, which waits as they do, never waited so long. */
function outlastsTurns(m: WithRequests, spread: Spread | undefined): boolean {
  return hangs(spread, m) && spread.heavy.leastMs > longestTurn(m) && !hasRealTime(m, m.account);
}

/** How long the victim once waited for a CPU at most, ms. */
function longestTurn({ account }: WithRequests): number {
  let longest = 0;
  for (const { state, from, to } of account.segments) if (state === 'runnable') longest = Math.max(longest, to - from);
  return longest;
}

export function tellServed(served: Served, m: Victim): Told {
  const { first, classes, spread, share, lost, beneath, waitsForCpu } = served;
  const name = diskName(m);
  const isHang = hangs(spread, m);
  const of = first.requests === 1 ? `one of the ${first.class}` : `each of ${first.requests} ${first.class}`;
  return {
    sentence: isHang
      ? hangSentence(name, share, first, spread)
      : `${name} is slow: it took ${duration(first.serviceMs / first.requests)} of its own time for ${of}, ${times(first.factor)} what an ordinary disk may take, and the victim waited for it ${percent(share)} of its time.`,
    ...(waitsForCpu && { decidedBy: withIdleCpus(name) }),
    yardstick: yardstick(first, isHang ? spread : undefined),
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
            ...(isHang ? lookAtHangs(m, lost) : lookAt(m, lost)),
            'Compare with another volume of the same kind on the same machine.',
          ],
  };
}

function yardstick(first: Slowness, hang: Spread | undefined): Yardstick {
  return hang
    ? {
        measure: `longest of ${first.class}`,
        value: said`${time(hang.longestMs)}`,
        against: `half of all: ${duration(hang.medianMs)} at most`,
      }
    : {
        measure: `service time of ${first.class}`,
        value: said`${time(first.serviceMs / first.requests)} each`,
        against: `an ordinary disk: ${duration(first.serviceMs / first.requests / first.factor)} at most`,
      };
}

function serviceTime(one: Slowness, { norm }: Measures): Argument {
  const fixedMs = one.class === 'flushes' ? norm.flushMs : norm.fixedMs;
  return {
    measure: `service time of ${one.class}`,
    value: said`${time(one.serviceMs / one.requests)} each over ${number(one.requests)} (${memory(one.bytes / one.requests)} on average)`,
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
