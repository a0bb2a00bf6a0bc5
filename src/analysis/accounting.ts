// Where the victim's wall time went: exclusive states that sum to it. From kernel events where there are any (every switch of the
// thread), otherwise from samples of /proc (exact CPU and run-queue time from schedstat, the rest by wait channel).

import type { DeviceId, ProcessCounters } from '../model/counters.js';
import type { State } from '../model/states.js';
import type { Case } from './case.js';
import { growthWithin, lastAtOrBefore } from './growth.js';
import { kernelThreadTest, linkWakes, ownRequests, splitWaits } from './own.js';
import type { Origins } from './origins.js';
import type { Requests } from './requests.js';
import { births, threadName, threadsOf } from './threads.js';
import { timelines, type Segment } from './timeline.js';
import { stateOfWchan } from './waits.js';

/** The account of one victim: of the thread of it that was held up most. */
export interface VictimAccount {
  readonly pid: number;
  readonly thread: number;
  readonly name: string;
  readonly threads: ReadonlySet<number>;
  readonly from: number;
  readonly to: number;
  /** 'requests': a block trace, which shows nothing of it but its requests. */
  readonly source: 'events' | 'samples' | 'requests';
  readonly segments: readonly Segment[];
  /** All its threads as the scheduler saw them, waits not split into stages; empty without events. */
  readonly lines: ReadonlyMap<number, readonly Segment[]>;
  readonly ms: ReadonlyMap<State, number>;
  /** By request: 1 = the victim's, 2 = told by its wake-up; empty without events. */
  readonly own: Uint8Array;
}

/** States in which a thread is held up: they choose the thread to account for. */
export const WAITING: ReadonlySet<State> = new Set<State>([
  'runnable',
  'dirty-throttle',
  'block-held',
  'block-queue',
  'block-device',
  'block-finish',
  'journal',
  'fs-lock',
  'fs-frozen',
  'reclaim',
  'swap',
  'cgroup-cpu',
  'stopped',
  'unexplained',
]);

function sumByState(segments: readonly Segment[]): Map<State, number> {
  const sums = new Map<State, number>();
  for (const { state, from, to } of segments) sums.set(state, (sums.get(state) ?? 0) + to - from);
  return sums;
}

/** ms in which a thread was held up. */
export function waitedMs(segments: readonly Segment[]): number {
  let sum = 0;
  for (const { state, from, to } of segments) if (WAITING.has(state)) sum += to - from;
  return sum;
}

/** The victim's own time within the recording: the probe's from its first operation, anybody else's while it lived. */
function lifetime(input: Case, pid: number): { from: number; to: number } {
  const mark = input.victims.find((victim) => victim.pid === pid);
  if (mark?.role === 'probe' && input.probe.length > 0) {
    const last = input.probe.at(-1);
    const finished = input.probe.some((slice) => slice.phase === 'end');
    return { from: input.probe[0]?.fromMs ?? 0, to: finished ? (last?.toMs ?? input.durationMs) : input.durationMs };
  }
  const stat = input.counters.processes.get(pid)?.stat.t;
  const gone = input.losses.some((loss) => loss.code === 'victim-gone' && loss.where.includes(`(${pid})`));
  const from = mark?.role === 'command' ? (stat?.[0] ?? 0) : 0;
  return { from, to: gone ? (stat?.at(-1) ?? input.durationMs) : input.durationMs };
}

/** The victim's account; undefined where nothing tells of it. `disk` is the disk that its filesystem lies on. */
export function accountFor(
  input: Case,
  pid: number,
  requests: Requests | undefined,
  origins: Origins | undefined,
  disk: DeviceId | undefined,
): VictimAccount | undefined {
  const { from, to } = lifetime(input, pid);
  const threads = threadsOf(input, pid);
  const name = threadName(input, pid);
  if (input.events?.tables.get('sched_switch') && requests && origins) {
    const lines = timelines(input.events, threads, from, to, births(input));
    const [thread, raw] = [...lines].sort((a, b) => waitedMs(b[1]) - waitedMs(a[1]))[0] ?? [];
    if (thread !== undefined && raw !== undefined) {
      const living = raw.filter((segment) => segment.state !== 'ended');
      const index = requests.disks.indexOf(disk ?? '');
      const kernel = kernelThreadTest(input.events.comms);
      const wakes = linkWakes(living, requests, index, kernel);
      const own = ownRequests(requests, origins, threads, wakes);
      // A worker of the kernel that queues a bio for nobody known passes on what a throttle had held back.
      const passedOn = (row: number) =>
        origins.list[origins.of[row] ?? 0]?.via === 'unattributed' && requests.inode[row] === -1;
      const segments = splitWaits(living, requests, own, wakes, index, kernel, passedOn);
      // What a command forks is a process of its own, with its own name.
      const isChild = thread !== pid && input.threads.get(pid)?.includes(thread) !== true;
      return {
        pid: isChild ? thread : pid,
        thread,
        name: isChild ? threadName(input, thread) : name,
        threads,
        from: segments[0]?.from ?? from,
        to: segments.at(-1)?.to ?? to,
        source: 'events',
        segments,
        lines,
        ms: sumByState(segments),
        own,
      };
    }
  }
  const counters = input.counters.processes.get(pid);
  if (!counters || counters.stat.t.length < 2) return undefined;
  const segments = sampledSegments(counters, from, to, {
    diskBusy: (a, b) => diskBusy(input, disk, a, b),
    quotaUsedUp: (a, b) => quotaUsedUp(input, a, b),
  });
  if (segments.length === 0) return undefined;
  return {
    pid,
    thread: pid,
    name,
    threads,
    from: segments[0]?.from ?? from,
    to: segments.at(-1)?.to ?? to,
    source: 'samples',
    segments,
    lines: new Map(),
    ms: sumByState(segments),
    own: new Uint8Array(requests?.length ?? 0),
  };
}

