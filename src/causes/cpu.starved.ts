// The victim could run and did not: other threads had the CPU, its cgroup's quota was used up, or the hypervisor took the CPU away.
// Told from waiting for I/O by the scheduler itself: time between a wake-up (or a preemption) and the next time on a CPU.
// Source: Documentation/scheduler/sched-stats.rst; Documentation/scheduler/sched-bwc.rst (nr_throttled).

import type { Segment } from '../model/segment.js';
import type { VictimAccount } from '../model/account.js';
import { msIn } from '../analysis/victim/account.js';
import { total, union, type Interval } from '../base/intervals.js';
import { heights } from '../base/windows.js';
import { BUSY, cpuMs, cpuShare } from '../analysis/machine/cpu-time.js';
import { growthOf } from '../analysis/machine/series.js';
import { shareOf, type Measures } from '../analysis/measures.js';
import { isKernelThread, threadName } from '../analysis/machine/processes.js';
import { duration, percent } from '../base/format.js';
import type { Culprit } from '../model/diagnosis.js';
import type { State } from '../model/states.js';
import { ramp, ruledOut, type Cause, type Argument } from './cause.js';
import { limitsOn } from './judge/shared.js';
import { STARVED } from '../model/thresholds/cpu.js';

/** A process with many threads waits for itself, and all wait for the recorder: neither is anybody's guilt. */
function nobodysGuilt({ account, input }: Measures): ReadonlySet<number> {
  const { recorderPid } = input.manifest;
  const recorder = recorderPid === undefined ? [] : [recorderPid, ...(input.threads.get(recorderPid) ?? [])];
  return new Set([...(account?.threads ?? []), ...recorder]);
}

interface Rival {
  readonly name: string;
  /** The one of that name that ran most. */
  readonly pid: number;
  readonly ms: number;
  readonly processes: number;
}

/** Who had the CPU while the victim was ready, by name: several hogs of one name are one rival. Kernel threads only pass by, and what has no name can't be named. */
function rivals(m: Measures, waits: readonly Segment[]): Rival[] {
  const byPid = new Map<number, number>();
  for (const { rival = 0, from, to } of waits) byPid.set(rival, (byPid.get(rival) ?? 0) + to - from);
  const byName = new Map<string, Map<number, number>>();
  for (const [pid, ms] of byPid) {
    const name = threadName(m.input, pid);
    if (name === '' || isKernelThread(m.input, pid)) continue;
    const pids = byName.get(name) ?? new Map<number, number>();
    byName.set(name, pids.set(pid, ms));
  }
  return [...byName]
    .map(([name, pids]) => ({
      name,
      pid: [...pids].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0,
      ms: [...pids.values()].reduce((a, b) => a + b, 0),
      processes: pids.size,
    }))
    .sort((a, b) => b.ms - a.ms);
}

/**
 * The share of its time that it waited for a CPU in windows in which it hardly got one: starvation that began late is starvation, and turns
 * that it takes with a hog all the time are company.
 */
function starvedShare(account: VictimAccount, waits: readonly Interval[]): number {
  const { windowMs, leastOfWanted } = STARVED;
  const windows = Math.max(1, Math.ceil((account.to - account.from) / windowMs));
  const perWindow = (times: readonly Interval[]) =>
    heights(
      times.map(({ from, to }) => ({ from: from - account.from, to: to - account.from })),
      windowMs,
      windows,
    );
  const ran = new Map(
    perWindow(account.segments.filter(({ state }) => state === 'running')).map((run) => [run.at, run.height]),
  );
  // Windows in a row in which nothing changed were waited through whole.
  const starved = perWindow(waits).filter(
    ({ at, count, height }) => count > 1 || height >= leastOfWanted * (height + (ran.get(at) ?? 0)),
  );
  return starved.reduce((sum, { count, height }) => sum + count * height * windowMs, 0) / (account.to - account.from);
}

/** How often, and for how long, the victim's cgroups ran out of quota during the recording. */
function throttled(m: Measures): { times: number; ms: number; path: string } | undefined {
  for (const limit of limitsOn(m, 'cpu')) {
    for (const [path, series] of m.input.counters.cgroups) {
      if (!path.endsWith('/cpu.stat') || !path.includes(limit.cgroup)) continue;
      const times = growthOf(series, 'nr_throttled');
      const ns = growthOf(series, 'throttled_time');
      if (times > 0)
        return { times, ms: Number.isNaN(ns) ? growthOf(series, 'throttled_usec') / 1000 : ns / 1e6, path: limit.file };
    }
  }
  return undefined;
}

