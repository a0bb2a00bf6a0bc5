// Judgements that several causes make: what is needed to blame or acquit the device, and which cgroups a victim is in.

import { factsOf } from '../../analysis/machine/processes.js';
import { busyShare } from '../../analysis/requests/disk-load.js';
import type { ServiceNorm } from '../../analysis/requests/norm.js';
import { slowness, type Slowness } from '../../analysis/requests/slowness.js';
import { Intervals } from '../../base/intervals.js';
import { lastAtOrBefore, valueAt } from '../../analysis/machine/series.js';
import { timesIn, type Measures } from '../../analysis/measures.js';
import { remembered } from '../../base/remember.js';
import type { DeviceId } from '../../model/counters.js';
import type { CgroupLimit } from '../../model/facts.js';
import { said, time } from '../../model/quantity.js';
import type { State } from '../../model/states.js';
import { DEVICE_JUDGING, FROM_STATE, JUDGING } from '../../model/thresholds/judging.js';
import { NO_READ_AHEAD } from '../../model/thresholds/memory.js';
import { ramp, type Argument } from '../cause.js';
import { FIDELITY } from './fidelity.js';
import type { Given } from './needs.js';

/** The share of these times in which the device was at work: from requests, else from /proc/diskstats' io_ticks; NaN where neither tells. */
export function utilisation(m: Measures, times: Intervals): number {
  if (m.load) return busyShare(m.load, times);
  const series = m.disk === undefined ? undefined : m.input.counters.disks.get(m.disk);
  const ticks = series?.columns.get('io_ticks');
  const first = times.from[0];
  const last = times.to.at(-1);
  if (!series || !ticks || first === undefined || last === undefined) return NaN;
  const a = Math.max(0, lastAtOrBefore(series.t, first));
  const b = Math.max(0, lastAtOrBefore(series.t, last));
  const span = valueAt(series.t, b) - valueAt(series.t, a);
  return span > 0 ? Math.min(1, (valueAt(ticks, b) - valueAt(ticks, a)) / span) : NaN;
}

/** States in which the victim waits for what the device has not done yet. */
export const DEVICE_WAITS: readonly State[] = ['block-device', 'dirty-throttle'];

/** The same as samples show it: they can't tell whose I/O a wait is for, so that one in the journal counts as well. */
export const SAMPLED_WAITS: readonly State[] = ['block-device', 'block-held', 'journal', 'dirty-throttle'];

/** States that no cause argues with. */
export const UNEXPLAINED: readonly State[] = ['unexplained', 'block-finish', 'map-lock'];

/** The victim's disk over the victim's life, by class of requests. */
export interface DeviceJudgement {
  readonly classes: readonly Slowness[];
  readonly requests: number;
  readonly bytes: number;
  readonly serviceMs: number;
  /** The slowest class that took enough of the device's time and has enough requests to tell; above 1 is slow. NaN without one. */
  readonly factor: number;
}

/** True where a class of requests can tell how fast the disk is. */
export function tells({ requests, serviceMs, factor }: Slowness): boolean {
  const { enoughRequests, hiccupMs } = DEVICE_JUDGING;
  return requests >= enoughRequests || serviceMs * (1 - 1 / factor) >= hiccupMs;
}

/** How slow the victim's disk was against a norm, that of its kind unless told; undefined without requests. */
export const judgeDevice = remembered(judge, (norm?: ServiceNorm) => String(norm?.fixedMs));

/** How many times what it may the victim's disk takes; 1 where it is not slow, or too little shows it. */
export function slowFactor(m: Measures): number {
  const factor = judgeDevice(m)?.factor ?? NaN;
  return factor > 1 ? factor : 1;
}

function judge(m: Measures, norm: ServiceNorm = m.norm): DeviceJudgement | undefined {
  const { load, requests, account } = m;
  if (!load || !requests || !account) return undefined;
  const classes = slowness(load, requests, norm, Intervals.of([account]), timesIn(account, DEVICE_WAITS));
  const sum = (pick: (one: Slowness) => number) => classes.reduce((all, one) => all + pick(one), 0);
  const serviceMs = sum((one) => one.serviceMs);
  const telling = classes.filter((one) => tells(one) && one.serviceMs >= DEVICE_JUDGING.tellingShare * serviceMs);
  return {
    classes,
    requests: sum((one) => one.requests),
    // What a flush writes out was written before, and counts once.
    bytes: sum((one) => (one.class === 'flushes' ? 0 : one.bytes)),
    serviceMs,
    factor: telling.length > 0 ? Math.max(...telling.map((one) => one.factor)) : NaN,
  };
}

