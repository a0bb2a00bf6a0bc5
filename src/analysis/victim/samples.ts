// A thread's time from samples of /proc: CPU and run-queue time as schedstat counts them exactly, the rest by what it slept in when it was
// looked at. All there is without kernel events; beside them it tells the threads that never moved.

import { Timeline, TimelineBuilder } from '../../model/timeline.js';
import type { Interval } from '../../base/intervals.js';
import { remembered } from '../../base/remember.js';
import type { DeviceId, ProcessCounters } from '../../model/counters.js';
import type { State } from '../../model/states.js';
import type { Case } from '../../model/case.js';
import { lastAtOrBefore } from '../machine/series.js';
import { ASYNC_WAITS } from './calls.js';
import { isFrozenInPlace } from './frozen.js';
import { stateOfWchan } from './state-of-stack.js';
import { surroundingsOf, type Surroundings } from './surroundings.js';
import { SAMPLES } from '../../model/thresholds/victim.js';

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
  return run ? sampledSegments(counters, run.from, run.to, surroundingsOf(input, thread, disk)) : Timeline.of([]);
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