/** True where /proc/diskstats shows the disk at work between two times; undefined where it can't tell. */
function diskBusy(input: Case, disk: DeviceId | undefined, from: number, to: number): boolean | undefined {
  const series = disk === undefined ? undefined : input.counters.disks.get(disk);
  const ticks = series?.columns.get('io_ticks');
  if (!series || !ticks) return undefined;
  const before = lastAtOrBefore(series.t, from);
  const after = Math.min(series.t.length - 1, lastAtOrBefore(series.t, to) + 1);
  if (before < 0 || after <= before) return undefined;
  return (ticks[after] ?? 0) - (ticks[before] ?? 0) > 0.2 * ((series.t[after] ?? 0) - (series.t[before] ?? 0));
}

/** What else was going on between two times. */
interface Surroundings {
  readonly diskBusy: (from: number, to: number) => boolean | undefined;
  readonly quotaUsedUp: (from: number, to: number) => boolean;
}

/** Cgroups are sampled twice a second, ms. */
const CGROUP_SAMPLES_MS = 600;

/** True where a cgroup of the victims ran out of its CPU quota about then. */
function quotaUsedUp(input: Case, from: number, to: number): boolean {
  return [...input.counters.cgroups.values()].some(
    (series) => growthWithin(series, 'nr_throttled', from - CGROUP_SAMPLES_MS, to + CGROUP_SAMPLES_MS) > 0,
  );
}

const STATE_OF_LETTER: Readonly<Record<string, State>> = {
  T: 'stopped',
  t: 'stopped',
  Z: 'ended',
  X: 'ended',
  R: 'running',
};

/** One segment per state and sampling interval: CPU and run-queue time as schedstat counts them, the rest by what it slept in. */
function sampledSegments(counters: ProcessCounters, from: number, to: number, around: Surroundings): Segment[] {
  const segments: Segment[] = [];
  const { t } = counters.stat;
  const sched = counters.schedstat;
  const run = sched?.columns.get('run_ns');
  const wait = sched?.columns.get('wait_ns');
  for (let index = 1; index < t.length; index += 1) {
    const begin = Math.max(t[index - 1] ?? 0, from);
    const end = Math.min(t[index] ?? 0, to);
    if (end <= begin) continue;
    const delta = (values: Float64Array | undefined) => {
      if (!sched || !values) return 0;
      const a = values[lastAtOrBefore(sched.t, t[index - 1] ?? 0)] ?? NaN;
      const b = values[lastAtOrBefore(sched.t, t[index] ?? 0)] ?? NaN;
      return Number.isFinite(b - a) ? Math.max(0, (b - a) / 1e6) : 0;
    };
    const running = Math.min(delta(run), end - begin);
    const runnable = Math.min(delta(wait), end - begin - running);
    let at = begin;
    const add = (ms: number, state: State, wchan?: string) => {
      if (ms > 0) segments.push({ from: at, to: at + ms, state, ...(wchan !== undefined && { wchan }) });
      at += Math.max(0, ms);
    };
    add(running, 'running');
    add(runnable, 'runnable');
    const wchan = counters.wchan?.name[lastAtOrBefore(counters.wchan.t, t[index] ?? 0)];
    add(end - at, sampledState(counters, index, begin, end, around), wchan);
  }
  return segments;
}

/** What the sample says of the time that was neither on a CPU nor on a run queue. */
function sampledState(
  counters: ProcessCounters,
  index: number,
  from: number,
  to: number,
  { diskBusy: isBusy, quotaUsedUp: isOut }: Surroundings,
): State {
  const t = counters.stat.t[index] ?? 0;
  const wchan = counters.wchan;
  const state = wchan ? stateOfWchan(wchan.name[lastAtOrBefore(wchan.t, t)] ?? '') : undefined;
  if (state === 'block-device') return isBusy(from, to) === false ? 'block-held' : 'block-device';
  if (state !== undefined && state !== 'unexplained') return state;
  const letter = counters.state[index] ?? '';
  // Uninterruptible sleep beside a disk at work is a wait for it more often than anything else.
  if (letter === 'D' && isBusy(from, to) === true) return 'block-device';
  // Ready, and neither on a CPU nor waiting for one: schedstat does not count what a quota takes away.
  if (letter === 'R' && isOut(from, to)) return 'cgroup-cpu';
  if (letter === 'S' && state === undefined) return 'asleep';
  return STATE_OF_LETTER[letter] ?? 'unexplained';
}
