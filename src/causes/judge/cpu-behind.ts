// When a wait for durability is a wait for a CPU: threads of the kernel write for the victim (jbd2, kworkers, the workers of a loop device), and where
// other programs have the CPUs these wait for one as the victim does. No event shows them, so it is told by what is left: no device had
// anything to do, no CPU was idle, and the kernel ran for too little of the time to have been at work. A file of its own because the causes of
// durable writes leave this time out and cpu.starved counts it.

import type { Measures } from '../../analysis/measures.js';
import { BUSY, cpuMs, cpuShare, IDLE } from '../../analysis/machine/cpu-time.js';
import { isRealTime, worthOfThread } from '../../analysis/machine/priority.js';
import { growthWithin } from '../../analysis/machine/series.js';
import { underWay } from '../../analysis/victim/own-requests.js';
import {
  coveredMs,
  intersect,
  type Interval,
  IntervalList,
  type Intervals,
  NO_INTERVALS,
  total,
  union,
  without,
} from '../../base/intervals.js';
import { remembered } from '../../base/remember.js';
import { STARVED } from '../../model/thresholds/cpu.js';
import { SLOW } from '../../model/thresholds/device.js';
import { JUDGING } from '../../model/thresholds/judging.js';
import { limitsOn } from './judgements.js';
import { isGiven, type Given } from './needs.js';

const PROGRAMS = ['user', 'nice', 'steal'] as const;
const OF_KERNEL = ['system', 'irq', 'softirq'] as const;

/** True for a device that has a file on others for its own: what it is busy with is theirs, or its workers'. */
function isLoop({ topology }: Measures, disk: string): boolean {
  return topology.device(disk)?.backingFile !== undefined && topology.beneath(disk).length > 0;
}

function findAtWork(m: Given<'victim' | 'requests'>): Intervals | undefined {
  const { requests, account, topology } = m;
  if (total(intersect(requests.sampled, [account])) > 0) return undefined;
  const below = m.disk === undefined ? [] : topology.beneath(m.disk);
  if (below.some((disk) => limitsOn(m, 'io', disk).length > 0)) return undefined;
  const isDevice = requests.disks.map((disk) => !isLoop(m, disk));
  return union([...underWay(requests, (row) => isDevice[requests.disk[row] ?? -1] === true), ...m.pausedBeneath]);
}

/**
 * When any device had something to do, whoever's: a filesystem may have its journal elsewhere. Undefined where that can't be told: only a sample
 * was recorded, or a limit holds back beneath what no device has been given yet. Four causes ask, and it takes all requests.
 */
const devicesAtWork = remembered(findAtWork, () => '');

/** True where a process that runs in real time had a CPU for most of that time: what waits for that CPU waits until it rests. */
export function hasRealTime({ input }: Measures, span: Interval): boolean {
  return [...input.counters.processes].some(([pid, { stat }]) => {
    const worth = worthOfThread(input, pid);
    if (!worth || !isRealTime(worth)) return false;
    const ticks = growthWithin(stat, 'utime', span.from, span.to) + growthWithin(stat, 'stime', span.from, span.to);
    return (ticks * 1000) / input.ticksPerSecond >= SLOW.realTime * (span.to - span.from);
  });
}

/** True where threads of the kernel, which wait for a CPU like everybody, may have had none: all were busy, or one was taken in real time. */
export function lackCpu(m: Measures, span: Interval): boolean {
  return cpuShare(m.input, span, IDLE) < SLOW.saturated || hasRealTime(m, span);
}

/**
 * True where other programs had the CPUs for so much of a window that what the victim waited for there, `waitedMs` long, hardly ran. `own`: when
 * its own threads ran.
 */
function areTaken(m: Measures, window: Interval, waitedMs: number, own: readonly Intervals[]): boolean {
  const { input } = m;
  if (!lackCpu(m, window)) return false;
  const ran = own.reduce((sum, times) => sum + coveredMs(times, window.from, window.to), 0);
  const others = cpuMs(input, window, PROGRAMS) - ran;
  return (
    others >= STARVED.leastTaken * cpuMs(input, window, [...BUSY, ...IDLE, 'steal']) &&
    cpuMs(input, window, OF_KERNEL) <= STARVED.mostKernel * waitedMs
  );
}

/** The part of these waits of the victim in which what it waited for lacked a CPU; empty where it is too small to notice. */
export function behindCpus(m: Given<'victim'>, waits: Intervals): Intervals {
  const { account } = m;
  const atWork = account.source === 'events' && isGiven(m, ['victim', 'requests']) ? devicesAtWork(m) : undefined;
  if (!atWork) return NO_INTERVALS;
  const unserved = without(waits, atWork);
  const own = [...account.lines.values()].map((line) => union(line.timesIn(['running'])));
  const taken = new IntervalList();
  for (let { from } = account; from < account.to; from += STARVED.windowMs) {
    const to = Math.min(account.to, from + STARVED.windowMs);
    const waitedMs = coveredMs(unserved, from, to);
    if (waitedMs > 0 && areTaken(m, { from, to }, waitedMs, own)) taken.push(from, to);
  }
  const behind = intersect(unserved, union(taken));
  return total(behind) >= JUDGING.noticeable * (account.to - account.from) ? behind : NO_INTERVALS;
}
