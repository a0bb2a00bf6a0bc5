// Chains of waits through pipes and connections, as the recorder followed them once a second → who at their end keeps the victim waiting, and how:
// in `a | b | c` a and b stand still because c does. Two looks tell together what a process did between them: a state alone is of a moment, but
// who has not run since is stuck, and the scheduler counts for how long it waited for a CPU (Documentation/scheduler/sched-stats.rst).

import { entry } from '../../base/maps.js';
import { intersect, IntervalList, type Intervals, total, union } from '../../base/intervals.js';
import type { VictimAccount } from '../../model/account.js';
import type { Case } from '../../model/case.js';
import type { Hop, WaitChain } from '../../model/recording.js';
import { STARVED } from '../../model/thresholds/cpu.js';
import { FREEZER } from './frozen.js';

/** The recorder looks once a second (capture/wait-chains.ts), and tells what has changed. */
const LOOK_MS = 1000;

/** Sleeps that end by a timer or a child, and by nobody's bytes. */
const OF_ITS_OWN = /nanosleep|^(do_wait|kernel_wait4|__?x64_sys_pause|__do_sys_pause|sigsuspend|do_sigtimedwait)/;

/**
 * What the last of a chain did: a signal or debugger has stopped it, its cgroup is frozen, it sleeps for something that can't be interrupted, it waited
 * for a CPU, it sleeps of its own accord, it fills a pipe for one that waits for it, or whatever else: it works, slowly or not.
 */
export type Doing = 'stopped' | 'frozen' | 'stuck' | 'starved' | 'idle' | 'circle' | 'else';

export interface ChainEnd {
  readonly name: string;
  readonly pid: number;
  readonly doing: Doing;
  /** Those between the victim and it, the nearest first, as 'NAME (PID)'. */
  readonly through: readonly string[];
  /** The kernel's function that it slept in; '' where it ran or that is not known. */
  readonly wchan: string;
  /** The victim's waits at pipes and sockets meanwhile. */
  readonly times: Intervals;
}

type Look = WaitChain & { readonly atMs: number };

/** The looks of one victim's chain, also those that told nothing because nothing had changed. */
function looksOf({ chains, durationMs }: Case, victim: number): Look[] {
  const own = chains.filter(({ pid }) => pid === victim);
  return own.flatMap((chain, index) => {
    const until = own[index + 1]?.atMs ?? durationMs;
    const count = Math.max(1, Math.round((until - chain.atMs) / LOOK_MS));
    return Array.from({ length: count }, (_, n) => ({ ...chain, atMs: chain.atMs + n * LOOK_MS }));
  });
}

function stoodStill(a: Hop, b: Hop): boolean {
  return a.state === b.state && a.slices === b.slices && a.runNs === b.runNs;
}

/** What the last hop of two looks did between them; undefined where it was not the same, or it is not known that it is the last. */
function doingBetween(before: Look, after: Look): Doing | undefined {
  const [a, b] = [before.hops.at(-1), after.hops.at(-1)];
  if (!a || !b || a.pid !== b.pid || before.end !== after.end) return undefined;
  if (before.end === 'circle') {
    // Who waits for the other’s next word at a connection is idle; a full pipe says that there is more to say.
    const isFull = [before, after].every(({ hops }) => hops.some(({ does }) => does === 'reads'));
    return isFull && stoodStill(a, b) ? 'circle' : 'else';
  }
  if (before.end !== 'there') return undefined;
  if (/^[Tt]$/.test(a.state) && a.state === b.state) return 'stopped';
  if (b.waitNs - a.waitNs >= STARVED.leastOfWanted * (after.atMs - before.atMs) * 1e6) return 'starved';
  if (!stoodStill(a, b)) return 'else';
  if (FREEZER.test(a.wchan)) return 'frozen';
  if (a.state === 'D') return 'stuck';
  return a.state === 'S' && OF_ITS_OWN.test(a.wchan) ? 'idle' : 'else';
}

/** Who was at the end of the victim's chains and did each of these, with the victim's waits meanwhile; the longest first. */
export function chainEndsOf(account: VictimAccount, input: Case): ChainEnd[] {
  const looks = looksOf(input, account.pid);
  const found = new Map<string, { readonly chain: Look; readonly doing: Doing; readonly times: IntervalList }>();
  looks.forEach((before, index) => {
    const after = looks[index + 1];
    const doing = after && doingBetween(before, after);
    const last = before.hops.at(-1);
    if (!after || doing === undefined || !last) return;
    const one = entry(found, `${doing} ${last.pid}`, () => ({ chain: before, doing, times: new IntervalList() }));
    one.times.push(before.atMs, after.atMs);
  });
  const waits = union(account.segments.timesIn(['pipe-socket']));
  return [...found.values()]
    .flatMap(({ chain: { hops }, doing, times }): ChainEnd[] => {
      const last = hops.at(-1);
      const through = hops.slice(0, -1).map(({ comm, pid }) => `${comm} (${pid})`);
      if (!last) return [];
      const { comm: name, pid, wchan } = last;
      return [{ name, pid, doing, through, wchan, times: intersect(waits, union(times)) }];
    })
    .sort((a, b) => total(b.times) - total(a.times));
}