const RUNNING: ReadonlySet<State> = new Set(['running']);

/**
 * The part of its waiting for a CPU in which others than its own threads had them. Events name each rival; samples do not, so there it is
 * the part of all CPU time but its own that was not its other threads'.
 */
function othersPart(m: Measures, account: VictimAccount): number {
  // What a quota takes away, it takes from all of them.
  if (account.source === 'events' || throttled(m)) return 1;
  const ran = (segments: readonly Segment[]) => msIn(segments, RUNNING);
  const siblings = [...account.lines].reduce((sum, [pid, line]) => sum + (pid === account.thread ? 0 : ran(line)), 0);
  const elsewhere = cpuMs(m.input, account, BUSY) - ran(account.segments);
  return siblings > 0 && elsewhere > 0 ? Math.max(0, 1 - siblings / elsewhere) : 1;
}

export const cause: Cause = {
  id: 'cpu.starved',
  layer: 'scheduler',
  rank: 'verdict',
  needs: ['victim'],
  examine(m) {
    const { account } = m;
    if (!account) return ruledOut('no victim');
    const own = nobodysGuilt(m);
    const times = account.segments.filter(
      ({ state, rival }) => (state === 'runnable' && !own.has(rival ?? -1)) || state === 'cgroup-cpu',
    );
    const others = othersPart(m, account);
    const share = (others * total(times)) / (account.to - account.from);
    const running = shareOf(account, ['running']);
    // Against the time that it wanted a CPU: a thread that mostly sleeps and waits long when it wakes is starved as well.
    const ofWanted = share / (share + running);
    const figures = `it waited for a CPU for ${percent(share)} of its time and ran for ${percent(running)}`;
    if (others * starvedShare(account, times) < STARVED.leastShare) return ruledOut(figures);
    const first = rivals(m, times)[0];
    const quota = throttled(m);
    const steal = cpuShare(m.input, account, ['steal']);
    let culprit: Culprit | null = null;
    if (quota) culprit = { kind: 'cgroup', name: quota.path.replace(/\/[^/]*$/, ''), file: quota.path };
    else if (first) culprit = { kind: 'process', name: first.name, pid: first.pid };
    const who = first && `${first.name} (${first.pid}${first.processes > 1 ? ` and ${first.processes - 1} more` : ''})`;
    const evidence: Argument[] = [
      {
        measure: 'ready to run, not running',
        value: `${duration(others * total(times))} (${percent(share)})`,
        meaning: `against ${percent(running)} on a CPU: of the time that it wanted a CPU it got ${percent(1 - ofWanted)}`,
        source: account.source === 'events' ? 'sched:sched_switch, sched:sched_waking' : '/proc/PID/schedstat',
      },
    ];
    if (first)
      evidence.push({
        measure: 'who ran instead',
        value: `${who}, ${duration(first.ms)}`,
        meaning: 'had the CPU when the victim was ready',
        source: 'sched:sched_switch',
      });
    if (quota)
      evidence.push({
        measure: 'CPU quota used up',
        value: `${quota.times} times, ${duration(quota.ms)}`,
        meaning: 'the cgroup was not allowed to run',
        source: quota.path,
      });
    if (steal > STARVED.stealShown)
      evidence.push({
        measure: 'stolen by the hypervisor',
        value: percent(steal),
        meaning: 'the host gave the CPU to another guest',
        source: '/proc/stat',
      });
    const reason = quota
      ? `its cgroup’s CPU quota ran out ${quota.times} times`
      : steal > STARVED.stealNamed
        ? `the hypervisor took ${percent(steal)} of the CPU time`
        : first
          ? `${who} ran instead`
          : account.source === 'events'
            ? times.some(({ rival = 0 }) => rival > 0)
              ? 'threads of the kernel ran instead'
              : 'its CPU did not run it, though no other thread is seen there'
            : 'others ran instead';
    return {
      kind: 'found',
      share,
      confidence: ramp(share, { from: STARVED.leastShare, ...STARVED.sure }),
      sentence: `The victim is starved of CPU: ready to run but not running for ${percent(share)} of its time, because ${reason}.`,
      culprit,
      evidence,
      advice: quota
        ? [`Raise the quota in ${quota.path}.`]
        : ['Give the victim more CPU: fewer competitors, a higher cpu.weight or cpu.shares, or its own cores.'],
      lost: union(times),
    };
  },
};
