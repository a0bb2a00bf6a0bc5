// The victim could run and did not: other threads had the CPU, its cgroup's quota was used up, or the hypervisor took the CPU away.
// Told from waiting for I/O by the scheduler itself: time between a wake-up (or a preemption) and the next time on a CPU.
// Source: Documentation/scheduler/sched-stats.rst; Documentation/scheduler/sched-bwc.rst (nr_throttled).

import type { Timeline } from '../model/timeline.js';
import type { VictimAccount } from '../model/account.js';
import { type IntervalSource, total, union } from '../base/intervals.js';
import { heights } from '../base/windows.js';
import { BUSY, cpuMs, cpuShare } from '../analysis/machine/cpu-time.js';
import { shareOf } from '../analysis/measures.js';
import { percent } from '../base/format.js';
import type { Advice, Culprit } from '../model/diagnosis.js';
import { number, part, said, time } from '../model/quantity.js';
import { STARVED } from '../model/thresholds/cpu.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { busiest, isTaker, named, nobodysGuilt, rivalOf, type Rival } from './judge/cpu-rivals.js';
import { advise, look } from './judge/advice.js';
import { durableBehindCpus } from './judge/durability.js';
import { favourAdvice } from './judge/favour.js';
import { FIDELITY } from './judge/fidelity.js';
import type { Given } from './judge/needs.js';
import {
  preferenceAdvice,
  preferenceCulprit,
  preferenceOf,
  preferredWhy,
  priorityOf,
  type Preference,
} from './judge/preference.js';
import { quotaOf, raiseQuota, type Quota } from './judge/quota.js';
import { pauseOf } from './judge/restrain.js';
import { defineCause, holds, ramp, ruledOut, type Argument, type Yardstick } from './cause.js';

/**
 * The share of its time that it waited for a CPU in windows in which it hardly got one: starvation that began late is starvation, and turns
 * that it takes with a hog all the time are company.
 */
function starvedShare(account: VictimAccount, waits: Timeline): number {
  const { windowMs, leastOfWanted } = STARVED;
  const windows = Math.max(1, Math.ceil((account.to - account.from) / windowMs));
  const perWindow = (times: IntervalSource) => heights(times, windowMs, windows, account.from);
  const ran = new Map(perWindow(account.segments.timesIn(['running'])).map((run) => [run.at, run.height]));
  // Windows in a row in which nothing changed were waited through whole.
  const starved = perWindow(waits).filter(
    ({ at, count, height }) => count > 1 || height >= leastOfWanted * (height + (ran.get(at) ?? 0)),
  );
  return starved.reduce((sum, { count, height }) => sum + count * height * windowMs, 0) / (account.to - account.from);
}

/**
 * The part of its waiting for a CPU in which others than its own threads had them. Events name each rival; samples do not, so there it is
 * the part of all CPU time but its own that was not its other threads'.
 */
function othersPart(m: Given<'victim'>): number {
  const { account } = m;
  // What a quota takes away, it takes from all of them.
  if (account.source === 'events' || quotaOf(m)) return 1;
  const ran = (segments: Timeline) => segments.msIn(['running']);
  const siblings = [...account.lines].reduce((sum, [pid, line]) => sum + (pid === account.thread ? 0 : ran(line)), 0);
  const elsewhere = cpuMs(m.input, account, BUSY) - ran(account.segments);
  return siblings > 0 && elsewhere > 0 ? Math.max(0, 1 - siblings / elsewhere) : 1;
}

/**
 * A guest's kernel counts as running what the host takes away meanwhile. Of that the victim has its part, as it had of the CPUs; what counters
 * say of its running may leave it out already (CONFIG_PARAVIRT_TIME_ACCOUNTING).
 */
function stolenWhileRunning({ input, account }: Given<'victim'>): number {
  if (account.source !== 'events' || !(cpuShare(input, account, ['steal']) > STARVED.stealNamed)) return 0;
  const stolen = cpuMs(input, account, ['steal']);
  return (account.segments.msIn(['running']) * stolen) / (stolen + cpuMs(input, account, BUSY));
}

interface Figures {
  readonly share: number;
  /** The time that it waited for a CPU which others had, ms. */
  readonly waitedMs: number;
  /** The time that the kernel took for running and the hypervisor took away, ms; 0 where that is not much. */
  readonly stolenMs: number;
  /** The time in which it waited for durability, and threads of the kernel for a CPU, ms. */
  readonly behindMs: number;
  readonly rival: Rival | undefined;
  readonly quota: Quota | undefined;
  /** Whom the scheduler preferred, and why; undefined where each had its turn. */
  readonly preference: Preference | undefined;
  /** The share of all CPU time that the hypervisor took; NaN where that was not recorded. */
  readonly steal: number;
  /** True where a thread of any kind was seen on its CPU meanwhile. */
  readonly isSeen: boolean;
}

