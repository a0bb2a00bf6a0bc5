// What two threads are worth to the scheduler where both want one CPU: by the threads' own class and nice value where they are in one group,
// and by their groups' weights where they are not. A nice value means nothing across groups, and a session of its own is a group
// (autogroup), which is why this is a file of its own. Source: sched(7); Documentation/scheduler/sched-nice-design.rst,
// Documentation/admin-guide/cgroup-v2.rst (cpu.weight, cpu.idle); kernel/sched/core.c (sched_prio_to_weight), kernel/sched/autogroup.c.

import { cgroupFolder, findHierarchies, withAncestors, type Hierarchy } from '../../base/procfs/cgroups.js';
import type { Case } from '../../model/case.js';
import type { Facts, RunningProcess } from '../../model/facts.js';
import { factsOf, processesOf } from './processes.js';

/** Classes by their numbers in include/uapi/linux/sched.h. */
export const POLICY = {
  0: 'SCHED_OTHER',
  1: 'SCHED_FIFO',
  2: 'SCHED_RR',
  3: 'SCHED_BATCH',
  5: 'SCHED_IDLE',
  6: 'SCHED_DEADLINE',
} as const;

type Policy = keyof typeof POLICY;

/** Of a thread at nice 0, and of a group of the default weight. */
export const NORMAL_WEIGHT = 1024;
/** Of an idle thread or group (WEIGHT_IDLEPRIO in kernel/sched/sched.h). */
const IDLE_WEIGHT = 3;
/** Each step of nice is worth so much. */
const STEP = 1.25;
/** A group's weight in version 2 where nobody set it. */
const DEFAULT_WEIGHT = 100;

/** What a thread or a group is worth on a CPU. */
export type Worth = { readonly weight: number } & (
  | { readonly kind: 'thread'; readonly policy: Policy; readonly nice: number }
  /** `value` is what `file` says. */
  | { readonly kind: 'cgroup'; readonly cgroup: string; readonly file: string; readonly value: string }
  /** The group that the kernel makes of each session (autogroup); its own nice value is not recorded, and hardly ever set. */
  | { readonly kind: 'session' }
);

/** The two that compete in place of two threads: themselves, or groups that they are in. */
export interface Contest {
  readonly own: Worth;
  readonly rival: Worth;
}

function isPolicy(policy: number): policy is Policy {
  return Object.hasOwn(POLICY, policy);
}

/** True for what runs before all that is not real-time, whatever group it is in. */
export function isRealTime(worth: Worth): boolean {
  return worth.weight === Infinity;
}

/** What a thread is worth by itself; undefined where that was not recorded. Threads of others are taken for what their process's first is. */
export function worthOfThread(input: Case, thread: number): Worth | undefined {
  const { counters } = input;
  const pid = processesOf(input).of(thread);
  const stat = (counters.threads.get(thread) ?? counters.processes.get(thread) ?? counters.processes.get(pid))?.stat;
  const known = factsOf(input, pid).at(-1)?.scheduling;
  const policy = stat?.columns.get('policy')?.at(-1) ?? known?.policy ?? NaN;
  const nice = stat?.columns.get('nice')?.at(-1) ?? known?.nice ?? NaN;
  return isPolicy(policy) && Number.isFinite(nice)
    ? { kind: 'thread', policy, nice, weight: weightOf(policy, nice) }
    : undefined;
}

function weightOf(policy: Policy, nice: number): number {
  if (POLICY[policy] === 'SCHED_IDLE') return IDLE_WEIGHT;
  return POLICY[policy] === 'SCHED_OTHER' || POLICY[policy] === 'SCHED_BATCH' ? NORMAL_WEIGHT / STEP ** nice : Infinity;
}

/** Undefined where what decides between them was not recorded, or is neither's own doing. */
export function contestOf(input: Case, own: number, rival: number): Contest | undefined {
  const threads = { own: worthOfThread(input, own), rival: worthOfThread(input, rival) };
  if (!threads.own || !threads.rival) return undefined;
  const each: Contest = { own: threads.own, rival: threads.rival };
  if (isRealTime(each.own) || isRealTime(each.rival)) return each;
  for (const facts of input.facts.toReversed()) {
    const [mine, other] = [processIn(input, facts, own), processIn(input, facts, rival)];
    if (mine && other) return contestIn(facts, each, mine, other);
  }
  return undefined;
}

