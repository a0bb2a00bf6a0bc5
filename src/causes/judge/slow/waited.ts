// What the ways of telling that a disk is slow have in common: how long the victim waited for it while it was, what is beneath it, and how
// the figures are said.

import { percent } from '../../../base/format.js';
import { total, type Interval } from '../../../base/intervals.js';
import { beneathOf, type Beneath } from '../beneath.js';
import type { Given } from '../needs.js';

export type Victim = Given<'victim' | 'disk'>;
export type WithRequests = Given<'victim' | 'disk' | 'requests'>;

/** The victim's waiting for the disk while the disk was slow. */
export interface Waited {
  /** Of its life. */
  readonly share: number;
  readonly lost: readonly Interval[];
  readonly beneath: Beneath;
}

export function waited(m: Victim, lost: readonly Interval[]): Waited {
  return { lost, share: total(lost) / (m.account.to - m.account.from), beneath: beneathOf(m, lost) };
}

/** 'as long as it may' as a multiple: '3.2 times', '40 % of'. */
export function times(factor: number): string {
  return factor >= 1 ? `${factor.toFixed(1)} times` : `${percent(factor)} of`;
}

/** The advice of all ways where nothing beneath the disk is named. */
export function lookAt(name: string): string {
  return `Look at ${name} itself: the provider’s volume metrics, the controller’s log (dmesg), SMART; on a stacked device look at the one beneath.`;
}
