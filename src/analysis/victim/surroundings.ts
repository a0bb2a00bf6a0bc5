// What else was going on while a thread slept, by counters and facts: whether its disk was at work, its cgroup's quota used up, anything asked of any disk at
// all. It tells sleeps apart that look the same in a sample.

import type { Interval } from '../../base/intervals.js';
import { asksServer, MountIndex } from '../../base/procfs/mountinfo.js';
import { remembered } from '../../base/remember.js';
import type { Case } from '../../model/case.js';
import type { DeviceId } from '../../model/counters.js';
import { SAMPLES, TIMELINE } from '../../model/thresholds/victim.js';
import { factsOf, processesOf } from '../machine/processes.js';
import { growthWithin, lastAtOrBefore } from '../machine/series.js';

/** How long a disk worked, by the readings of /proc/diskstats around a stretch of time, and how far apart these are, ms; undefined where it can't tell. */
function workAround(
  input: Case,
  disk: DeviceId | undefined,
  { from, to }: Interval,
): { readonly busyMs: number; readonly ms: number } | undefined {
  const series = disk === undefined ? undefined : input.counters.disks.get(disk);
  const ticks = series?.columns.get('io_ticks');
  if (!series || !ticks) return undefined;
  const before = lastAtOrBefore(series.t, from);
  const after = Math.min(series.t.length - 1, lastAtOrBefore(series.t, to) + 1);
  if (before < 0 || after <= before) return undefined;
  return {
    busyMs: (ticks[after] ?? 0) - (ticks[before] ?? 0),
    ms: (series.t[after] ?? 0) - (series.t[before] ?? 0),
  };
}

/** True where the disk was at work between two times; undefined where that can't be told. */
function diskBusy(input: Case, disk: DeviceId | undefined, time: Interval): boolean | undefined {
  const work = workAround(input, disk, time);
  return work && work.busyMs > SAMPLES.diskBusyShare * work.ms;
}

/** True where the disk surely had nothing to do for most of a stretch of time that is long enough to tell. */
export function diskIdled(input: Case, disk: DeviceId | undefined, { from, to }: Interval): boolean {
  if (to - from < TIMELINE.longSleepMs) return false;
  const work = workAround(input, disk, { from, to });
  return work !== undefined && work.busyMs <= SAMPLES.diskBusyShare * (to - from);
}

/** True for a thread of a process that no disk has read or written a byte for all along; a limit that holds it back lets some through. */
const movedNothing = remembered((input: Case, thread: number): boolean => {
  const { io } = input.counters.processes.get(processesOf(input).of(thread)) ?? {};
  return (
    io !== undefined &&
    ['read_bytes', 'write_bytes'].every((name) => {
      const values = io.columns.get(name);
      return values !== undefined && values.at(-1) === values[0];
    })
  );
}, String);

/** True where a request may wait that no disk counts: behind a cgroup's limit, or for a filesystem's server. */
const waitsUncounted = remembered(
  ({ facts }: Case): boolean =>
    facts.length === 0 ||
    facts.some(({ limits, mounts }) => limits.some(({ kind }) => kind === 'io') || mounts.some(asksServer)),
  () => '',
);

/**
 * True where nobody can have had a request under way for most of a stretch of time: all disks idled. Whom none woke all along (`slept`) had none either
 * where no disk had any when that time was over, however much these did for others.
 */
function hadNoRequest(input: Case, time: Interval, slept: boolean): boolean {
  if (waitsUncounted(input) || input.counters.disks.size === 0) return false;
  return [...input.counters.disks].every(([disk, { t, columns }]) => {
    const last = lastAtOrBefore(t, time.to);
    // Busy time lacks a request that hangs until that is answered (block/blk-core.c, update_io_ticks, Linux 5.0 to 6.9).
    const isEmpty = (t[last] ?? NaN) >= time.from && columns.get('in_flight')?.[last] === 0;
    return isEmpty && (slept || diskBusy(input, disk, time) === false);
  });
}

/** True for a process all of whose open files lie on filesystems with a server: pages that it waits for while its disk idles come from there. */
const filesAreServed = remembered((input: Case, pid: number): boolean => {
  const mounts = new MountIndex(input.facts.at(0)?.mounts ?? []);
  const isServed = (path: string) => {
    const mount = mounts.of(path);
    return mount !== undefined && asksServer(mount);
  };
  const files = factsOf(input, pid)
    .flatMap(({ openFiles = [] }) => openFiles)
    .filter((path) => !/^\/(dev|proc|sys|run)\//.test(path));
  return files.length > 0 && files.every(isServed);
}, String);

/** What else was going on between two times. */
export interface Surroundings {
  readonly diskBusy: (from: number, to: number) => boolean | undefined;
  readonly quotaUsedUp: (from: number, to: number) => boolean;
  /** Whether the process can't have had a request under way for most of that time; `slept`: the thread never ran in it. */
  readonly nothingAsked: (from: number, to: number, slept: boolean) => boolean;
  readonly isServed: () => boolean;
}

/** True where a cgroup of the victims ran out of its CPU quota about then. */
function quotaUsedUp(input: Case, from: number, to: number): boolean {
  const { cgroupSamplesMs } = SAMPLES;
  return [...input.counters.cgroups.values()].some(
    (series) => growthWithin(series, 'nr_throttled', from - cgroupSamplesMs, to + cgroupSamplesMs) > 0,
  );
}

/** What went on around a thread, whose disk that is. */
export function surroundingsOf(input: Case, thread: number, disk: DeviceId | undefined): Surroundings {
  return {
    diskBusy: (from, to) => diskBusy(input, disk, { from, to }),
    quotaUsedUp: (from, to) => quotaUsedUp(input, from, to),
    nothingAsked: (from, to, slept) => movedNothing(input, thread) || hadNoRequest(input, { from, to }, slept),
    isServed: () => filesAreServed(input, processesOf(input).of(thread)),
  };
}
