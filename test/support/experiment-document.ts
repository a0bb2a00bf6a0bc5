// A document of an experiment with four arms that cross a daemon and a kernel, simulated: on the new kernel nothing degrades.

import { judgeArms } from '../../src/experiment/judge.js';
import { orderEffects } from '../../src/experiment/order-effects.js';
import type { Makeup } from '../../src/experiment/factors.js';
import type { Experiment } from '../../src/model/experiment.js';
import { EXPERIMENT } from '../../src/model/thresholds/experiment.js';
import { simulate, type Truth } from './simulated-experiments.js';

export const DAEMON = 'the processes named monitor';
export const KERNEL = 'the kernel';
const STOP = 'stop them';

/** Arms by name, with what each is made of. */
export const CROSSED: ReadonlyMap<string, Makeup> = new Map([
  ['old kernel', new Map([[KERNEL, '6.1']])],
  ['old kernel, no monitor', new Map(Object.entries({ [KERNEL]: '6.1', [DAEMON]: STOP }))],
  ['new kernel', new Map([[KERNEL, '6.12']])],
  ['new kernel, no monitor', new Map(Object.entries({ [KERNEL]: '6.12', [DAEMON]: STOP }))],
]);

/** On the new kernel nothing degrades. */
export const KERNEL_IS_IT: NonNullable<Truth['effects']> = {
  'new kernel': { onset: 1e6 },
  'new kernel, no monitor': { onset: 1e6 },
};

export function experimentOf({ repeats, seed }: { readonly repeats: number; readonly seed: number }): Experiment {
  const arms = [...CROSSED.keys()];
  const runs = simulate({ arms, repeats, onset: 150, bursts: 5, effects: KERNEL_IS_IT }, seed);
  return {
    schema: 'iowitness.experiment/1',
    tool: 'iowitness test',
    name: 'monitor or kernel',
    path: '/x/night.exp',
    startedAt: '2026-01-01T00:00:00.000Z',
    done: runs.length,
    planned: runs.length,
    ended: 'all runs are made',
    level: EXPERIMENT.wrongBlame,
    ...judgeArms(runs, arms, 1, CROSSED),
    order: orderEffects(runs),
    notes: [],
    runs: runs.map((run) => ({ ...run, state: 'done' })),
  };
}
