// What the causes of memory share: the limit of the victim's cgroup that is used up, and whether the victim's own pages come and go.

import { basename } from 'node:path';
import { growthOf } from '../../analysis/machine/series.js';
import { unitAt } from '../../analysis/machine/units.js';
import type { Measures } from '../../analysis/measures.js';
import type { Culprit } from '../../model/diagnosis.js';
import type { CgroupLimit } from '../../model/facts.js';
import { memory, said } from '../../model/quantity.js';
import type { Argument } from '../cause.js';
import { change, setProperties, write, type Command } from './advice.js';
import type { Given } from './needs.js';
import { limitsOn } from './judgements.js';
import { MEMORY } from '../../model/thresholds/memory.js';

/** What systemd calls the files of a unit's cgroup. */
const PROPERTIES: Readonly<Record<string, string>> = {
  'memory.limit_in_bytes': 'MemoryLimit',
  'memory.max': 'MemoryMax',
  'memory.high': 'MemoryHigh',
};

/** A limit with what was used of it at most, bytes. */
export interface UsedLimit extends CgroupLimit {
  readonly used: number;
}

/** The memory limit of a cgroup of the victim that is used up. */
export function memoryLimit(m: Measures): UsedLimit | undefined {
  return limitsOn(m, 'memory')
    .flatMap((limit) => {
      const folder = limit.file.slice(0, limit.file.lastIndexOf('/'));
      const used = ['memory.usage_in_bytes', 'memory.current']
        .flatMap((name) => [...(m.input.counters.cgroups.get(`${folder}/${name}`)?.columns.get('value') ?? [])])
        .filter((value) => Number.isFinite(value));
      const most = used.reduce((a, b) => Math.max(a, b), -Infinity);
      return most >= MEMORY.reached * limit.value ? [{ ...limit, used: most }] : [];
    })
    .toSorted((a, b) => a.value - b.value)[0];
}

export function memoryCulprit(limit: CgroupLimit | undefined): Culprit {
  return limit
    ? { kind: 'cgroup', name: limit.cgroup, file: limit.file }
    : { kind: 'setting', name: 'the machine’s memory', file: '/proc/meminfo' };
}

/** That a cgroup's limit is used up, and what that means for a cause; nothing where there is no limit. */
export function limitReached(limit: UsedLimit | undefined, meaning: string): Argument[] {
  if (!limit) return [];
  return [
    {
      measure: 'memory of its cgroup',
      value: said`${memory(limit.used)} of ${memory(limit.value)}`,
      meaning,
      source: limit.file,
    },
  ];
}

/** Twice the limit, for a start; of a unit by its manager. */
export function raiseLimit({ file, cgroup, value }: UsedLimit): Command {
  const what = `how much memory the processes of cgroup ${cgroup} may have, page cache included`;
  const unit = unitAt(cgroup);
  const property = PROPERTIES[basename(file)];
  if (property === undefined || unit === undefined) return write(String(2 * value), file, what, String(value));
  const set = (bytes: number) => setProperties(unit, `${property}=${bytes}`);
  return change(set(2 * value), what, `\`${set(value)}\``);
}

export interface Swapping {
  readonly faultsPerSecond: number;
  readonly inPerSecond: number;
  readonly outPerSecond: number;
}

/** How fast the victim's pages come and go; undefined where they don't. */
export function swapping({ account, input }: Given<'victim'>): Swapping | undefined {
  const seconds = (account.to - account.from) / 1000;
  const faults = growthOf(input.counters.processes.get(account.pid)?.stat, 'majflt') / seconds;
  const pagesIn = growthOf(input.counters.vmstat, 'pswpin') / seconds;
  const pagesOut = growthOf(input.counters.vmstat, 'pswpout') / seconds;
  // Read-ahead brings several pages a fault, and others swap as well: a fault each, or half the pages, is the victim's doing.
  const isOwn = faults >= MEMORY.leastPerSecond && pagesIn >= MEMORY.leastPerSecond;
  return isOwn ? { faultsPerSecond: faults, inPerSecond: pagesIn, outPerSecond: pagesOut } : undefined;
}
