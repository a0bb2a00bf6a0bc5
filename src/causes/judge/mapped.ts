// What a mapped device (device-mapper) keeps to itself: it may be suspended, a pool without room, or without a path, and what is sent to it waits in
// its target while the devices beneath have nothing to do. The kernel counts such bios as under way on some versions and on others not at all.
// Source: Documentation/admin-guide/device-mapper, dmsetup(8).

import type { Measures } from '../../analysis/measures.js';
import { growthWithin } from '../../analysis/machine/series.js';
import { intersect, type Intervals, total } from '../../base/intervals.js';
import { shellWord } from '../../base/shell.js';
import type { DeviceId } from '../../model/counters.js';
import type { Advice } from '../../model/diagnosis.js';
import { MAPPED } from '../../model/thresholds/device.js';
import { advise, look } from './advice.js';

export interface Mapping {
  /** 'dm-0'. */
  readonly name: string;
  /** What it stands on, in words. */
  readonly beneath: string;
  /** The share of the time in which nothing beneath was at work. */
  readonly idleShare: number;
  readonly advice: Advice;
}

/** For how much of these times a device had something to do, ms; from counters where no request of it was recorded. */
function workedMs(m: Measures, id: DeviceId, times: Intervals): number {
  const load = m.beneath.find(({ disk }) => disk === id)?.load;
  if (load) return total(intersect(times, load.busy));
  const series = m.input.counters.disks.get(id);
  return [...times].reduce((sum, { from, to }) => sum + growthWithin(series, 'io_ticks', from, to), 0);
}

/** Undefined where the victim's disk is no mapped device, or what it stands on was at work in these times, or is not known. */
export function keptByMapping(m: Measures, times: Intervals): Mapping | undefined {
  const device = m.disk === undefined ? undefined : m.topology.device(m.disk);
  if (device?.mappedName === undefined || total(times) === 0) return undefined;
  const below = m.topology.beneath(device.id);
  const worked = below.reduce((sum, id) => sum + workedMs(m, id, times), 0);
  const idleShare = 1 - worked / total(times);
  if (below.length === 0 || !(idleShare >= MAPPED.idleBeneath)) return undefined;
  const mapped = shellWord(device.mappedName);
  return {
    name: device.name,
    beneath: below.map((id) => m.topology.name(id)).join(', '),
    idleShare: Math.min(1, idleShare),
    advice: advise`See whether ${device.name} keeps it: ${look(`dmsetup info ${mapped}`)} tells whether it is suspended, ${look(`dmsetup table ${mapped}`)} what it does with what it is given (the origin of a snapshot copies each block first), ${look(`dmsetup status ${mapped}`)} whether its pool is full or its paths are gone.`,
  };
}
