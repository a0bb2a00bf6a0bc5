// Whom the scheduler preferred to the victim, and whose doing that is: the victim's own class, nice value or cgroup weight, or those of who
// ran instead. A file of its own because it is told in every part of cpu.starved: the reason, the culprit, the evidence and the advice.

import { basename } from 'node:path';
import { growthWithin } from '../../analysis/machine/series.js';
import {
  contestOf,
  isRealTime,
  NORMAL_WEIGHT,
  POLICY,
  worthOfThread,
  type Contest,
  type Worth,
} from '../../analysis/machine/priority.js';
import { isKernelThread, threadName } from '../../analysis/machine/processes.js';
import { addTo } from '../../base/maps.js';
import type { Advice, Culprit } from '../../model/diagnosis.js';
import { number, ratio, said, type Said } from '../../model/quantity.js';
import type { Timeline } from '../../model/timeline.js';
import { STARVED } from '../../model/thresholds/cpu.js';
import type { Argument } from '../cause.js';
import { advise, change, look } from './advice.js';
import { weigh } from './favour.js';
import type { Given } from './needs.js';

/** Why the scheduler preferred those who ran instead. */
export interface Preference extends Contest {
  readonly whose: 'own' | 'rival';
  /** The thread of those preferred that ran for longest. */
  readonly thread: number;
}

/** How long each other thread ran while the victim wanted to, ms: from counters alone, how long it ran at all. */
function ranInstead(m: Given<'victim'>, waits: Timeline, guiltless: ReadonlySet<number>): Map<number, number> {
  const { account, input } = m;
  const ran = new Map<number, number>();
  const add = (thread: number, ms: number) => {
    if (ms > 0 && !guiltless.has(thread) && !isKernelThread(input, thread)) addTo(ran, thread, ms);
  };
  if (account.source === 'events') {
    for (const { rival, from, to } of waits) if (rival !== undefined) add(rival, to - from);
    return ran;
  }
  for (const [pid, { stat }] of input.counters.processes) {
    const ticks = ['utime', 'stime'].reduce((sum, name) => sum + growthWithin(stat, name, account.from, account.to), 0);
    if (pid !== account.pid) add(pid, (ticks * 1000) / input.ticksPerSecond);
  }
  return ran;
}

/** Whose doing it is that one outweighs the other; undefined where it is nobody's. */
function doingOf({ own, rival }: Contest): Preference['whose'] | undefined {
  if (rival.weight < STARVED.outweighed * own.weight) return undefined;
  if (own.weight * STARVED.outweighed <= NORMAL_WEIGHT) return 'own';
  return rival.weight >= STARVED.outweighed * NORMAL_WEIGHT ? 'rival' : undefined;
}

/** Undefined where those who ran instead had no more than their turn, or it is not known what they are worth. */
export function preferenceOf(
  m: Given<'victim'>,
  waits: Timeline,
  guiltless: ReadonlySet<number>,
): Preference | undefined {
  const ran = [...ranInstead(m, waits, guiltless)].sort((a, b) => b[1] - a[1]);
  const all = ran.reduce((sum, [, ms]) => sum + ms, 0);
  const preferred = ran.flatMap(([thread, ms]) => {
    const contest = contestOf(m.input, m.account.thread, thread);
    const whose = contest && doingOf(contest);
    return contest && whose ? [{ ...contest, whose, thread, ms }] : [];
  });
  return (['own', 'rival'] as const).flatMap((whose) => {
    const those = preferred.filter((one) => one.whose === whose);
    const ms = those.reduce((sum, one) => sum + one.ms, 0);
    return those[0] && ms >= STARVED.leastOfLoss * all ? [those[0]] : [];
  })[0];
}

/** 'under SCHED_IDLE', 'at nice 19'. */
function howItRuns({ policy, nice }: Extract<Worth, { kind: 'thread' }>): string {
  const name = POLICY[policy];
  return name === 'SCHED_OTHER' || (name === 'SCHED_BATCH' && nice !== 0) ? `at nice ${nice}` : `under ${name}`;
}

/** Why those who ran instead, in words, did. */
export function preferredWhy({ whose, own, rival }: Preference, instead: string): string {
  const worth = whose === 'own' ? own : rival;
  const has = worth.kind === 'cgroup' ? `cgroup ${worth.cgroup} has ${basename(worth.file)} ${worth.value}` : '';
  if (whose === 'own')
    return `${worth.kind === 'thread' ? `it runs ${howItRuns(worth)}` : `its ${has}`}, and ${instead} instead`;
  return worth.kind === 'thread'
    ? `${instead} instead, and runs ${howItRuns(worth)}`
    : `${instead} instead, whose ${has}`;
}

