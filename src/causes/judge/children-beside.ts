// A neighbour that counters can tell: what the victim has started itself and writes beside it. Whose each request is they don't show; but what
// a child moved, while the disk's requests waited for each other, and what the victim got done with it and without it, they do.

import { allowedFor } from '../../analysis/requests/norm.js';
import { diskWork, grownItself } from '../../analysis/machine/counted-work.js';
import { growthWithin } from '../../analysis/machine/series.js';
import { timesIn } from '../../analysis/measures.js';
import { workOfChildren, type ChildrenWork } from '../../analysis/victim/own-children.js';
import { duration, percent } from '../../base/format.js';
import { intersect, type Intervals, total } from '../../base/intervals.js';
import type { Advice } from '../../model/diagnosis.js';
import { flow, part, ratio, said, size, time } from '../../model/quantity.js';
import { HARM, NEIGHBOUR } from '../../model/thresholds/device.js';
import { DOUBTS } from '../../model/thresholds/judging.js';
import { holds, notChecked, ramp, ruledOut, type Argument, type Judgement, type Told } from '../cause.js';
import { advise, look } from './advice.js';
import { FIDELITY } from './fidelity.js';
import { NEEDS, type Given } from './needs.js';
import { diskName, SAMPLED_WAITS } from './judgements.js';

type Victim = Given<'victim' | 'disk'>;

export interface Beside {
  readonly way: 'counted';
  readonly children: ChildrenWork;
  /** Their bytes as a part of the disk's, at most 1: to which disk they went is not known. */
  readonly part: number;
  /** How long each request was with the disk, queueing included, ms. */
  readonly requestMs: number;
  readonly lost: Intervals;
  /** Of the victim's time. */
  readonly share: number;
}

/** The victim's own children, where from counters they moved most of what its disk did; undefined otherwise. */
function mostlyChildren(m: Victim) {
  const { account, input, disk } = m;
  if (account.source !== 'samples') return undefined;
  const children = workOfChildren(input, account);
  const work = diskWork(input.counters.disks.get(disk), account);
  const moved = children ? Math.min(1, children.bytes / work.bytes) : NaN;
  if (!children || !(moved >= DOUBTS.mostlyOthers)) return undefined;
  // Requests that wait for each other take longer than an ordinary disk needs for them.
  return {
    children,
    part: moved,
    requestMs: work.queueMs / work.requests,
    isCrowded: work.queueMs > allowedFor(m.norm, work),
  };
}

/** That its own children moved most of what the disk did, and made requests wait, in words; undefined where they did not. */
export function movedByChildren(m: Victim): string | undefined {
  const found = mostlyChildren(m);
  return (
    found &&
    `${percent(found.part)} of what ${diskName(m)} moved was written or read by what it has started itself, ${nameOf(found.children)}`
  );
}

/** What a watched process read from disks and wrote to them, without what its children did beside it; NaN where that was not read. */
export function movedItself({ account, input }: Given<'victim'>): number {
  const process = input.counters.processes.get(account.pid);
  const names = ['read_bytes', 'write_bytes'];
  const isApart = account.source === 'samples' && workOfChildren(input, account) !== undefined;
  return isApart
    ? grownItself(process, names)
    : names.reduce((sum, name) => sum + growthWithin(process?.io, name, account.from, account.to), 0);
}

function nameOf({ first, processes }: ChildrenWork): string {
  return `${first.name} (${first.pid}${processes > 1 ? ` and ${processes - 1} more` : ''})`;
}