function reason(figures: Figures, { account }: Given<'victim'>): string {
  const { quota, steal, rival, preference, isSeen, behindMs } = figures;
  if (quota) return `its cgroup’s CPU quota ran out ${quota.times} times`;
  if (steal > STARVED.stealNamed) return `the hypervisor took ${percent(steal)} of the CPU time`;
  if (preference) return preferredWhy(preference, rival && isTaker(rival) ? `${named(rival)} ran` : 'others ran');
  if (rival && !isTaker(rival))
    return `many others ran instead, among them ${named(rival)} for ${percent(rival.ms / rival.of)} of it`;
  if (rival) return `${named(rival)} ran instead`;
  if (account.source !== 'events' || behindMs > 0) return 'others ran instead';
  return isSeen
    ? 'threads of the kernel ran instead'
    : 'its CPU did not run it, although no other thread was seen there';
}

/** What it lacked the CPU for, and for how long. */
function lacking({ share, stolenMs, behindMs }: Figures, { account }: Given<'victim'>): string {
  const behindShare = behindMs / (account.to - account.from);
  const itself = `ready to run but ${stolenMs > 0 ? 'without a CPU' : 'not running'} for ${percent(share - behindShare)} of its time`;
  return behindMs > 0
    ? `${itself}, and for another ${percent(behindShare)} it waited for threads of the kernel that write for it and could not run`
    : itself;
}

function yardstick({ share, behindMs }: Figures, { account }: Given<'victim'>): Yardstick {
  if (behindMs > 0)
    return {
      measure: 'without a CPU',
      value: said`${part(share)} of its time`,
      against: 'its own, or that of the threads of the kernel that write for it',
    };
  const running = shareOf(account, ['running']);
  return {
    measure: 'ready, and not running',
    value: said`${part(share)} of its time`,
    against: `it got ${percent(running / (share + running))} of the CPU time that it wanted`,
  };
}

function culprit(figures: Figures, m: Given<'victim'>): Culprit | null {
  const { quota, rival, steal, preference } = figures;
  if (quota) return { kind: 'cgroup', name: quota.path.replace(/\/[^/]*$/, ''), file: quota.path };
  if (steal > STARVED.stealNamed) return { kind: 'hypervisor', name: 'the hypervisor' };
  const own = preference && preferenceCulprit(preference, m);
  if (own) return own;
  return rival && isTaker(rival) ? { kind: 'process', name: rival.name, pid: rival.pid } : null;
}

/** How much of it threads of the kernel waited in its place. */
function inItsPlace({ behindMs }: Figures, { account }: Given<'victim'>): Argument[] {
  if (behindMs === 0) return [];
  return [
    {
      measure: 'syncs and commits without a CPU',
      value: said`${time(behindMs)} (${part(behindMs / (account.to - account.from))})`,
      meaning: `it waited for durability or the journal, no device had anything to do, and other programs had the CPUs: the threads of the kernel that write for it could not run`,
      source: '/proc/stat, block:block_rq_issue → block:block_rq_complete',
    },
  ];
}

/** Those who took the CPU away, with how much each did. */
function takers({ rival, quota, steal, stolenMs }: Figures): Argument[] {
  const taken: (Argument | false | undefined)[] = [
    rival && {
      measure: 'who ran instead',
      value: said`${named(rival)}, ${time(rival.ms)}: ${part(rival.ms / rival.of)} of ${rival.isCounted ? 'all that others ran' : 'what it lost'}`,
      meaning: rival.isCounted
        ? 'had the CPUs meanwhile; read once a second, so at least that'
        : 'had the CPU when the victim was ready',
      source: rival.isCounted ? '/proc/PID/schedstat, /proc/stat' : 'sched:sched_switch',
    },
    quota && {
      measure: 'CPU quota used up',
      value: said`${number(quota.times)} times, ${time(quota.ms)}`,
      meaning: 'the cgroup was not allowed to run',
      source: quota.path,
    },
    steal > STARVED.stealShown && {
      measure: 'stolen by the hypervisor',
      value: said`${part(steal)}`,
      meaning: 'the host gave the CPU to another guest',
      source: '/proc/stat',
    },
    stolenMs > 0 && {
      measure: 'stolen while it ran',
      value: said`about ${time(stolenMs)}`,
      meaning: 'counted as running here: its part of what the hypervisor took',
      source: '/proc/stat, sched:sched_switch',
    },
  ];
  return taken.filter((one) => typeof one === 'object');
}

