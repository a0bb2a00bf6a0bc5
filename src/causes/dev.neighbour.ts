// Somebody else's I/O fills the device, or one that it stands on: while the victim waited, the device served others, and the victim's own
// requests are slower for it. Both are asked for, because a fast device serves many at once without harm. What company costs and what a slow
// device costs are told apart by what would be saved without the one or the other. From counters only what the victim itself has started is
// told (judge/children-beside.ts).

import { intersect, IntervalList, type Intervals, union } from '../base/intervals.js';
import { shareOf, timesIn } from '../analysis/measures.js';
import { valueAt } from '../analysis/machine/series.js';
import { isLazyInit, isWrittenBack, type Owner } from '../analysis/attribution/owners.js';
import { isDiscarding, type Neighbour } from '../analysis/victim/neighbours.js';
import { startedBy } from '../analysis/victim/own-children.js';
import { duration, percent } from '../base/format.js';
import { shellWord } from '../base/shell.js';
import type { Advice, Culprit } from '../model/diagnosis.js';
import type { Mount } from '../model/facts.js';
import { number, part, ratio, said, size, time, type Said } from '../model/quantity.js';
import { HARM, NEIGHBOUR } from '../model/thresholds/device.js';
import { advise, change, look, write } from './judge/advice.js';
import { judgeChildren, ownChildAdvice, tellChildren, type Beside } from './judge/children-beside.js';
import { isGiven, missingOf, type Given } from './judge/needs.js';
import { harmOf, isNeverAlone, NEIGHBOUR_WAITS, type NeighbourHarm } from './judge/neighbour-harm.js';
import { limitOf, pauseOf } from './judge/restrain.js';
import { DEVICE_WAITS, diskName, queueSetting, slowFactor } from './judge/judgements.js';
import {
  defineCause,
  holds,
  notChecked,
  ramp,
  ruledOut,
  type Argument,
  type Judgement,
  type Refused,
  type Told,
} from './cause.js';

/** A discard of so much is a short one, bytes: an example for the advice. */
const SMALL_DISCARD = 64 * 1024 * 1024;

/** What is started at a period. */
const SCHEDULED = advise`Find what starts it at that period: cron, a checkpoint interval, or a timer: ${look('systemctl list-timers --all')}.`;

type Company = Given<'victim' | 'disk' | 'stages' | 'requests' | 'neighbours'>;

function who({ origin, processes }: Neighbour, m: Given<'victim'>): string {
  if (origin.pid === null) return origin.name;
  const more = processes > 1 ? ` and ${processes - 1} more` : '';
  return `${origin.name} (${origin.pid}${more}${isOwnChild(origin, m) ? ', started by the victim' : ''})`;
}

/** True for a process that the victim itself has started, which works beside it. */
function isOwnChild({ pid }: Owner, { input, account }: Given<'victim'>): boolean {
  return pid !== null && startedBy(input, account.pid)(pid);
}

function burstsOf({ bursts: { spans, period, binMs } }: Neighbour): Said | undefined {
  if (spans.length < NEIGHBOUR.leastBursts) return undefined;
  return period === undefined
    ? said`${number(spans.length)} bursts, not periodic`
    : said`${number(spans.length)} bursts, one every ${time(period * binMs)}`;
}

/** When the victim waited while others were served. */
function lostTo({ load, account, neighbours, top }: Company): Intervals {
  if (top !== undefined) return intersect(timesIn(account, NEIGHBOUR_WAITS), neighbours.company);
  const services = new IntervalList();
  load.rows.forEach((row, at) => {
    if (account.own[row] === 0) services.push(valueAt(load.serviceFrom, at), valueAt(load.serviceTo, at));
  });
  return intersect(timesIn(account, NEIGHBOUR_WAITS), union(services));
}

/** Bursts hurt while they last, even where they cost little in all. */
function isBursting({ first, share }: NeighbourHarm, { neighbours }: Company): boolean {
  const { bursting: limits, leastBursts } = NEIGHBOUR;
  return (
    first.bursts.spans.length >= leastBursts &&
    (first.bursts.period !== undefined || share >= limits.irregular) &&
    share >= limits.share &&
    first.share >= limits.bytes &&
    neighbours.slowdown >= limits.slowed
  );
}

function isNamed(one: Neighbour): boolean {
  return one.origin.via !== 'unattributed' || isLazyInit(one.origin) || isDiscarding(one);
}

/** What the device takes whoever asks, where that is more than it should. */
function ofDevice(m: Company): Argument[] {
  const factor = slowFactor(m);
  if (factor === 1) return [];
  return [
    {
      measure: `${diskName(m)} itself`,
      value: said`${ratio(factor)} what an ordinary disk may take`,
      meaning: 'it is slow as well, whomever it serves: that adds to what the company costs',
      source: 'block:block_rq_issue → block:block_rq_complete',
    },
  ];
}

