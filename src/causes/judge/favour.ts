// What gives a starved victim more of the CPUs, by what competes for them: threads of one group by nice values, sessions by those of their
// groups (autogroup), cgroups by their weights. Each is lifted by about ten times; where the victim has ended nothing can be lifted, and who has
// the CPUs is looked at.

import { basename } from 'node:path';
import { contestOf, NORMAL_WEIGHT, type Worth } from '../../analysis/machine/priority.js';
import { unitAt } from '../../analysis/machine/units.js';
import { isThere } from '../../analysis/machine/processes.js';
import type { Advice } from '../../model/diagnosis.js';
import { advise, change, look, setProperties, write, type Command } from './advice.js';
import type { Given } from './needs.js';

/** Ten steps of nice are worth 9.3 times as much on a CPU, for the kernel's table of weights. */
const STEPS = 10;
const LEAST_NICE = -20;
/** The most that cpu.weight and cpu.shares take (Documentation/admin-guide/cgroup-v2.rst; kernel/sched/sched.h: MAX_SHARES). */
const MOST: Readonly<Record<string, number>> = { 'cpu.weight': 10_000, 'cpu.shares': 262_144 };

/** The weight of a cgroup set to `to`, in the file's own scale; of a unit by its manager. */
export function weigh({ cgroup, file, value }: Extract<Worth, { kind: 'cgroup' }>, to: number | 'usual'): Command {
  const unit = unitAt(cgroup);
  const what = `what cgroup ${cgroup} is worth on a CPU`;
  const name = basename(file);
  if (unit !== undefined) {
    const property = name === 'cpu.shares' ? 'CPUShares' : 'CPUWeight';
    const usual = name === 'cpu.shares' ? NORMAL_WEIGHT : 100;
    const was = name === 'cpu.idle' ? 'idle' : value;
    const set = (weight: string) => setProperties(unit, `${property}=${weight}`);
    return change(set(String(to === 'usual' ? usual : to)), what, `\`${set(was)}\``);
  }
  const usual = { 'cpu.weight': '100', 'cpu.idle': '0' }[name] ?? String(NORMAL_WEIGHT);
  return write(to === 'usual' ? usual : String(to), file, what, value);
}

/** Undefined where it is worth as much as it can be, or runs in another class than others. */
function lift(own: Worth, pid: number): Command | undefined {
  const what = `how ${pid} competes for a CPU`;
  if (own.kind === 'session') {
    const file = `/proc/${pid}/autogroup`;
    return write(String(-STEPS), file, `how the session of ${pid} competes for a CPU`, '0');
  }
  if (own.kind === 'cgroup') {
    const most = MOST[basename(own.file)] ?? 0;
    const to = Math.min(most, Number(own.value) * STEPS);
    return to > Number(own.value) ? weigh(own, to) : undefined;
  }
  const to = Math.max(LEAST_NICE, own.nice - STEPS);
  if (own.weight === Infinity || to >= own.nice) return undefined;
  const set = (nice: number) => `renice -n ${nice} -p $(ls /proc/${pid}/task)`;
  return change(set(to), what, `\`${set(own.nice)}\``);
}

/** `rival`: the thread that ran most in its place, where one was seen. */
export function favourAdvice({ input, account }: Given<'victim'>, rival: number | undefined): Advice {
  const contest = rival === undefined ? undefined : contestOf(input, account.thread, rival);
  const lifted = contest && isThere(input, account.pid) ? lift(contest.own, account.pid) : undefined;
  if (lifted)
    return advise`Let the victim come first: ${lifted}. Where that is not enough it needs fewer competitors, or cores of its own.`;
  return advise`Give the victim more CPU: fewer competitors, a higher cpu.weight or cpu.shares, or its own cores. ${look('top -d 5 -o %CPU')} shows who has the CPUs now, and how nice each is.`;
}
