// What the victim's disk stands on, and whether a limit there explains that it seems slow or capped: a cgroup's limit on a device beneath
// throttles what the disk sends down, whoever sends it.

import type { Argument } from '../cause.js';
import { growthWithin } from '../../analysis/machine/series.js';
import type { Interval, Intervals } from '../../base/intervals.js';
import type { Measures } from '../../analysis/measures.js';
import type { Advice, Culprit } from '../../model/diagnosis.js';
import type { CgroupLimit } from '../../model/facts.js';
import { advise, unlimit } from './advice.js';
import { diskName, limitsOn } from './judgements.js';
import { BENEATH } from '../../model/thresholds/device.js';

export interface Beneath {
  /** The limit's cgroup, or else the disk itself. */
  readonly culprit: Culprit;
  readonly evidence: readonly Argument[];
  /** What to do about the limit, where there is one. */
  readonly advice: readonly Advice[];
}

/**
 * A throttle counts operations before they are merged. True where the limited device did much of what it may between two times, or where that was not
 * recorded.
 */
function isReached(m: Measures, limit: CgroupLimit, { from, to }: Interval): boolean {
  const series = m.input.counters.disks.get(limit.device ?? '');
  const direction = limit.what.startsWith('r') ? 'rd' : 'wr';
  const done = limit.what.endsWith('bps')
    ? growthWithin(series, `${direction}_sectors`, from, to) * 512
    : growthWithin(series, `${direction}_ios`, from, to) + growthWithin(series, `${direction}_merges`, from, to);
  return !(done / ((to - from) / 1000) < BENEATH.leastUsed * limit.value);
}

/** `times` is when the disk was slow. */
export function beneathOf(m: Measures, times: Intervals): Beneath {
  const below = m.disk === undefined ? [] : m.topology.beneath(m.disk);
  const span = { from: times.from[0] ?? NaN, to: times.to.at(-1) ?? NaN };
  const limit = below.flatMap((id) => limitsOn(m, 'io', id)).find((one) => isReached(m, one, span));
  const device = { kind: 'device', name: m.disk === undefined ? diskName(m) : m.topology.name(m.disk) } as const;
  if (below.length === 0) return { culprit: device, evidence: [], advice: [] };
  const text = limit && `${limit.value} ${limit.what} on ${m.topology.name(limit.device ?? '')}`;
  return {
    culprit: limit ? { kind: 'cgroup', name: `${limit.cgroup} (${text})`, file: limit.file } : device,
    evidence: [
      {
        measure: 'what it stands on',
        value: below.map((id) => m.topology.name(id)).join(' on '),
        meaning: limit
          ? `cgroup ${limit.cgroup} is limited to ${text} beneath: the limit works through ${diskName(m)} and looks like a slow device`
          : 'the slowness may come from beneath: look there as well',
        source: limit?.file ?? '/sys/block',
      },
    ],
    advice: limit ? [advise`Raise the limit, or remove it: ${unlimit(limit)}.`] : [],
  };
}
