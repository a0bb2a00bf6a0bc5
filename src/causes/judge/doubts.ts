// What keeps a victim from being called healthy where its recording shows only a part: a block trace holds nothing but requests, counters
// do not tell who waited for what. Each doubt is a sentence that says what is known and what is not.

import type { VictimAccount } from '../../model/account.js';
import { allowedFor, expectedMs } from '../../analysis/requests/norm.js';
import { diskWork, processWork } from '../../analysis/machine/counted-work.js';
import { growthWithin, valueAt } from '../../analysis/machine/series.js';
import { intersect, total } from '../../base/intervals.js';
import { isAsEver } from '../../analysis/requests/past.js';
import { shareOf, timesIn } from '../../analysis/measures.js';
import { isKernelThread } from '../../analysis/machine/processes.js';
import { duration, percent } from '../../base/format.js';
import type { ProcessCounters, Series } from '../../model/counters.js';
import type { State } from '../../model/states.js';
import { circleOf } from './chains.js';
import { movedByChildren, movedItself } from './children-beside.js';
import { isGiven, type Given } from './needs.js';
import { harmOf } from './neighbour-harm.js';
import { DEVICE_WAITS, diskName, judgeDevice, readAheadOff } from './judgements.js';
import { NORMS } from '../../model/thresholds/requests.js';
import { DOUBTS, JUDGING } from '../../model/thresholds/judging.js';

/** How long the victim's requests took, queueing included, and what a solid-state disk may take for them. */
function ownLatency({ load, requests, account: { own } }: Given<'victim'>) {
  let count = 0;
  let tookMs = 0;
  let allowedMs = 0;
  load?.rows.forEach((row, at) => {
    const took = valueAt(requests?.completed, row) - valueAt(requests?.queued, row);
    if (own[row] === 0 || !(took >= 0)) return;
    count += 1;
    tookMs += took;
    allowedMs += expectedMs(NORMS.solid, valueAt(requests?.kind, row), valueAt(load.moved, at));
  });
  return { count, tookMs, allowedMs };
}

/** Why a block trace can't acquit what it shows; undefined where it can. */
function doubtOfTrace(m: Given<'victim'>): string | undefined {
  const { account } = m;
  if (isKernelThread(m.input, account.pid))
    return 'only threads of the kernel waited for requests, and who waited for them is not in a block trace';
  const seenMs = account.to - account.from;
  if (seenMs < JUDGING.leastSeenMs) return `the victim’s requests span only ${duration(seenMs)} of the trace`;
  // Which kind of disk it is is not known, so it must be fast enough for the better one.
  const judged = judgeDevice(m, NORMS.solid);
  if (!judged || Number.isNaN(judged.factor)) return 'the trace holds too few requests to tell how they were served';
  const { tookMs, allowedMs, count } = ownLatency(m);
  if (tookMs > allowedMs)
    return `each of the victim’s ${count} requests took ${duration(tookMs / count)} from queue to completion, and a block trace does not say what ${diskName(m)} should give`;
  return judged.factor > 1
    ? `${diskName(m)} takes ${duration(judged.serviceMs / judged.requests)} of its own time for a request, which is ordinary for a spinning disk and slow for any other, and a block trace does not say which it is`
    : undefined;
}

const DISK_WAITS: readonly State[] = ['block-device', 'block-held', 'block-queue', 'journal'];

/**
 * Threads that noticeably wait for locks and noticeably do something else: for each other, or for more to do, which only events tell apart.
 * Those of a pool that wait for nearly all their time were given nothing to do.
 */
function lockWaiters({ lines, thread }: VictimAccount): number {
  const others = [...lines].filter(([other]) => other !== thread);
  const shares = others.map(([, line]) => line.msIn(['user-lock']) / total(line));
  return shares.filter((share) => share > JUDGING.noticeable && share < 1 - JUDGING.noticeable).length;
}

/** The victim's bytes in the windows in which others asked most of the disk, as a part of those in which they asked least; NaN: no surge. */
function progressInSurges(account: VictimAccount, disk: Series, process: ProcessCounters): number {
  const { windowMs, parts, leastWindows, surge: times } = DOUBTS;
  const windows: { foreign: number; own: number }[] = [];
  for (let from = account.from; from + windowMs <= account.to; from += windowMs) {
    const window = { from, to: from + windowMs };
    const own = processWork(process, window);
    windows.push({ foreign: Math.max(0, diskWork(disk, window).bytes - own.diskBytes), own: own.bytes });
  }
  const part = Math.floor(windows.length / parts);
  if (part < leastWindows) return NaN;
  const ordered = windows.toSorted((a, b) => a.foreign - b.foreign);
  const sum = (side: typeof windows, name: 'foreign' | 'own') => side.reduce((all, window) => all + window[name], 0);
  const [quiet, surge] = [ordered.slice(0, part), ordered.slice(-part)];
  return sum(surge, 'foreign') >= times * sum(quiet, 'foreign') ? sum(surge, 'own') / sum(quiet, 'own') : NaN;
}

