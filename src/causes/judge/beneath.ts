// What the victim's disk stands on, and whether a limit there explains that it seems slow or capped: a cgroup's limit on a device beneath
// throttles what the disk sends down, whoever sends it.

import type { Argument } from '../cause.js';
import { growthWithin } from '../../analysis/machine/series.js';
import { percent } from '../../base/format.js';
import type { Interval, Intervals } from '../../base/intervals.js';
import type { Measures } from '../../analysis/measures.js';
import type { DeviceId } from '../../model/counters.js';
import type { Advice, Culprit } from '../../model/diagnosis.js';
import type { CgroupLimit } from '../../model/facts.js';
import { advise, unlimit } from './advice.js';
import { diskName, limitsOn } from './judgements.js';
import { keptInside } from './kept-inside.js';
import { CGROUP_LIMIT } from '../../model/thresholds/block.js';
import { BENEATH, CAPPED } from '../../model/thresholds/device.js';

/** A limit on a device, and the share of it that was used. */
export interface UsedLimit {
  readonly limit: CgroupLimit;
  /** NaN where that was not recorded. */
  readonly used: number;
}

export interface Beneath {
  /** The limit's cgroup, or else the disk itself. */
  readonly culprit: Culprit;
  readonly evidence: readonly Argument[];
  /** What to do about the limit, where there is one. */
  readonly advice: readonly Advice[];
  /** True where the device beneath did what the limit lets it do: nothing else need hold it back. */
  readonly isAtLimit: boolean;
}

/**
 * What the limited device did between two times as a part of what it may; NaN where that was not recorded. A throttle counts operations before they are
 * merged, and flushes as writes.
 */
function usedOf(m: Measures, limit: CgroupLimit, { from, to }: Interval): number {
  const series = m.input.counters.disks.get(limit.device ?? '');
  const grown = (name: string) => growthWithin(series, name, from, to);
  const direction = limit.what.startsWith('r') ? 'rd' : 'wr';
  // Kernels before 5.5 count no flushes.
  const flushes = direction === 'wr' ? grown('fl_ios') || 0 : 0;
  const done = limit.what.endsWith('bps')
    ? grown(`${direction}_sectors`) * 512
    : grown(`${direction}_ios`) + grown(`${direction}_merges`) + flushes;
  return done / ((to - from) / 1000) / limit.value;
}

/** True of what a limit lets through. More than that was done, at least for a part of the time, while it was not in force. */
function isAtLimit(used: number, least: number): boolean {
  return used >= least && used < CGROUP_LIMIT.reached.most;
}

/** The limits on these disks that bind the victim and were used up, the one that was used most first. */
export function limitsReached(m: Measures, disks: readonly DeviceId[], times: Intervals): UsedLimit[] {
  if (times.length === 0) return [];
  const span = { from: times.from[0] ?? NaN, to: times.to.at(-1) ?? NaN };
  return disks
    .flatMap((id) => limitsOn(m, 'io', id))
    .map((limit) => ({ limit, used: usedOf(m, limit, span) }))
    .filter(({ used }) => isAtLimit(used, CAPPED.reached))
    .toSorted((a, b) => b.used - a.used);
}

/** `times` is when the disk was slow. */
export function beneathOf(m: Measures, times: Intervals): Beneath {
  const below = m.disk === undefined ? [] : m.topology.beneath(m.disk);
  const span = { from: times.from[0] ?? NaN, to: times.to.at(-1) ?? NaN };
  const limit = below.flatMap((id) => limitsOn(m, 'io', id)).find((one) => !(usedOf(m, one, span) < BENEATH.leastUsed));
  const device = { kind: 'device', name: m.disk === undefined ? diskName(m) : m.topology.name(m.disk) } as const;
  if (below.length === 0) return { culprit: device, evidence: [], advice: [], isAtLimit: false };
  const kept = limit ? undefined : keptInside(m, times);
  const text = limit && `${limit.value} ${limit.what} on ${m.topology.name(limit.device ?? '')}`;
  return {
    culprit: limit
      ? { kind: 'cgroup', name: `${limit.cgroup} (${text})`, file: limit.file }
      : (kept?.culprit ?? device),
    evidence: [
      {
        measure: 'what it stands on',
        value: below.map((id) => m.topology.name(id)).join(' on '),
        meaning: limit
          ? `cgroup ${limit.cgroup} is limited to ${text} beneath: the limit works through ${diskName(m)} and looks like a slow device`
          : kept
            ? `had nothing to do for ${percent(kept.idleShare)} of that time: what the victim waited for was in ${kept.where}`
            : 'the slowness may come from beneath: look there as well',
        source: limit?.file ?? '/sys/block',
      },
    ],
    advice: limit ? [advise`Raise the limit, or remove it: ${unlimit(limit)}.`] : kept ? [kept.advice] : [],
    isAtLimit: limit !== undefined && isAtLimit(usedOf(m, limit, span), CGROUP_LIMIT.reached.least),
  };
}
