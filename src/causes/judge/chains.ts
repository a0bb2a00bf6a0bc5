// What is said of whoever stands still at the end of a chain of waits, which analysis/victim/chains.ts finds: wait.server names it as the culprit, and
// app.idle tells of one that is idle itself.

import { chainEndsOf, type ChainEnd, type Doing } from '../../analysis/victim/chains.js';
import type { Advice } from '../../model/diagnosis.js';
import { said, time } from '../../model/quantity.js';
import { total } from '../../base/intervals.js';
import type { Argument } from '../cause.js';
import { IDLE } from '../../model/thresholds/application.js';
import { advise, look } from './advice.js';
import type { Given } from './needs.js';

/** What was seen of it. */
const WORDS: Readonly<Record<Doing, string>> = {
  stopped: 'was stopped',
  frozen: 'is frozen with its cgroup',
  stuck: 'sleeps and can’t be interrupted, without having run since',
  starved: 'waited for a CPU',
  idle: 'slept of its own accord',
  circle: 'waits in turn for one that waits for it',
  else: 'had work of its own',
};

/** Whether that keeps it from its work. */
export function isHeld(doing: Doing): boolean {
  return doing === 'stopped' || doing === 'frozen' || doing === 'stuck' || doing === 'starved';
}

/** 'waited for a CPU', with the function that it slept in where that says where. */
export function chainText({ doing, wchan }: ChainEnd): string {
  return WORDS[doing] + (doing === 'stuck' && wchan !== '' ? ` (${wchan})` : '');
}

/** ', through cat (12) and tee (13)', or nothing where it is next to the victim. */
export function throughText(chain: ChainEnd | undefined): string {
  return chain && chain.through.length > 0 ? `, through ${chain.through.join(' and ')}` : '';
}

/** Who did this at the end of the chain of the victim's waits for most of them. */
export function mostlyAtEnd({ account, input }: Given<'victim'>, what: Doing): ChainEnd | undefined {
  const [first] = chainEndsOf(account, input);
  const least = IDLE.leastOfWaits * (account.ms.get('pipe-socket') ?? 0);
  return first?.doing === what && total(first.times) >= least ? first : undefined;
}

/** Why a victim that waits for one that waits for it is not idle; undefined where it does not. */
export function circleOf(m: Given<'victim'>): string | undefined {
  const circle = mostlyAtEnd(m, 'circle');
  return (
    circle &&
    `it and ${circle.name} (${circle.pid}) wait for each other at pipes${throughText(circle)}, one of which is full`
  );
}

export function chainArguments(chain: ChainEnd): Argument[] {
  const { name, pid, wchan, times } = chain;
  return [
    {
      measure: 'the end of the chain',
      value: said`${name} (${String(pid)}), for ${time(total(times))}`,
      meaning: `it ${chainText(chain)}${throughText(chain)}${wchan !== '' && chain.doing !== 'stuck' ? `, in ${wchan}` : ''}`,
      source: '/proc/PID/task/TID/{stat,schedstat,wchan,syscall}, /proc/PID/fd',
    },
  ];
}

/** What to do about it; undefined for one that is stopped or has I/O, of which wait.server speaks anyway. */
export function chainAdvice({ doing, pid }: ChainEnd): Advice | undefined {
  switch (doing) {
    case 'frozen':
      return advise`Find out what froze the cgroup of process ${String(pid)} (a container engine’s pause, a checkpoint): ${look(`cat /proc/${pid}/cgroup`)}.`;
    case 'stuck':
      return advise`See where it sleeps: ${look(`cat /proc/${pid}/stack`)}, and record it: ${look(`iowitness record --for 60s --pid ${pid}`)}.`;
    case 'starved':
      return advise`See who has the CPU that it waits for: ${look(`iowitness record --for 60s --pid ${pid}`)}.`;
    default:
      return undefined;
  }
}
