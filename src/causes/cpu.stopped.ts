// The victim was stopped by a signal or a debugger, or frozen with its cgroup: it could not even have been scheduled.
// Source: signal(7); Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst, cgroup-v2.rst (cgroup.freeze).

import { intersect, total } from '../base/intervals.js';
import { shareOf, timesIn } from '../analysis/measures.js';
import { timesBelow } from '../analysis/victim/calls.js';
import { FROZEN } from '../analysis/victim/frozen.js';
import { lastStopper, type Sender } from '../analysis/victim/stops.js';
import { threadName } from '../analysis/machine/processes.js';
import { percent } from '../base/format.js';
import type { Advice, Culprit } from '../model/diagnosis.js';
import type { CgroupLimit } from '../model/facts.js';
import { part, said, time } from '../model/quantity.js';
import { STOPPED } from '../model/thresholds/cpu.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { advise, change, look, write } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import type { Given } from './judge/needs.js';
import { limitsOn } from './judge/judgements.js';
import { defineCause, holds, ruledOut } from './cause.js';

interface Tracer {
  readonly name: string;
  readonly pid: number;
}

/** The recorder looks once a second (capture/ptrace-watch.ts). */
const LOOK_MS = 1000;

/** What a thread sleeps in that its tracer has stopped (kernel/signal.c). */
const PTRACE_STOPS = /^ptrace_(stop|do_notify|notify)/;

/** Who was attached to the victim while it was stopped; the look once a second may have come late. */
function tracerOf({ account, input }: Given<'victim'>): Tracer | undefined {
  const own = input.attached.filter(({ pid }) => pid === account.pid);
  const last = timesIn(account, ['stopped']).at(-1)?.to ?? account.to;
  const index = own.findLastIndex(({ tracer, atMs }) => tracer > 0 && atMs < last + LOOK_MS);
  const found = own[index];
  const until = own[index + 1]?.atMs ?? Infinity;
  if (!found || total(intersect(timesIn(account, ['stopped']), [{ from: 0, to: until }])) === 0) return undefined;
  return { name: found.comm || threadName(input, found.tracer) || 'a process', pid: found.tracer };
}

/** Whether its tracer stopped it, as far as its stacks tell, or else whether it has one and nobody else sent it a signal. */
function isTraced(m: Given<'victim'>, tracer: Tracer | undefined, sender: Sender | undefined): boolean {
  const stopped = timesIn(m.account, ['stopped']);
  const below = intersect(stopped, timesBelow(m.account, m.input.events, PTRACE_STOPS));
  if (2 * total(below) > total(stopped)) return true;
  return tracer !== undefined && (sender === undefined || sender.pid === tracer.pid);
}

/** How its cgroup was frozen: the file that says so, or its sleeps alone; undefined where neither tells that it was. */
type Frozen = CgroupLimit | 'by its sleeps';

function frozenOf(m: Given<'victim'>): Frozen | undefined {
  const [limit] = limitsOn(m, 'freezer');
  if (limit) return limit;
  const stopped = timesIn(m.account, ['stopped']);
  const asleep = intersect(stopped, timesBelow(m.account, m.input.events, FROZEN));
  return 2 * total(asleep) > total(stopped) ? 'by its sleeps' : undefined;
}

interface Figures {
  readonly share: number;
  /** The freezer that holds it; where there is none, who sent the signal. */
  readonly frozen: Frozen | undefined;
  readonly sender: Sender | undefined;
  /** A debugger stopped it; undefined `tracer` where it was not recorded who. */
  readonly traced: boolean;
  readonly tracer: Tracer | undefined;
}

function how({ frozen, sender, traced, tracer }: Figures): string {
  if (frozen === 'by its sleeps') return 'its cgroup was frozen';
  if (frozen) return `its cgroup ${frozen.cgroup} is frozen`;
  if (traced) return tracer ? `${tracer.name} (${tracer.pid}) traces it` : 'a debugger traces it';
  return sender ? `${sender.signal} from ${sender.name} (${sender.pid})` : 'by a signal or a debugger';
}