export function preferenceCulprit({ whose, own }: Preference, { account }: Given<'victim'>): Culprit | undefined {
  if (whose === 'rival') return undefined;
  if (own.kind === 'cgroup') return { kind: 'cgroup', name: own.file.replace(/\/[^/]*$/, ''), file: own.file };
  const name = own.kind === 'thread' ? howItRuns(own).replace(/^\w+ /, '') : '';
  return { kind: 'setting', name: `${name} of ${account.name}`, pid: account.thread };
}

function worthText(worth: Worth): Said {
  if (worth.kind === 'cgroup') return said`${basename(worth.file)} ${number(Number(worth.value))}`;
  if (worth.kind === 'session') return said`a session’s`;
  return isRealTime(worth) ? said`${POLICY[worth.policy]}` : said`${POLICY[worth.policy]}, nice ${number(worth.nice)}`;
}

function timesText({ own, rival }: Contest): string {
  return isRealTime(rival)
    ? 'runs before everybody who does not run in real time'
    : `gets ${String(ratio(rival.weight / own.weight))} as much where both want one CPU`;
}

/** What it is worth on a CPU, where that is not what everybody is. */
export function priorityOf(m: Given<'victim'>, preference: Preference | undefined): Argument[] {
  const { input, account } = m;
  if (preference) {
    const { whose, own, rival, thread } = preference;
    const worth = whose === 'own' ? own : rival;
    const name = threadName(input, thread) || 'it';
    return [
      {
        measure: whose === 'own' ? 'its own priority' : 'their priority',
        value: worthText(worth),
        meaning: `${name} (${thread}) ${timesText(preference)}`,
        source: worth.kind === 'cgroup' ? worth.file : '/proc/PID/stat',
      },
    ];
  }
  const worth = worthOfThread(input, account.thread);
  const isUsual = worth?.kind !== 'thread' || (POLICY[worth.policy] === 'SCHED_OTHER' && worth.nice === 0);
  return worth === undefined || isUsual
    ? []
    : [
        {
          measure: 'its own priority',
          value: worthText(worth),
          meaning:
            'not what decided: most of who ran instead weigh no more than it, or are in sessions or cgroups of their own',
          source: '/proc/PID/stat',
        },
      ];
}

/** Puts a thread, or a process with all its threads, among those that run as everybody does. */
function asOthers({ policy, nice }: Extract<Worth, { kind: 'thread' }>, pid: number, isAll: boolean) {
  const all = isAll ? '-a ' : '';
  const who = isAll ? `$(ls /proc/${pid}/task)` : String(pid);
  const what = `how ${pid} competes for a CPU`;
  switch (POLICY[policy]) {
    case 'SCHED_IDLE':
      return change(`chrt ${all}-o -p 0 ${pid}`, what, `\`chrt ${all}-i -p 0 ${pid}\``);
    case 'SCHED_OTHER':
    case 'SCHED_BATCH':
      return change(`renice -n 0 -p ${who}`, what, `\`renice -n ${nice} -p ${who}\``);
    default:
      return change(`chrt ${all}-o -p 0 ${pid}`, what, 'give it the class and the priority back that `chrt -p` showed');
  }
}

/** How to change that. */
export function preferenceAdvice({ whose, own, rival, thread }: Preference, { account }: Given<'victim'>): Advice[] {
  const worth = whose === 'own' ? own : rival;
  if (worth.kind === 'cgroup')
    return [
      advise`Give ${whose === 'own' ? 'its cgroup' : 'the other cgroup'} the usual weight: ${weigh(worth, 'usual')}.`,
    ];
  if (worth.kind === 'session') return [];
  if (whose === 'own') {
    const isAll = account.threads.size > 1;
    return [
      advise`Let it run as others do: ${asOthers(worth, isAll ? account.pid : account.thread, isAll)}. What starts it gives it that again (nice, chrt, or Nice=, CPUSchedulingPolicy= of a unit).`,
    ];
  }
  return [
    advise`Let ${String(thread)} run as others do, if it need not be first: ${look(`chrt -p ${thread}`)} shows how it runs, ${asOthers(worth, thread, false)} changes it.`,
  ];
}
