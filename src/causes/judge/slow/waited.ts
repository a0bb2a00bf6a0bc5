// What the ways of telling that a disk is slow have in common: how long the victim waited for it while it was, what is beneath it, and how
// the figures are said.

import { cpuShare, IDLE } from '../../../analysis/machine/cpu-time.js';
import { isRealTime, worthOfThread } from '../../../analysis/machine/priority.js';
import { growthWithin } from '../../../analysis/machine/series.js';
import type { Measures } from '../../../analysis/measures.js';
import { percent } from '../../../base/format.js';
import { type Interval, type Intervals, total } from '../../../base/intervals.js';
import { SLOW } from '../../../model/thresholds/device.js';
import { beneathOf, type Beneath } from '../beneath.js';
import { judgeDevice } from '../judgements.js';
import type { Given } from '../needs.js';

export type Victim = Given<'victim' | 'disk'>;
export type WithRequests = Given<'victim' | 'disk' | 'requests'>;

/** The victim's waiting for the disk while the disk was slow. */
export interface Waited {
  /** Of its life. */
  readonly share: number;
  readonly lost: Intervals;
  readonly beneath: Beneath;
}

export function waited(m: Victim, lost: Intervals): Waited {
  return { lost, share: total(lost) / (m.account.to - m.account.from), beneath: beneathOf(m, lost) };
}

/** True where a process that runs in real time had a CPU for most of that time: what waits for that CPU waits until it rests. */
export function hasRealTime({ input }: Measures, span: Interval): boolean {
  return [...input.counters.processes].some(([pid, { stat }]) => {
    const worth = worthOfThread(input, pid);
    if (!worth || !isRealTime(worth)) return false;
    const ticks = growthWithin(stat, 'utime', span.from, span.to) + growthWithin(stat, 'stime', span.from, span.to);
    return (ticks * 1000) / input.ticksPerSecond >= SLOW.realTime * (span.to - span.from);
  });
}

/** True where a loop device's workers, which wait for a CPU like everybody, had none: all were busy, or one was taken in real time. */
export function lacksCpu(m: WithRequests, span: Interval): boolean {
  const isLoop = m.topology.device(m.load.disk)?.backingFile !== undefined;
  return isLoop && (cpuShare(m.input, span, IDLE) < SLOW.saturated || hasRealTime(m, span));
}

/** True where the devices on which it stands were seen to answer, and as fast as ordinary ones. */
export function isFastBeneath({ beneath }: Measures): boolean {
  const factors = beneath.map((lower) => judgeDevice(lower)?.factor ?? NaN).filter((factor) => !Number.isNaN(factor));
  return factors.length > 0 && factors.every((factor) => factor <= 1);
}

/** 'as long as it may' as a multiple: '3.2 times', '40 % of'. */
export function times(factor: number): string {
  return factor >= 1 ? `${factor.toFixed(1)} times` : `${percent(factor)} of`;
}

/** The advice of all ways where nothing beneath the disk is named. */
export function lookAt(name: string): string {
  return `Look at ${name} itself: the provider’s volume metrics, the controller’s log (dmesg), SMART; on a stacked device look at the one beneath.`;
}

/** The measurement that tells a slow loop device from one whose workers wait for a CPU. */
export function withIdleCpus(name: string): string {
  return `the same load while every CPU has time, which they had not: ${name} is a loop device, whose workers need one`;
}
