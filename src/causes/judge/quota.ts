// The CPU quota of the victim's cgroups: how often it ran out, and how it is raised.

import { dirname, join } from 'node:path';
import { growthOf } from '../../analysis/machine/series.js';
import { unitAt } from '../../analysis/machine/units.js';
import type { Advice } from '../../model/diagnosis.js';
import { advise, change, setProperties, write } from './advice.js';
import { limitsOn } from './judgements.js';
import type { Given } from './needs.js';

export interface Quota {
  readonly times: number;
  readonly ms: number;
  /** The file that sets it. */
  readonly path: string;
  /** Of one CPU. */
  readonly share: number;
}

/** How often, and for how long, the victim's cgroups ran out of quota during the recording. */
export function quotaOf(m: Given<'victim'>): Quota | undefined {
  for (const limit of limitsOn(m, 'cpu')) {
    for (const [path, series] of m.input.counters.cgroups) {
      if (path !== join(dirname(limit.file), 'cpu.stat')) continue;
      const times = growthOf(series, 'nr_throttled');
      const ns = growthOf(series, 'throttled_time');
      if (times > 0)
        return {
          times,
          ms: Number.isNaN(ns) ? growthOf(series, 'throttled_usec') / 1000 : ns / 1e6,
          path: limit.file,
          share: limit.value,
        };
    }
  }
  return undefined;
}

/** Twice the quota, which is a share of one CPU, in the words of the file that sets it. */
export function raiseQuota({ path, share }: Quota, m: Given<'victim'>): Advice {
  const cgroup = dirname(path);
  const what = `how much CPU time the processes of ${cgroup} may have`;
  const unit = unitAt(cgroup);
  if (unit !== undefined) {
    const set = (quota: number) => setProperties(unit, `CPUQuota=${Math.round(quota * 100)}%`);
    return advise`Raise the quota, for a start to twice as much: ${change(set(2 * share), what, `\`${set(share)}\``)}.`;
  }
  const was = m.input.facts.flatMap(({ files }) => files.get(path)?.trim() ?? []).at(-1);
  const [quotaUs = '', ...period] = (was ?? '').split(' ');
  if (!(Number(quotaUs) > 0)) return advise`Raise the quota in ${path}.`;
  return advise`Raise the quota, for a start to twice as much: ${write([2 * Number(quotaUs), ...period].join(' '), path, what, was)}.`;
}
