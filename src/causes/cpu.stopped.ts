// The victim was stopped by a signal or a debugger, or frozen with its cgroup: it could not even have been scheduled.
// Source: signal(7); Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst, cgroup-v2.rst (cgroup.freeze).

import { total } from '../base/intervals.js';
import { column } from '../analysis/machine/time-walk.js';
import { valueAt } from '../analysis/machine/series.js';
import { shareOf, timesIn } from '../analysis/measures.js';
import { threadName } from '../analysis/machine/processes.js';
import { percent } from '../base/format.js';
import type { Advice, Culprit } from '../model/diagnosis.js';
import type { CgroupLimit } from '../model/facts.js';
import { part, said, time } from '../model/quantity.js';
import { STOPPED } from '../model/thresholds/cpu.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { advise, change, write } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import type { Given } from './judge/needs.js';
import { limitsOn } from './judge/shared.js';
import { defineCause, holds, ruledOut } from './cause.js';

const STOP_SIGNALS: ReadonlyMap<number, string> = new Map([
  [19, 'SIGSTOP'],
  [20, 'SIGTSTP'],
]);

interface Sender {
  readonly name: string;
  readonly pid: number;
  readonly signal: string;
}

/** Who sent the victim the last signal that stops it. */
function senderOf({ account, input }: Given<'victim'>): Sender | undefined {
  const table = input.events?.tables.get('signal_generate');
  const targets = column(table, 'pid');
  const row = column(table, 'sig').findLastIndex(
    (signal, at) => STOP_SIGNALS.has(signal) && account.threads.has(valueAt(targets, at)),
  );
  const signal = STOP_SIGNALS.get(valueAt(column(table, 'sig'), row));
  const pid = table?.pid[row];
  if (signal === undefined || pid === undefined) return undefined;
  return { name: threadName(input, pid) || 'a process', pid, signal };
}

interface Figures {
  readonly share: number;
  /** The freezer that holds it; where there is none, who sent the signal. */
  readonly frozen: CgroupLimit | undefined;
  readonly sender: Sender | undefined;
}

function how({ frozen, sender }: Figures): string {
  if (frozen) return `its cgroup ${frozen.cgroup} is frozen`;
  return sender ? `${sender.signal} from ${sender.name} (${sender.pid})` : 'by a signal or a debugger';
}

function culprit({ frozen, sender }: Figures): Culprit | null {
  if (frozen) return { kind: 'cgroup', name: frozen.cgroup, file: frozen.file };
  return sender ? { kind: 'process', name: sender.name, pid: sender.pid } : null;
}

function thaw({ cgroup, file }: CgroupLimit) {
  const [thawed, frozen] = file.endsWith('cgroup.freeze') ? ['0', '1'] : ['THAWED', 'FROZEN'];
  return write(thawed, file, `the processes of cgroup ${cgroup} run on`, frozen);
}

function advice({ frozen }: Figures, pid: number): Advice {
  if (frozen)
    return advise`Thaw it: ${thaw(frozen)}, after asking what froze it (a container engine’s pause, a checkpoint, a backup).`;
  const go = change(`kill -CONT ${pid}`, 'the process runs on', `\`kill -STOP ${pid}\``);
  return advise`Continue it: ${go}, after asking who stopped it (a debugger, job control, a supervisor).`;
}

export const cause = defineCause({
  id: 'cpu.stopped',
  layer: 'scheduler',
  rank: 'verdict',
  needs: ['victim'],
  judge(m) {
    const { account } = m;
    const share = shareOf(account, ['stopped']);
    if (share < JUDGING.noticeable) return ruledOut(`it was stopped or frozen for ${percent(share)} of its time`);
    const [frozen] = limitsOn(m, 'freezer');
    const confidence = STOPPED.sure * FIDELITY[account.source].ofStates;
    const figures: Figures = { share, frozen, sender: frozen ? undefined : senderOf(m) };
    return holds({ share, confidence, lost: timesIn(account, ['stopped']) }, figures);
  },
  tell(figures, { account }) {
    const { share, frozen, sender } = figures;
    return {
      sentence: `The process does not run because it was stopped: ${how(figures)}, for ${percent(share)} of its time.`,
      culprit: culprit(figures),
      evidence: [
        {
          measure: 'stopped or frozen',
          value: said`${time(total(timesIn(account, ['stopped'])))} (${part(share)})`,
          meaning: how(figures),
          source: frozen?.file ?? (sender ? 'signal:signal_generate' : FIDELITY[account.source].stops),
        },
      ],
      advice: [advice(figures, account.pid)],
    };
  },
});