/** Why counters can't acquit the others on the victim's disk; undefined where they can. */
export function doubtOfOthers(m: Given<'victim'>): string | undefined {
  const { account } = m;
  const disk = m.disk === undefined ? undefined : m.input.counters.disks.get(m.disk);
  const process = m.input.counters.processes.get(account.pid);
  if (!disk || !process) return undefined;
  const work = diskWork(disk, account);
  const others = 1 - movedItself(m) / work.bytes;
  if (!(others >= DOUBTS.partlyOthers)) return undefined;
  const whose =
    (isGiven(m, ['disk']) ? movedByChildren(m) : undefined) ??
    `${percent(others)} of what ${diskName(m)} moved was not the victim’s`;
  if (others >= DOUBTS.mostlyOthers && work.queueMs > allowedFor(m.norm, work))
    return `${whose}, each of the ${work.requests} requests there took ${duration(work.queueMs / work.requests)} with its queueing, and counters alone can’t tell who waited for whom`;
  const progress = progressInSurges(account, disk, process);
  return progress <= DOUBTS.heldUp
    ? `${whose}, and while others used it most the victim got ${percent(progress)} of its work done: counters alone can’t tell whether the disk kept it waiting`
    : undefined;
}

/** Why counters alone can't acquit what the victim waited for; undefined where they can. */
function doubtOfSamples(m: Given<'victim'>): string | undefined {
  const { account } = m;
  const waiting = shareOf(account, DISK_WAITS);
  if (waiting > DOUBTS.mostWaiting)
    return `counters alone can’t tell whether waiting for I/O ${percent(waiting)} of the time is as it should be`;
  if (waiting < JUDGING.noticeable) return undefined;
  const process = m.input.counters.processes.get(account.pid);
  const off = readAheadOff(m);
  if (off && waiting > JUDGING.notUnderstood && growthWithin(process?.io, 'read_bytes', account.from, account.to) > 0)
    return `the victim waited for the disk ${percent(waiting)} of its time, next to nothing is read ahead there (${off.file} is ${off.value}), and counters alone can’t tell whether it reads in order`;
  const waiters = lockWaiters(account);
  if (waiters > 0)
    return `${waiters} of the victim’s threads waited for locks while another waited for the disk, and counters alone can’t tell who kept whom waiting`;
  const faults = growthWithin(process?.stat, 'majflt', account.from, account.to);
  const work = processWork(process, account);
  // Calls on pipes and counters are counted as well: no more of them than its sectors can have been for a disk.
  const calls = Math.min(work.calls, work.diskBytes / 512);
  if (Number.isNaN(calls + faults))
    return `the victim waited for the disk ${percent(waiting)} of its time, and how much it read and wrote could not be read`;
  const waitedMs = [...account.lines.values()].reduce((sum, line) => sum + line.msIn(DISK_WAITS), 0);
  // As many flushes as its calls on the disk can have asked for.
  const flushes = Math.min(diskWork(m.input.counters.disks.get(m.disk ?? ''), account).flushes, calls);
  const mayTakeMs = flushes * m.norm.flushMs + (calls + faults) * m.norm.fixedMs + work.diskBytes / m.norm.bytesPerMs;
  if (!(waitedMs <= mayTakeMs))
    return `the victim waited ${duration(waitedMs)} for the disk in ${Math.round(calls + faults)} reads and writes of it, longer than an ordinary disk needs for them, and counters alone can’t tell for what`;
  return doubtOfOthers(m);
}

/** Where the disk was slow in too few requests for dev.slow to be sure, or served others for long and too few show what that did. */
function doubtOfEvents(m: Given<'victim'>): string | undefined {
  const { account } = m;
  const harm = harmOf(m);
  if (harm?.undecided === true && harm.share > JUDGING.notUnderstood)
    return `${diskName(m)} served others during ${percent(harm.share)} of the victim’s time while that waited, and too few of its own requests show whether that held it up`;
  if (isAsEver(m.past)) return undefined;
  const share = total(intersect(timesIn(account, DEVICE_WAITS), m.slow)) / (account.to - account.from);
  return share >= JUDGING.noticeable
    ? `the victim waited for ${diskName(m)} ${percent(share)} of its time while that took longer than an ordinary disk may, for too few requests to tell whether it is slow`
    : undefined;
}

/** Why the victim can't be called healthy, in words; undefined where nothing speaks against it. */
export function doubtOf(m: Given<'victim'>): string | undefined {
  const { account } = m;
  const circle = circleOf(m);
  if (circle !== undefined) return circle;
  return { requests: doubtOfTrace, samples: doubtOfSamples, events: doubtOfEvents }[account.source](m);
}