/** How sure a cause is that is told by the victim's state alone, which it was in for this share of its time. */
export function sureOfState({ account }: Given<'victim'>, share: number): number {
  return ramp(share, { from: JUDGING.noticeable, ...FROM_STATE.sure }) * FIDELITY[account.source].ofStates;
}

/** True where this event would have been recorded: that there is none then says that it did not happen. */
export function isTraced({ input }: Measures, event: string): boolean {
  if (input.source === 'block-trace') return event.startsWith('block_');
  return (
    input.events?.tables.has(event) === true ||
    input.trace.some(({ enabled }) => enabled.some((one) => one.endsWith(`/${event}`)))
  );
}

/** Of a device beneath the victim's disk with that disk, which is the one that its user knows. */
export function diskName(m: Measures): string {
  if (m.disk === undefined) return 'the disk';
  const name = m.topology.name(m.disk);
  return m.top === undefined ? name : `${name} (beneath ${m.topology.name(m.top)})`;
}

/** Where the victim's filesystem is mounted; undefined where nothing of its own tells. */
export function mountOfVictim(m: Measures): string | undefined {
  if (!m.diskIsOwn || m.disk === undefined) return undefined;
  // By path and not by number: btrfs gives its mounts numbers of no device.
  const mounts = m.input.facts.at(0)?.mounts.map(({ mountPoint }) => mountPoint);
  return mounts?.find((mountPoint) => m.topology.diskOfPath(mountPoint) === m.disk);
}

export interface QueueSetting {
  readonly value: string;
  readonly file: string;
}

/** A setting of the victim's disk's queue, as the latest facts have it, with its file. */
export function queueSetting(m: Measures, name: string): QueueSetting | undefined {
  const disk = m.disk === undefined ? undefined : m.input.facts.at(-1)?.devices.get(m.disk);
  const value = disk?.queue.get(name)?.trim();
  return disk && value !== undefined ? { value, file: `/sys/block/${disk.name}/queue/${name}` } : undefined;
}

/** What the kernel reads ahead at most where nobody says otherwise, KiB (include/linux/mm.h: VM_READAHEAD_PAGES). */
export const USUAL_READ_AHEAD_KIB = 128;

/** The setting of read-ahead, where it asks for so little that the usual one would bring several of its requests at once. */
export function readAheadOff(m: Measures): QueueSetting | undefined {
  const setting = queueSetting(m, 'read_ahead_kb');
  return setting && Number(setting.value) * NO_READ_AHEAD.merged <= USUAL_READ_AHEAD_KIB ? setting : undefined;
}

/** The cgroup paths of the victim, as /proc/PID/cgroup had them; a child that came and went is in those of the process that started it. */
export function cgroupsOf({ account, input }: Measures): string[] {
  const pathsOf = (pid: number | undefined) => factsOf(input, pid).flatMap(({ cgroups }) => [...cgroups.values()]);
  const own = pathsOf(account?.pid);
  const starters = input.victims.filter(({ role }) => role === 'command' || role === 'pid' || role === 'probe');
  return [...new Set(own.length > 0 ? own : starters.flatMap(({ pid }) => pathsOf(pid)))];
}

/**
 * True where a limit binds a process in cgroup `path`. A limit binds the cgroup's descendants, and the root has none; but version 1's
 * blkio throttle gives each group, the root among them, a budget of its own (blk-throttle.c, throtl_pd_init: no hierarchy in version 1).
 */
function binds(limit: CgroupLimit, path: string): boolean {
  const { cgroup } = limit;
  if (path === cgroup && (cgroup !== '/' || limit.file.includes('blkio.throttle.'))) return true;
  return cgroup !== '/' && path.startsWith(`${cgroup}/`) && !limit.file.includes('blkio.throttle.');
}

/** Limits of one kind, in force on the victim, in any of the recording's facts. */
export function limitsOn(m: Measures, kind: CgroupLimit['kind'], device?: DeviceId): CgroupLimit[] {
  const paths = cgroupsOf(m);
  const limits = m.input.facts.flatMap((facts) => facts.limits);
  const found = limits.filter(
    (limit) =>
      limit.kind === kind &&
      (device === undefined || (limit.device !== undefined && m.topology.disk(limit.device) === device)) &&
      paths.some((path) => binds(limit, path)),
  );
  return found.filter(
    (limit, index) =>
      found.findIndex(
        (other) => other.file === limit.file && other.value === limit.value && other.device === limit.device,
      ) === index,
  );
}

/** Who let a lock go that the victim waited for, after so long. */
export function released(who: string, ms: number): Argument {
  return {
    measure: 'who released it',
    value: said`${who}, after ${time(ms)}`,
    meaning: 'whoever ends a wait for the lock held it',
    source: 'sched:sched_waking',
  };
}
