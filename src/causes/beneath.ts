// What the victim's disk stands on, and whether a limit there explains that it seems slow or capped: a cgroup's limit on a device beneath
// throttles what the disk sends down, whoever sends it.

import type { Measures } from '../analysis/measures.js';
import type { Culprit, Evidence } from '../model/diagnosis.js';
import { diskName, limitsOn } from './shared.js';

export interface Beneath {
  /** The limit's cgroup, or else the disk itself. */
  readonly culprit: Culprit;
  readonly evidence: readonly Evidence[];
  /** What to do about the limit, where there is one. */
  readonly advice: readonly string[];
}

/** `direction` is what the disk is slow for: of several limits those on that come first. */
export function beneathOf(m: Measures, direction?: 'reads' | 'writes'): Beneath {
  const below = m.disk === undefined ? [] : m.topology.beneath(m.disk);
  const limits = below.flatMap((id) => limitsOn(m, 'io', id));
  const limit = limits.find(({ what }) => direction === undefined || what[0] === direction[0]);
  const device = { kind: 'device', name: diskName(m) } as const;
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
    advice: limit ? [`Raise or remove the limit in ${limit.file}.`] : [],
  };
}
