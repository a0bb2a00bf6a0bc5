// What a device keeps to itself while what it stands on has nothing to do. A mapped one (device-mapper) may be suspended, a pool without room, or without a
// path, and what is sent to it waits in its target; the kernel counts such bios as under way on some versions and on others not at all. A loop device
// writes to a file, whose filesystem may be frozen. Source: Documentation/admin-guide/device-mapper, dmsetup(8), fsfreeze(8).

import type { Measures } from '../../analysis/measures.js';
import { growthWithin } from '../../analysis/machine/series.js';
import { intersect, type Intervals, total, union } from '../../base/intervals.js';
import { shellWord } from '../../base/shell.js';
import type { DeviceId } from '../../model/counters.js';
import type { Advice, Culprit } from '../../model/diagnosis.js';
import type { BlockDevice } from '../../model/facts.js';
import { MAPPED } from '../../model/thresholds/device.js';
import { DEVICE_JUDGING } from '../../model/thresholds/judging.js';
import { advise, change, look } from './advice.js';

export interface Kept {
  /** 'dm-0 itself', 'the filesystem of /srv, on which its file lies, or in its own workers'. */
  readonly where: string;
  readonly culprit: Culprit;
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

/** For which share of these times nothing on these devices was at work; undefined where too much was, or it is not known. */
function idleFor(m: Measures, below: readonly DeviceId[], times: Intervals): number | undefined {
  const worked = below.reduce((sum, id) => sum + workedMs(m, id, times), 0);
  const idleShare = Math.min(1, 1 - worked / total(times));
  return below.length > 0 && idleShare >= MAPPED.idleBeneath ? idleShare : undefined;
}

/** Kept by a mapped device: nothing of all that it stands on was at work. */
function keptByMapping(m: Measures, device: BlockDevice, mappedName: string, times: Intervals): Kept | undefined {
  const below = m.topology.beneath(device.id);
  const idleShare = idleFor(m, below, times);
  if (idleShare === undefined) return undefined;
  const mapped = shellWord(mappedName);
  return {
    where: `${device.name} itself`,
    culprit: { kind: 'device', name: device.name },
    beneath: below.map((id) => m.topology.name(id)).join(', '),
    idleShare,
    advice: advise`See whether ${device.name} keeps it: ${look(`dmsetup info ${mapped}`)} tells whether it is suspended, ${look(`dmsetup table ${mapped}`)} what it does with what it is given (the origin of a snapshot copies each block first), ${look(`dmsetup status ${mapped}`)} whether its pool is full or its paths are gone.`,
  };
}

/** Kept above the disk of a loop device’s file, whose writers the dirty throttle did not pause: that filesystem lets nothing through. */
function keptByFile(m: Measures, device: BlockDevice, file: string, times: Intervals): Kept | undefined {
  const mountPoint = m.topology.mountPointOf(file);
  const nearest = device.beneath.slice(0, 1).map((id) => m.topology.disk(id));
  // Workers that wait for a CPU, as everybody does, do not wait for so long at once.
  const long = union([...times].filter(({ from, to }) => to - from >= DEVICE_JUDGING.hiccupMs));
  const unpaused = total(long) - total(intersect(long, m.pausedBeneath));
  if (mountPoint === undefined || unpaused < total(times) / 2) return undefined;
  const idleShare = idleFor(m, nearest, long);
  if (idleShare === undefined) return undefined;
  const thaw = change(
    `fsfreeze --unfreeze ${shellWord(mountPoint)}`,
    'a frozen filesystem lets its writers go on, whether or not the snapshot is done; any other refuses it',
    `\`fsfreeze --freeze ${shellWord(mountPoint)}\``,
  );
  return {
    where: `the filesystem of ${mountPoint}, on which its file lies, or in its own workers`,
    culprit: { kind: 'filesystem', name: mountPoint },
    beneath: nearest.map((id) => m.topology.name(id)).join(', '),
    idleShare,
    advice: advise`See whether ${mountPoint} is frozen, as for a snapshot of its volume: whoever writes there waits then. Whoever froze it thaws it; by hand ${thaw} does.`,
  };
}

/** Undefined where the victim’s disk is no such device, or what it stands on was at work in these times, or is not known. */
export function keptInside(m: Measures, times: Intervals): Kept | undefined {
  const device = m.disk === undefined ? undefined : m.topology.device(m.disk);
  if (!device || total(times) === 0) return undefined;
  if (device.mappedName !== undefined) return keptByMapping(m, device, device.mappedName, times);
  return device.backingFile === undefined ? undefined : keptByFile(m, device, device.backingFile, times);
}