function culprit({ frozen, sender, traced, tracer }: Figures): Culprit | null {
  if (frozen === 'by its sleeps') return null;
  if (frozen) return { kind: 'cgroup', name: frozen.cgroup, file: frozen.file };
  const by = traced ? tracer : sender;
  return by ? { kind: 'process', name: by.name, pid: by.pid } : null;
}

function thaw({ cgroup, file }: CgroupLimit) {
  const [thawed, frozen] = file.endsWith('cgroup.freeze') ? ['0', '1'] : ['THAWED', 'FROZEN'];
  return write(thawed, file, `the processes of cgroup ${cgroup} run on`, frozen);
}

/** A signal doesn't continue what its tracer has stopped: only the tracer can (ptrace(2)). */
function detach(tracer: Tracer | undefined, pid: number): Advice {
  if (!tracer) return advise`${look(`grep TracerPid /proc/${pid}/status`)} shows who traces it: detach that one.`;
  const { name, pid: by } = tracer;
  const end = change(`kill ${by}`, `${name} ends and lets the process go`, `attach ${name} to process ${pid} again`);
  return advise`Detach ${name}: in it (quit, Ctrl-C), or ${end}; a process that is traced stops at each of its system calls, or until somebody types.`;
}

function advice({ frozen, traced, tracer }: Figures, pid: number): Advice {
  if (frozen === 'by its sleeps')
    return advise`${look(`cat /proc/${pid}/cgroup`)} names its cgroups: ask what freezes one of them now and then (freezer.state, cgroup.freeze): a container engine’s pause, a checkpoint, a backup.`;
  if (frozen)
    return advise`Thaw it: ${thaw(frozen)}, after asking what froze it (a container engine’s pause, a checkpoint, a backup).`;
  if (traced) return detach(tracer, pid);
  const go = change(`kill -CONT ${pid}`, 'the process runs on', `\`kill -STOP ${pid}\``);
  return advise`Continue it: ${go}, after asking who stopped it (a debugger, job control, a supervisor).`;
}

function sourceOf({ frozen, sender, traced }: Figures, account: keyof typeof FIDELITY): string {
  if (frozen === 'by its sleeps') return FIDELITY[account].stops;
  if (frozen) return frozen.file;
  if (traced) return '/proc/PID/status (TracerPid)';
  return sender ? 'signal:signal_generate' : FIDELITY[account].stops;
}

export const cause = defineCause({
  id: 'cpu.stopped',
  layer: 'scheduler',
  rank: 'verdict',
  proof: 'time',
  waits: ['stopped'],
  needs: ['victim'],
  judge(m) {
    const { account } = m;
    const share = shareOf(account, ['stopped']);
    if (share < JUDGING.noticeable) return ruledOut(`it was stopped or frozen for ${percent(share)} of its time`);
    const frozen = frozenOf(m);
    const confidence = STOPPED.sure * FIDELITY[account.source].ofStates;
    const sender = frozen ? undefined : lastStopper(m.input, (thread) => m.account.threads.has(thread));
    const tracer = tracerOf(m);
    const traced = !frozen && isTraced(m, tracer, sender);
    const figures: Figures = { share, frozen, sender, traced, tracer };
    return holds({ share, confidence, lost: timesIn(account, ['stopped']) }, figures);
  },
  tell(figures, { account }) {
    const { share } = figures;
    return {
      sentence: `The process does not run because it was stopped: ${how(figures)}, for ${percent(share)} of its time.`,
      yardstick: { measure: 'stopped', value: said`${part(share)} of its time`, against: how(figures) },
      culprit: culprit(figures),
      evidence: [
        {
          measure: 'stopped or frozen',
          value: said`${time(total(timesIn(account, ['stopped'])))} (${part(share)})`,
          meaning: how(figures),
          source: sourceOf(figures, account.source),
        },
      ],
      advice: [advice(figures, account.pid)],
    };
  },
});
