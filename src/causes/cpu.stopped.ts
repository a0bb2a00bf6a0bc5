// The victim was stopped by a signal or a debugger, or frozen with its cgroup: it could not even have been scheduled.
// Source: signal(7); Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst, cgroup-v2.rst (cgroup.freeze).

import { total } from '../base/intervals.js';
import { column } from '../analysis/machine/time-walk.js';
import { shareOf, timesIn, type Measures } from '../analysis/measures.js';
import { threadName } from '../analysis/machine/processes.js';
import { duration, percent } from '../base/format.js';
import type { Culprit } from '../model/diagnosis.js';
import { ruledOut, type Cause } from './cause.js';
import { limitsOn } from './judge/shared.js';
import { STOPPED } from '../model/thresholds/cpu.js';
import { JUDGING } from '../model/thresholds/judging.js';

const STOP_SIGNALS: Readonly<Record<number, string>> = { 19: 'SIGSTOP', 20: 'SIGTSTP' };

/** Who sent the victim a signal that stops it. */
function sender(m: Measures): { culprit: Culprit; signal: string } | undefined {
  const table = m.input.events?.tables.get('signal_generate');
  const [signals, targets] = [column(table, 'sig'), column(table, 'pid')];
  for (let row = (table?.length ?? 0) - 1; row >= 0; row -= 1) {
    const signal = STOP_SIGNALS[signals[row] ?? 0];
    const pid = table?.pid[row] ?? 0;
    if (signal === undefined || m.account?.threads.has(targets[row] ?? 0) !== true) continue;
    return { culprit: { kind: 'process', name: threadName(m.input, pid) || 'a process', pid }, signal };
  }
  return undefined;
}

export const cause: Cause = {
  id: 'cpu.stopped',
  layer: 'scheduler',
  rank: 'verdict',
  needs: ['victim'],
  examine(m) {
    const { account } = m;
    if (!account) return ruledOut('no victim');
    const share = shareOf(account, ['stopped']);
    if (share < JUDGING.noticeable) return ruledOut(`it was stopped or frozen for ${percent(share)} of its time`);
    const times = timesIn(account, ['stopped']);
    const frozen = limitsOn(m, 'freezer')[0];
    const sent = frozen ? undefined : sender(m);
    const how = frozen
      ? `its cgroup ${frozen.cgroup} is frozen`
      : sent
        ? `${sent.signal} from ${sent.culprit.name} (${sent.culprit.pid ?? '?'})`
        : 'by a signal or a debugger';
    return {
      kind: 'found',
      share,
      confidence: account.source === 'events' ? STOPPED.sure : STOPPED.sureFromCounters,
      sentence: `The process does not run because it was stopped: ${how}, for ${percent(share)} of its time.`,
      culprit: frozen ? { kind: 'cgroup', name: frozen.cgroup, file: frozen.file } : (sent?.culprit ?? null),
      evidence: [
        {
          measure: 'stopped or frozen',
          value: `${duration(total(times))} (${percent(share)})`,
          meaning: how,
          source:
            frozen?.file ??
            (sent
              ? 'signal:signal_generate'
              : account.source === 'events'
                ? 'sched_switch, kernel stacks'
                : '/proc/PID/stat'),
        },
      ],
      advice: frozen
        ? [
            `Thaw it: write ${frozen.file.endsWith('cgroup.freeze') ? '0' : 'THAWED'} into ${frozen.file}, after asking what froze it (a container engine’s pause, a checkpoint, a backup).`,
          ]
        : [
            `Let it go on: \`kill -CONT ${account.pid}\`, after asking who stopped it (a debugger, job control, a supervisor).`,
          ],
      lost: times,
    };
  },
};