/** What is watched by itself, and not because of another or for its work. */
const STARTERS: ReadonlySet<string> = new Set(['command', 'pid', 'probe']);

/** A child that came and went is taken for the watched process that it came from, whose groups it has. */
function processIn(input: Case, { processes }: Facts, thread: number): RunningProcess | undefined {
  const { victims } = input;
  const pid = processesOf(input).of(thread);
  const isWatched = victims.some((one) => one.pid === pid);
  const starters = isWatched ? victims.filter(({ role }) => STARTERS.has(role)) : [];
  const pids = [pid, ...starters.map((one) => one.pid)];
  return pids.flatMap((one) => processes.filter((process) => process.pid === one))[0];
}

function contestIn(facts: Facts, each: Contest, mine: RunningProcess, other: RunningProcess): Contest | undefined {
  const hierarchies = findHierarchies(facts.mounts);
  const hierarchy = ['cpu', ''].flatMap((name) => hierarchies.filter(({ controller }) => controller === name))[0];
  if (!hierarchy || !isKnown(facts, hierarchy, mine, other)) return undefined;
  const [a, b] = [groupsOf(facts, hierarchy, mine), groupsOf(facts, hierarchy, other)];
  const level = a.findIndex((cgroup, at) => cgroup !== b[at]);
  const common = level < 0 ? a.length : level;
  const isOneSession = a.length + b.length === 0 && mine.scheduling?.session === other.scheduling?.session;
  const sideOf = (groups: readonly string[], worth: Worth): Worth | undefined => {
    const group = groups[common];
    if (group !== undefined) return worthOfGroup(facts, hierarchy, group);
    return common > 0 || isOneSession || !isAutogrouped(facts) ? worth : { kind: 'session', weight: NORMAL_WEIGHT };
  };
  const [own, rival] = [sideOf(a, each.own), sideOf(b, each.rival)];
  return own && rival ? { own, rival } : undefined;
}

/** Without any weight of version 2 nobody can say whether two groups of it compete as groups. */
function isKnown({ files }: Facts, { controller }: Hierarchy, mine: RunningProcess, other: RunningProcess): boolean {
  if (controller === 'cpu' || mine.cgroups.get('') === other.cgroups.get('')) return true;
  return [...files.keys()].some((path) => path.endsWith('/cpu.weight'));
}

function isAutogrouped({ files }: Facts): boolean {
  return files.get('/proc/sys/kernel/sched_autogroup_enabled')?.trim() === '1';
}

function fileOf(hierarchy: Hierarchy, cgroup: string, name: string): string {
  return `${cgroupFolder(hierarchy, cgroup) ?? ''}/${name}`;
}

function weightFile({ controller }: Hierarchy): string {
  return controller === 'cpu' ? 'cpu.shares' : 'cpu.weight';
}

/** The groups that a process is in, the outermost first. In version 2 only those that have the controller count: they have its files. */
function groupsOf({ files }: Facts, hierarchy: Hierarchy, { cgroups }: RunningProcess): string[] {
  const all = withAncestors(cgroups.get(hierarchy.controller) ?? '/').toReversed();
  return hierarchy.controller === 'cpu' ? all : all.filter((one) => files.has(fileOf(hierarchy, one, 'cpu.weight')));
}

function worthOfGroup({ files }: Facts, hierarchy: Hierarchy, cgroup: string): Worth | undefined {
  const idle = fileOf(hierarchy, cgroup, 'cpu.idle');
  if (files.get(idle)?.trim() === '1') return { kind: 'cgroup', cgroup, file: idle, value: '1', weight: IDLE_WEIGHT };
  const file = fileOf(hierarchy, cgroup, weightFile(hierarchy));
  const value = files.get(file)?.trim() ?? '';
  const number = value === '' ? NaN : Number(value);
  if (!(number > 0)) return undefined;
  const weight = hierarchy.controller === 'cpu' ? number : (number / DEFAULT_WEIGHT) * NORMAL_WEIGHT;
  return { kind: 'cgroup', cgroup, file, value, weight };
}
