// What a run on this machine does and undoes, in words and in order, for `--dry-run`: nothing is run that does not stand here.

import { binary, duration, percent } from '../../base/format.js';
import { shellWord } from '../../base/shell.js';
import type { Plan, PlannedArm } from './plan.js';
import { commandOf } from './workload.js';

export function describeHere(plan: Plan, arm: PlannedArm, self: readonly string[]): readonly string[] {
  const { pressure, volume, run, stop } = plan;
  const warmUp = plan['warm-up'];
  const memory =
    pressure &&
    ('share' in pressure.memory ? `${percent(pressure.memory.share)} of memory` : binary(pressure.memory.bytes));
  return [
    ...arm.changes.map(({ words }) => words),
    `reset: sync --file-system ${shellWord(volume)}, wait for at most ${duration(plan.settle * 1000)} until nothing is dirty, drop caches, fstrim`,
    ...(memory === undefined ? [] : [`take ${memory} from everybody else`]),
    `run in ${shellWord(volume)}: ${commandOf(plan, self).map(shellWord).join(' ')}`,
    ...(warmUp === undefined ? [] : [`let it warm up for ${duration(warmUp * 1000)}`]),
    `record and measure for ${duration(run * 1000)}${stop === 'degraded' ? ', or until throughput has fallen for good' : ''}`,
    'end the workload with all that it has started',
    ...(memory === undefined ? [] : ['give the memory back']),
    ...arm.changes.toReversed().map(({ undoWords }) => undoWords),
  ];
}
