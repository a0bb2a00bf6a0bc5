// An experiment from its plan to its result: each run that waits is made in its turn, with the state on disk before and after it, so that whatever ends this
// process, the next one goes on with the same run and ends with the same table.

import { join } from 'node:path';
import { UserError } from '../../base/errors.js';
import { duration } from '../../base/format.js';
import type { Made } from '../../experiment/compare-arms.js';
import type { Makeup } from '../../experiment/factors.js';
import { judgeArms } from '../../experiment/judge.js';
import { orderEffects } from '../../experiment/order-effects.js';
import { shareOfLook } from '../../experiment/order.js';
import { recoverStale } from '../../capture/undo.js';
import type { Experiment, ExperimentRun, ExperimentState } from '../../model/experiment.js';
import { EXPERIMENT } from '../../model/thresholds/experiment.js';
import { weaknessesOf } from './check-plan.js';
import type { ExperimentFolder } from './folder.js';
import { machineWords } from './machine.js';
import type { Plan } from './plan.js';
import type { RunRequest } from './site.js';
import { siteOf } from './sites.js';

export interface ExperimentOptions extends Pick<
  RunRequest,
  'undoFolder' | 'tool' | 'self' | 'interrupted' | 'say' | 'ask' | 'left'
> {
  readonly plan: Plan;
  readonly folder: ExperimentFolder;
  /** Hears of each run that was made, and of how many there are in all. */
  readonly told: (run: ExperimentRun, planned: number) => void;
}

function madeOf({ runs }: ExperimentState): Made[] {
  return runs.flatMap(({ number, block, arm, outcome }) => (outcome ? [{ number, block, arm, outcome }] : []));
}

const namesOf = ({ arms }: Plan): string[] => arms.map(({ name }) => name);

/** What each arm is made of. */
function makeupsOf({ arms }: Plan): ReadonlyMap<string, Makeup> {
  return new Map(
    arms.map(({ name, changes, machine }) => {
      const ofChanges = changes.map(({ about, words }) => [about, words] as const);
      const ofMachine = machine ? [...machineWords(machine)].map(([key, value]) => [`the ${key}`, value] as const) : [];
      return [name, new Map([...ofMachine, ...ofChanges])];
    }),
  );
}

/** At the look after a block, of the runs of that block and those before it. */
function isSettled(plan: Plan, state: ExperimentState, block: number): boolean {
  const blocks = Math.max(...state.runs.map((run) => run.block));
  return judgeArms(madeOf(state), namesOf(plan), shareOfLook(block, blocks), makeupsOf(plan)).isSettled;
}

/** The part of the error that the last look had to spend. Where a plan may not end early there is one look, at the end. */
function shareNow(plan: Plan, state: ExperimentState): number {
  if (!plan.sequential) return 1;
  const blocks = Math.max(...state.runs.map(({ block }) => block));
  const whole = state.runs
    .filter(({ state: is }) => is !== 'done')
    .reduce((least, { block }) => Math.min(least, block - 1), blocks);
  return whole < 1 ? shareOfLook(1, blocks) : shareOfLook(whole, blocks);
}

/** Of runs in guests: under which kernels, and what an emulated CPU means for figures. */
function guestNotes(made: readonly Made[]): string[] {
  const guests = made.flatMap(({ outcome }) => outcome.guest ?? []);
  if (guests.length === 0) return [];
  const kernels = [...new Set(guests.map(({ kernel }) => kernel))].join(', ');
  const all = `${guests.length === 1 ? 'A run was' : `${guests.length} runs were`} made in guests of qemu (${kernels})`;
  return guests.some(({ accelerator }) => accelerator === 'emulation')
    ? [
        `${all} whose CPU was emulated: hold their figures against each other and not against a machine’s, and believe no latency below some tens of milliseconds.`,
      ]
    : [`${all}, with KVM.`];
}

