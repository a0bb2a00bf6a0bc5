// A thread's time from samples of /proc: CPU and run-queue time as schedstat counts them exactly, the rest by what it slept in when it was
// looked at. All there is without kernel events; beside them it tells the threads that never moved.

import { Timeline, TimelineBuilder } from '../../model/timeline.js';
import type { Interval } from '../../base/intervals.js';
import { remembered } from '../../base/remember.js';
import type { DeviceId, ProcessCounters } from '../../model/counters.js';
import type { State } from '../../model/states.js';
import type { Case } from '../../model/case.js';
import { asksServer, MountIndex } from '../../base/procfs/mountinfo.js';
import { factsOf, processesOf } from '../machine/processes.js';
import { growthWithin, lastAtOrBefore } from '../machine/series.js';
import { ASYNC_WAITS } from './calls.js';
import { isFrozenInPlace } from './frozen.js';
import { stateOfWchan } from './state-of-stack.js';
import { SAMPLES, TIMELINE } from '../../model/thresholds/victim.js';

/** The samples of a process's first thread, or of another thread. */
export function samplesOf(input: Case, thread: number): ProcessCounters | undefined {
  return input.counters.processes.get(thread) ?? input.counters.threads.get(thread);
}

/** One thread's segments from its samples within a stretch of time; empty where there are fewer than two. `disk` is the victim's. */
export function sampledLine(
  input: Case,
  thread: number,
  disk: DeviceId | undefined,
  from: number,
  to: number,
): Timeline {
  const counters = samplesOf(input, thread);
  const run = counters && longestRun(counters.stat.t, machineTimes(input), { from, to });
  return run
    ? sampledSegments(counters, run.from, run.to, {
        diskBusy: (begin, end) => diskBusy(input, disk, { from: begin, to: end }),
        quotaUsedUp: (a, b) => quotaUsedUp(input, a, b),
        nothingAsked: (begin, end, slept) =>
          movedNothing(input, thread) || hadNoRequest(input, { from: begin, to: end }, slept),
        isServed: () => filesAreServed(input, processesOf(input).of(thread)),
      })
    : Timeline.of([]);
}

/** When the machine was sampled, which is done at every sample. */
function machineTimes({ counters }: Case): Float64Array {
  const [disk] = counters.disks.values();
  return disk?.t ?? counters.vmstat.t;
}

/**
 * The longest stretch in which a thread was sampled all along: one of many threads may have been left out for some time, and what it did then is not
 * known. Where the machine was not sampled either, the recorder was late, and the next sample tells of that time as it does of any.
 */
function longestRun(t: Float64Array, machine: Float64Array, { from, to }: Interval): Interval | undefined {
  const runs: { from: number; to: number }[] = [];
  t.forEach((at, index) => {
    const last = runs.at(-1);
    const before = t[index - 1] ?? at;
    const isLeftOut =
      at - before > SAMPLES.leftOutMs && at - before - longestWithin(machine, before, at) > SAMPLES.leftOutMs;
    if (!last || isLeftOut) runs.push({ from: at, to: at });
    else last.to = at;
  });
  const within = runs.map((run) => ({ from: Math.max(from, run.from), to: Math.min(to, run.to) }));
  return within.sort((a, b) => b.to - b.from - (a.to - a.from))[0];
}

/** The longest time between samples within a stretch of time, its ends included. */
function longestWithin(t: Float64Array, from: number, to: number): number {
  let [longest, before] = [0, from];
  for (let index = lastAtOrBefore(t, from) + 1; index < t.length && before < to; index += 1) {
    const at = Math.min(t[index] ?? to, to);
    longest = Math.max(longest, at - before);
    before = at;
  }
  return Math.max(longest, to - before);
}