function evidence(first: Neighbour, m: Company): Argument[] {
  const { neighbours } = m;
  const flushed = first.origin.via !== 'direct';
  const bursts = burstsOf(first);
  return [
    {
      measure: 'served while the victim waited',
      value: said`${time(first.waitMs)} for ${who(first, m)}, ${time(neighbours.ownMs)} for the victim itself`,
      meaning: 'the device worked for somebody else while the victim waited for it',
      source: 'block:block_rq_issue → block:block_rq_complete, sched_switch',
    },
    isDiscarding(first)
      ? {
          measure: 'discarded',
          value: said`${size(first.discards?.bytes ?? NaN)} in ${time(first.discards?.waitMs ?? NaN)}`,
          meaning: 'the device is told to forget those blocks: nothing is moved, and it is busy with that',
          source: 'block:block_rq_issue → block:block_rq_complete',
        }
      : {
          measure: 'share of the device',
          value: said`${part(first.share)} of its bytes (${size(first.bytes)})`,
          meaning: flushed
            ? 'written by the flusher thread, given back to the process that made the pages dirty'
            : 'issued by the process itself',
          source: flushed ? 'writeback:writeback_dirty_folio, writeback_single_inode' : 'block:block_bio_queue',
        },
    {
      measure: 'the victim’s own requests',
      ...(isNeverAlone(neighbours)
        ? {
            value: said`${time(neighbours.contendedMeanMs)}, and never alone`,
            meaning: `an ordinary disk may take ${duration(m.norm.fixedMs)}; what they take alone did not show`,
          }
        : {
            value: said`${time(neighbours.contendedMeanMs)} in company, ${time(neighbours.quietMeanMs)} alone: ${ratio(neighbours.slowdown)}`,
            meaning: 'the company makes them slower',
          }),
      source: 'block:block_bio_queue → block:block_rq_complete',
    },
    ...(bursts
      ? [
          {
            measure: 'bursts',
            value: bursts,
            meaning: first.bursts.period === undefined ? 'it comes and goes' : 'something starts it on a schedule',
            source: flushed ? 'writeback:writeback_dirty_folio' : 'block:block_rq_complete',
          },
        ]
      : []),
    ...ofDevice(m),
  ];
}

function sentence(first: Neighbour, m: Given<'victim'>): string {
  const bursts = burstsOf(first)?.text;
  const waited = percent(first.waitMs / (m.account.to - m.account.from));
  const meanwhile = `during ${waited} of the victim’s time while the victim waited`;
  if (isDiscarding(first))
    return `${who(first, m)} discards blocks of ${diskName(m)}, and the device was busy with that ${meanwhile}.`;
  if (isLazyInit(first.origin))
    return `${who(first, m)} fills ${diskName(m)}: it zeroes the inode tables of an ext4 filesystem that was made without that, and was served ${meanwhile}.`;
  const fills = isWrittenBack(first.origin) ? 'makes pages dirty whose write-back fills' : 'fills';
  const whose = isNamed(first) ? 'its own' : 'written by that thread of the kernel, for whom is not known';
  return `${who(first, m)} ${fills} ${diskName(m)}${bursts === undefined ? '' : ` in ${bursts}`}: ${percent(first.share)} of the device’s bytes are ${whose}, and it was served ${meanwhile}.`;
}

function culpritOf(first: Neighbour, m: Company): Culprit {
  const { origin } = first;
  if (isDiscarding(first) && origin.pid === null)
    return { kind: 'setting', name: `mount option discard on ${diskName(m)}` };
  return { kind: 'process', name: origin.name, ...(origin.pid !== null && { pid: origin.pid }) };
}

/** What shows whether it is the one, what limits it, and what does without either. */
function restraint({ origin, bytes }: Neighbour, m: Company): (Advice | string)[] {
  const limit = limitOf(m, origin, (bytes * 1000) / m.input.durationMs);
  const pause = pauseOf(m, origin.name, origin.pid);
  const move = `Move ${origin.name} to another device${limit ? '' : ', or limit it (io.max, blkio.throttle.*) so that it leaves room'}.`;
  return [limit, pause, move].filter((one) => one !== undefined);
}