function waiting({ waitedMs }: Figures, { account }: Given<'victim'>): Argument {
  const running = shareOf(account, ['running']);
  const share = waitedMs / (account.to - account.from);
  return {
    measure: 'ready to run, not running',
    value: said`${time(waitedMs)} (${part(share)})`,
    // Against the time that it wanted a CPU: a thread that mostly sleeps and waits long when it wakes is starved as well.
    meaning: `against ${percent(running)} on a CPU: of the time that it wanted a CPU it got ${percent(running / (share + running))}`,
    source: FIDELITY[account.source].running,
  };
}

function advice(
  { quota, steal, preference, rival, behindMs, waitedMs }: Figures,
  m: Given<'victim'>,
): (Advice | string)[] {
  if (quota) return [raiseQuota(quota, m)];
  if (steal > STARVED.stealNamed)
    return [
      advise`Ask whoever runs the host for CPUs that are not shared, or for fewer guests on it; on an instance with CPU credits look whether they are spent. ${look('vmstat 1')} shows in its column st what the host takes now.`,
    ];
  // Threads of the kernel that write for it are not lifted with it.
  const isBehind = behindMs > waitedMs;
  const pause = isBehind && rival?.processes === 1 ? pauseOf(m, rival.name, rival.pid) : undefined;
  return [
    ...(preference ? preferenceAdvice(preference, m) : []),
    ...(pause ? [pause] : []),
    favourAdvice(m, preference || isBehind ? undefined : rival?.pid),
  ];
}

export const cause = defineCause({
  id: 'cpu.starved',
  layer: 'scheduler',
  rank: 'verdict',
  proof: 'cpu',
  waits: ['runnable', 'cpu-wakeup', 'cgroup-cpu'],
  needs: ['victim'],
  judge(m) {
    const { account } = m;
    const guiltless = nobodysGuilt(m);
    const waits = account.segments.filter(
      ({ state, rival }) => (state === 'runnable' && !guiltless.has(rival ?? -1)) || state === 'cgroup-cpu',
    );
    const others = othersPart(m);
    const waitedMs = others * total(waits);
    const wall = account.to - account.from;
    const stolenMs = stolenWhileRunning(m);
    const behind = durableBehindCpus(m);
    const behindMs = total(behind);
    const share = (waitedMs + stolenMs + behindMs) / wall;
    const preference = preferenceOf(m, waits, guiltless);
    // Whom the scheduler prefers takes more than turns.
    const isPassedOver = preference !== undefined && share >= JUDGING.noticeable;
    const isStarved =
      others * starvedShare(account, waits) + (stolenMs + behindMs) / wall >= STARVED.leastShare ||
      share >= STARVED.byTurns;
    if (!isStarved && !isPassedOver) {
      // The accounting has these waits as well.
      const aside = (account.segments.msIn(['runnable', 'cgroup-cpu']) - total(waits)) / wall;
      const besides =
        aside >= JUDGING.noticeable
          ? `, and for another ${percent(aside)} while its own threads or the recorder had it,`
          : '';
      return ruledOut(
        `it waited for a CPU for ${percent(share)} of its time${besides} and ran for ${percent(shareOf(account, ['running']))}`,
      );
    }
    const confidence =
      ramp(share, { from: STARVED.leastShare, ...STARVED.sure }) * (behindMs > waitedMs ? STARVED.ofBehind : 1);
    const figures: Figures = {
      share,
      waitedMs,
      stolenMs,
      behindMs,
      rival: behindMs > waitedMs ? busiest(m, guiltless) : rivalOf(m, waits, waitedMs),
      quota: quotaOf(m),
      preference,
      steal: cpuShare(m.input, account, ['steal']),
      isSeen: waits.some(({ rival }) => rival !== undefined && rival > 0),
    };
    return holds({ share, confidence, lost: union([...waits, ...behind]) }, figures);
  },
  tell: (figures, m) => ({
    sentence: `The victim is starved of CPU: ${lacking(figures, m)}, because ${reason(figures, m)}.`,
    yardstick: yardstick(figures, m),
    culprit: culprit(figures, m),
    evidence: [
      waiting(figures, m),
      ...inItsPlace(figures, m),
      ...takers(figures),
      ...priorityOf(m, figures.preference),
    ],
    advice: advice(figures, m),
  }),
});