/** The result so far. */
export function resultOf(plan: Plan, folder: ExperimentFolder, state: ExperimentState, tool: string): Experiment {
  const made = madeOf(state);
  const { arms, factors, conclusion } = judgeArms(made, namesOf(plan), shareNow(plan, state), makeupsOf(plan));
  return {
    schema: 'iowitness.experiment/1',
    tool,
    name: plan.name,
    path: folder.path,
    startedAt: state.startedAt,
    done: made.length,
    planned: state.runs.length,
    ended: state.ended ?? null,
    level: EXPERIMENT.wrongBlame,
    arms,
    factors,
    conclusion,
    order: orderEffects(made),
    notes: [
      ...weaknessesOf(plan),
      ...guestNotes(made),
      ...(plan.sequential
        ? [
            'It was looked after each block whether it may end: each look spends its part of the error, so the level holds for all of them together.',
          ]
        : []),
      'Burst credit of a provider’s volume is told by no file of this machine, and not reset between runs.',
    ],
    runs: state.runs,
  };
}

async function makeRun(
  options: ExperimentOptions,
  state: ExperimentState,
  run: ExperimentRun,
): Promise<ExperimentRun | undefined> {
  const { plan, folder, say } = options;
  const arm = plan.arms.find(({ name }) => name === run.arm);
  if (!arm) throw new UserError(`The plan has no arm ${run.arm}, which its state names.`);
  const recording = folder.recordingOf(run.number, run.arm);
  const outcome = await siteOf(arm).run({
    ...options,
    arm,
    recording: join(folder.path, recording),
    say: (what) => say(`run ${run.number} of ${state.runs.length}, ${run.arm}: ${what}…`),
  });
  return outcome && { ...run, state: 'done', outcome: { ...outcome, recording } };
}

/** Makes all runs that wait. Returns the result so far where it was interrupted, which `ended` of it says. */
export async function runExperiment(options: ExperimentOptions): Promise<Experiment> {
  const { plan, folder, tool, undoFolder, told } = options;
  // What a killed run changed is its watchdog's to put back, or else this one's, before anything is run on top of it.
  const { failed } = undoFolder === undefined ? { failed: [] } : recoverStale(undoFolder);
  if (failed.length > 0)
    throw new UserError(`What a run that was killed has changed can’t be put back: ${failed.join('; ')}.`);
  let state = folder.state();
  const replace = (run: ExperimentRun) => {
    state = { ...state, runs: state.runs.map((one) => (one.number === run.number ? run : one)) };
    folder.save(state);
  };
  for (const waiting of state.runs) {
    if (waiting.state === 'done') continue;
    if (state.ended !== undefined) break;
    const running: ExperimentRun = { ...waiting, state: 'running', startedAt: new Date().toISOString() };
    replace(running);
    const done = await makeRun(options, state, running);
    replace(done ?? { ...waiting, state: 'waiting' });
    if (!done) return resultOf(plan, folder, state, tool);
    told(done, state.runs.length);
    const isBlockOver = state.runs.every((one) => one.block !== done.block || one.state === 'done');
    if (
      plan.sequential &&
      isBlockOver &&
      state.runs.some((one) => one.state !== 'done') &&
      isSettled(plan, state, done.block)
    ) {
      state = { ...state, ended: 'every arm is told' };
      folder.save(state);
    }
  }
  if (state.ended === undefined) {
    state = { ...state, ended: 'all runs are made' };
    folder.save(state);
  }
  const result = resultOf(plan, folder, state, tool);
  folder.saveResult(`${JSON.stringify(result, null, 2)}\n`);
  return result;
}

/** At most how long all runs take, s: as long as each may take, with what stands between them. */
function longestSeconds(plan: Plan): number {
  const between = (plan['warm-up'] ?? 0) + plan.settle;
  return plan.arms.length * plan.repeats * (plan.run + between);
}

/** What `--dry-run` says. */
export function describePlan(
  plan: Plan,
  self: readonly string[],
  order: readonly { readonly arm: string; readonly block: number }[],
): string[] {
  return [
    `${plan.name}: ${plan.arms.length} arms, ${plan.repeats} runs each, in blocks of ${plan.block}; at most ${duration(longestSeconds(plan) * 1000)} in all${plan.arms.some(({ machine }) => machine) ? ', besides what guests take to boot' : ''}`,
    ...weaknessesOf(plan),
    '',
    ...plan.arms.flatMap((arm, at) => [
      `${arm.name}${at === 0 ? ' (the others are held against it)' : ''}`,
      ...siteOf(arm)
        .describe(plan, arm, self)
        .map((line) => `  ${line}`),
      '',
    ]),
    `order: ${order.map(({ arm }) => arm).join(', ')}`,
  ];
}