/** What to do about it. */
function remedies(first: Neighbour, m: Company): (Advice | string)[] {
  const { origin } = first;
  if (isLazyInit(origin)) {
    const mounts = m.input.facts.at(-1)?.mounts ?? [];
    const isHere = ({ type, mountPoint }: Mount) => type === 'ext4' && m.topology.diskOfPath(mountPoint) === m.disk;
    const where = shellWord(mounts.find(isHere)?.mountPoint ?? 'MOUNTPOINT');
    const [stop, go] = [`mount -o remount,noinit_itable ${where}`, `mount -o remount,init_itable ${where}`];
    return [
      advise`It ends by itself, once for each filesystem. ${change(stop, 'whether unused inode tables are zeroed: not before it is mounted again', `\`${go}\``)} puts it off; mkfs.ext4 -E lazy_itable_init=0 does it when the filesystem is made.`,
    ];
  }
  if (isOwnChild(origin, m)) return [ownChildAdvice(origin.name, m.account.pid)];
  if (!isDiscarding(first)) return restraint(first, m);
  const setting = queueSetting(m, 'discard_max_bytes');
  const file = setting?.file ?? '/sys/block/DEV/queue/discard_max_bytes';
  const smaller = write(String(SMALL_DISCARD), file, 'how much one discard takes at once', setting?.value);
  return [
    advise`Discard when little else is done: fstrim by its timer, at night, instead of the mount option discard. Smaller discards let others in between: ${smaller}.`,
  ];
}

/** How sure it is that company makes requests so many times slower. */
function sureOfSlowing({ slowed }: NeighbourHarm, { neighbours }: Company): number {
  // Within what an ordinary disk may take, a busy device that serves many at once looks the same.
  if (slowed < HARM.slowed && isNeverAlone(neighbours)) return NEIGHBOUR.neverAlone;
  return ramp(slowed, { from: HARM.slowed, ...NEIGHBOUR.slowed });
}

/** Why the harm is none, can't be told, or is somebody else's doing; undefined where it stands. */
function objection(harm: NeighbourHarm, m: Company): Refused | undefined {
  const { first, share, noticed, slowed } = harm;
  const name = diskName(m);
  const figures = `others’ requests were served during ${percent(share)} of the victim’s time (${who(first, m)}: ${percent(first.share)} of ${name}’s bytes)`;
  if (harm.undecided)
    return notChecked(`${figures}, and too few of its own were answered meanwhile to tell whether that held them up`);
  if (!noticed && !isBursting(harm, m)) return ruledOut(`${figures}: too little to matter`);
  if (slowed < HARM.slowed && !isNeverAlone(m.neighbours))
    return ruledOut(`${figures}, but the victim’s requests took only ${String(ratio(slowed))} as long in that company`);
  return undefined;
}

/** The shares of the victim's time that would be saved without the company, and with a device that is as fast as an ordinary one. */
function savings({ share }: NeighbourHarm, m: Company): { readonly company: number; readonly device: number } {
  const { neighbours } = m;
  return {
    company: isNeverAlone(neighbours) ? share : share * (1 - 1 / neighbours.slowdown),
    device: (1 - 1 / slowFactor(m)) * shareOf(m.account, DEVICE_WAITS),
  };
}

/** What it takes to tell whose requests the disk served: without it, by counters, only what the victim has started is told. */
const SERVED = ['stages', 'requests', 'neighbours'] as const;

interface Served {
  readonly way: 'served';
  readonly first: Neighbour;
  readonly company: Company;
}

function judgeServed(m: Company): Judgement<Served> {
  const harm = harmOf(m);
  if (!harm) return ruledOut(`nobody else is known to have used ${diskName(m)}`);
  const against = objection(harm, m);
  if (against) return against;
  const { first, share } = harm;
  const sure = sureOfSlowing(harm, m);
  const { company, device } = savings(harm, m);
  const confidence =
    sure * ramp(share, { from: HARM.leastShare, ...NEIGHBOUR.share }) * (isNamed(first) ? 1 : NEIGHBOUR.unnamed);
  // Company that explains little of the waiting leaves it to what explains more.
  const leads = company >= device && company >= NEIGHBOUR.leads * shareOf(m.account, DEVICE_WAITS);
  const before = leads ? ['dev.slow', 'dev.capped'] : [];
  return holds({ share: company, confidence, before, lost: lostTo(m) }, { way: 'served', first, company: m });
}

function tellServed({ first, company: m }: Served): Told {
  return {
    sentence: sentence(first, m),
    yardstick: {
      measure: 'its requests in company',
      value: said`${time(m.neighbours.contendedMeanMs)}`,
      against: Number.isNaN(m.neighbours.quietMeanMs)
        ? 'it was never alone'
        : `alone: ${duration(m.neighbours.quietMeanMs)}`,
    },
    culprit: culpritOf(first, m),
    ...(isNeverAlone(m.neighbours) && {
      decidedBy: `what the victim’s requests take while ${first.origin.name} is stopped or limited for a minute`,
    }),
    ...(!isNamed(first) && {
      decidedBy: advise`who makes the pages dirty that the kernel writes there: ${look('iowitness record')} sees it`,
    }),
    evidence: evidence(first, m),
    advice: [...remedies(first, m), ...(first.bursts.period === undefined ? [] : [SCHEDULED])],
  };
}

export const cause = defineCause({
  id: 'dev.neighbour',
  layer: 'device',
  rank: 'verdict',
  proof: 'company',
  waits: ['block-device', 'block-queue'],
  needs: ['victim', 'disk'],
  fromRequests: true,
  beneath: true,
  judge(m): Judgement<Served | Beside> {
    if (m.account.source === 'samples') return judgeChildren(m);
    return isGiven(m, SERVED) ? judgeServed(m) : notChecked(missingOf(m, SERVED));
  },
  tell: (figures, m) => (figures.way === 'counted' ? tellChildren(figures, m) : tellServed(figures)),
});