export function judgeChildren(m: Victim): Judgement<Beside> {
  const found = mostlyChildren(m);
  if (!found) return notChecked(NEEDS.stages.else);
  const { children, part: moved, requestMs, isCrowded } = found;
  const { account } = m;
  const lost = intersect(timesIn(account, SAMPLED_WAITS), children.times);
  const waited = total(lost) / (account.to - account.from);
  const figures = `its own child ${nameOf(children)} moved ${percent(moved)} of what ${diskName(m)} did, and for ${percent(waited)} of its time the victim waited meanwhile`;
  if (waited < HARM.leastShare) return ruledOut(`${figures}: too little to matter`);
  if (!isCrowded)
    return ruledOut(
      `${figures}, but each request took ${duration(requestMs)} with its queueing, no longer than an ordinary disk may`,
    );
  const { slowdown } = children;
  if (slowdown < HARM.slowed) return ruledOut(`${figures}, but it got as much done as without it`);
  const isKnown = Number.isFinite(slowdown);
  const confidence = isKnown
    ? ramp(slowdown, { from: HARM.slowed, ...NEIGHBOUR.slowed }) *
      ramp(waited, { from: HARM.leastShare, ...NEIGHBOUR.share }) *
      FIDELITY.samples.ofDevice
    : NEIGHBOUR.neverAlone;
  const share = isKnown ? waited * (1 - 1 / slowdown) : waited;
  return holds(
    { share, confidence, before: ['dev.slow', 'dev.capped'], lost },
    { way: 'counted', children, part: moved, requestMs, lost, share: waited },
  );
}

function evidence({ children, part: moved, requestMs, lost, share }: Beside, m: Victim): Argument[] {
  const { slowdown, bytes, times } = children;
  return [
    {
      measure: 'its own child',
      value: said`${size(bytes)}, ${flow((bytes * 1000) / total(times))} while it ran: ${part(moved)} of the disk’s bytes`,
      meaning: `${nameOf(children)}, started by the victim, works beside it; that those bytes went to ${diskName(m)} is not in counters`,
      source: '/proc/PID/io, /proc/diskstats',
    },
    {
      measure: 'victim waiting meanwhile',
      value: said`${time(total(lost))} (${part(share)})`,
      meaning: 'asleep in the disk or the filesystem while the child ran',
      source: FIDELITY.samples.waits,
    },
    {
      measure: 'each request',
      value: said`${time(requestMs)} with its queueing`,
      meaning: 'longer than an ordinary disk may take: requests waited for each other',
      source: '/proc/diskstats',
    },
    ...(Number.isFinite(slowdown)
      ? [
          {
            measure: 'the victim’s calls without the child',
            value: said`${ratio(slowdown)} as many a second`,
            meaning: 'the same program on the same disk is so much faster when its child rests',
            source: '/proc/PID/io (syscr, syscw)',
          },
        ]
      : []),
  ];
}

export function tellChildren(beside: Beside, m: Victim): Told {
  const { children, part: moved, share, requestMs } = beside;
  const { first, bytes, times, slowdown } = children;
  const name = nameOf(children);
  const alone = Number.isFinite(slowdown)
    ? `; without it the victim got ${String(ratio(slowdown))} as much done`
    : '; it was hardly ever seen without it';
  return {
    sentence: `Its own child ${name} keeps ${diskName(m)} busy: it moved ${String(size(bytes))}, ${percent(moved)} of the disk’s bytes, at ${String(flow((bytes * 1000) / total(times)))}, and for ${percent(share)} of its time the victim waited meanwhile${alone}.`,
    yardstick: {
      measure: 'each request with its queueing',
      value: said`${time(requestMs)}`,
      against: `${percent(moved)} of the bytes are its child’s`,
    },
    culprit: { kind: 'process', name: first.name, pid: first.pid },
    decidedBy: advise`what the victim’s writes take while ${first.name} (${String(first.pid)}) does not run, or whose requests the disk served meanwhile: ${look('iowitness record')} as root sees them`,
    evidence: evidence(beside, m),
    advice: [ownChildAdvice(first.name, m.account.pid)],
  };
}

/** What to do about a child of the victim's own that keeps its disk busy. */
export function ownChildAdvice(name: string, parent: number): Advice {
  return advise`Let ${name} write that more slowly, when less depends on it, or to another device: it is the program’s own work, so its settings are where to look. ${look(`ps -o pid,lstart,args --ppid ${parent}`)} shows what it has started, and when.`;
}