/** What a thread slept in by its last sample within a stretch of time; undefined where none tells. */
export function sleptIn(
  input: Case,
  thread: number,
  from: number,
  to: number,
): { readonly state: State; readonly wchan: string } | undefined {
  const samples = samplesOf(input, thread)?.wchan;
  const index = samples ? lastAtOrBefore(samples.t, to) : -1;
  const wchan = samples && index >= 0 && (samples.t[index] ?? 0) >= from ? (samples.name[index] ?? '') : '';
  const state = stateOfWchan(wchan);
  return state === undefined || state === 'unexplained' ? undefined : { state, wchan };
}

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
interface Surroundings {
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

const STATE_OF_LETTER: Readonly<Record<string, State>> = {
  T: 'stopped',
  t: 'stopped',
  Z: 'ended',
  X: 'ended',
  R: 'running',
};

/** The time between two samples, and what the scheduler counted in it. */
interface Between {
  readonly index: number;
  readonly begin: number;
  readonly end: number;
  /** Time on a CPU and on a run queue, ms, no more than there is room for. */
  readonly running: number;
  waiting: number;
  /** Times that it came onto a CPU. */
  readonly slices: number;
}

/**
 * The intervals between samples. A wait for a CPU is counted whole when it ends (sched_info_arrive() in kernel/sched/stats.h): what does not fit
 * into the interval of its end was waited before, for as long as the thread was seen ready.
 */
function intervalsOf({ stat, state, schedstat }: ProcessCounters, from: number, to: number): Between[] {
  const [run, wait, slices] = ['run_ns', 'wait_ns', 'slices'].map((name) => schedstat?.columns.get(name));
  const intervals: Between[] = [];
  for (let index = 1; index < stat.t.length; index += 1) {
    const [a, b] = [stat.t[index - 1] ?? 0, stat.t[index] ?? 0];
    const [begin, end] = [Math.max(a, from), Math.min(b, to)];
    if (end <= begin) continue;
    const delta = (values: Float64Array | undefined) => {
      if (!schedstat || !values) return 0;
      const growth = (values[lastAtOrBefore(schedstat.t, b)] ?? NaN) - (values[lastAtOrBefore(schedstat.t, a)] ?? NaN);
      return Number.isFinite(growth) ? Math.max(0, growth) : 0;
    };
    const running = Math.min(delta(run) / 1e6, end - begin);
    intervals.push({ index, begin, end, running, waiting: delta(wait) / 1e6, slices: delta(slices) });
  }
  let before = 0;
  for (const one of intervals.toReversed()) {
    const room = one.end - one.begin - one.running;
    const all = one.waiting + (state[one.index] === 'R' ? before : 0);
    one.waiting = Math.min(all, room);
    before = all - one.waiting;
  }
  return intervals;
}

/** One segment per state and sampling interval: CPU and run-queue time as schedstat counts them, the rest by what it slept in. */
function sampledSegments(counters: ProcessCounters, from: number, to: number, around: Surroundings): Timeline {
  const segments = new TimelineBuilder();
  for (const { index, begin, end, running, waiting, slices } of intervalsOf(counters, from, to)) {
    // An idle CPU comes out of its idle state in some tens of µs; a competitor keeps it for a slice.
    const ready = waiting <= SAMPLES.meanWakeupMs * slices ? 'cpu-wakeup' : 'runnable';
    let at = begin;
    const add = (ms: number, state: State, wchan?: string) => {
      if (ms > 0) segments.add({ from: at, to: at + ms, state, wchan });
      at += Math.max(0, ms);
    };
    add(running, 'running');
    add(waiting, ready);
    const wchan = counters.wchan?.name[lastAtOrBefore(counters.wchan.t, counters.stat.t[index] ?? 0)];
    const slept = counters.schedstat !== undefined && slices === 0;
    const rest = sampledState(counters, index, begin, end, slept, around);
    if (rest !== 'running' || counters.schedstat === undefined) add(end - at, rest, wchan);
    // What runs is counted at each tick of the clock: who was not, and is ready, waits for a CPU whose wait has not ended.
    else if (running === 0) add(end - at, 'runnable', wchan);
    // How long it ran is known: the sample met it at that, and another one tells what it did besides.
    else
      add(
        end - at,
        sleptBeside(counters, index, (other) => sampledState(counters, other, begin, end, slept, around)),
      );
  }
  return segments.finish();
}

/**
 * What the sample nearest to one that met the thread on a CPU says of its sleep. How long it ran is known: what it did besides is not, where no sample ever
 * met it at anything else, because each of its sleeps was short.
 */
function sleptBeside({ stat }: ProcessCounters, index: number, stateAt: (index: number) => State): State {
  for (let apart = 1; apart < stat.t.length; apart += 1) {
    for (const other of [index - apart, index + apart]) {
      const state = other >= 0 && other < stat.t.length ? stateAt(other) : 'running';
      if (state !== 'running') return state;
    }
  }
  return 'unexplained';
}

/** What the sample says of the time that was neither on a CPU nor on a run queue. */
function sampledState(
  counters: ProcessCounters,
  index: number,
  from: number,
  to: number,
  slept: boolean,
  { diskBusy: isBusy, quotaUsedUp: isOut, nothingAsked, isServed }: Surroundings,
): State {
  const t = counters.stat.t[index] ?? 0;
  const wchan = counters.wchan;
  const name = wchan?.name[lastAtOrBefore(wchan.t, t)] ?? '';
  const state = wchan ? stateOfWchan(name) : undefined;
  const letter = counters.state[index] ?? '';
  if (isFrozenInPlace(counters, index)) return 'stopped';
  if (state === 'block-device' && ASYNC_WAITS.test(name) && nothingAsked(from, to, slept)) return 'pipe-socket';
  if (state === 'block-device' && isBusy(from, to) === false) return isServed() ? 'server' : 'block-held';
  if (state !== undefined && state !== 'unexplained') return state;
  // Uninterruptible sleep beside a disk at work is a wait for it more often than anything else.
  if (letter === 'D' && isBusy(from, to) === true) return 'block-device';
  // Ready, and neither on a CPU nor waiting for one: schedstat does not count what a quota takes away.
  if (letter === 'R' && isOut(from, to)) return 'cgroup-cpu';
  // Another user's process does not show what it sleeps in: that may be its choice, a lock, or I/O.
  if (letter === 'S' && state === undefined) return showsWchan(counters) ? 'asleep' : 'unexplained';
  return STATE_OF_LETTER[letter] ?? 'unexplained';
}

/** True where the process was ever seen to sleep in something. */
const showsWchan = remembered(
  ({ wchan }: ProcessCounters): boolean => wchan?.name.some((name) => name !== '' && name !== '0') === true,
  () => '',
);
