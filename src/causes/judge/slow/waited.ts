// What the ways of telling that a disk is slow have in common: how long the victim waited for it while it was, what is beneath it, and how
// the figures are said.

import type { Measures } from '../../../analysis/measures.js';
import { percent } from '../../../base/format.js';
import { type Interval, type Intervals, total } from '../../../base/intervals.js';
import type { Advice } from '../../../model/diagnosis.js';
import { advise, look } from '../advice.js';
import { beneathOf, type Beneath } from '../beneath.js';
import { lackCpu } from '../cpu-behind.js';
import { diskName, judgeDevice } from '../judgements.js';
import { journalAround } from '../logs.js';
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

/**
 * True where a loop device's workers, which wait for a CPU like everybody, had none: all were busy, or one was taken in real time. Workers that get what
 * a limit beneath lets through lack none.
 */
export function lacksCpu(m: WithRequests, span: Interval, { isAtLimit }: Beneath): boolean {
  if (isAtLimit) return false;
  const isLoop = m.topology.device(m.load.disk)?.backingFile !== undefined;
  return isLoop && lackCpu(m, span);
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

/** What a device stands on, which may be what is slow; nothing for one that stands on nothing. */
function standsOn({ disk, topology }: Victim): Advice[] {
  const device = topology.device(disk);
  if (device?.backingFile !== undefined)
    return [advise`It keeps its blocks in a file: ${look(`losetup --list /dev/${device.name}`)} names it.`];
  return topology.beneath(disk).length > 0
    ? [advise`It stands on others, which may be what is slow: ${look(`lsblk --inverse /dev/${topology.name(disk)}`)}.`]
    : [];
}

/** The advice of all ways where nothing beneath the disk is named. */
export function lookAt(m: Victim, lost: Intervals): Advice[] {
  return [
    advise`Look at ${diskName(m)} itself: the provider’s volume metrics, SMART, and what the kernel said of its controller: ${journalAround(m.input, lost, true)}.`,
    advise`See whether it is so now: ${look(`iowitness iostat -xz 1 ${m.topology.name(m.disk)}`)}.`,
    ...standsOn(m),
  ];
}

/** The measurement that tells a slow loop device from one whose workers wait for a CPU. */
export function withIdleCpus(name: string): string {
  return `the same load while every CPU has time, which they had not: ${name} is a loop device, whose workers need one`;
}
