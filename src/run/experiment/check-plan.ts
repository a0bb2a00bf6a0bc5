// Whether this machine can do what a plan asks, before anything is started or changed: the volume, the workload's program, the memory, each arm's changes.
// And what the plan can tell at best, as a plan of too few runs is better refused than run for a week.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { UserError } from '../../base/errors.js';
import { counted, duration } from '../../base/format.js';
import { EXPERIMENT } from '../../model/thresholds/experiment.js';
import { FALL } from '../../model/thresholds/measuring.js';
import { checkDirectory } from '../../lab/probe.js';
import { leastChance } from '../../statistics/within-blocks.js';
import { DdRefusal, parseDdOptions } from '../../tools/dd/options.js';
import { quotingFor } from '../../tools/dd/quoting.js';
import type { Plan } from './plan.js';
import { pressureBytes } from './pressure.js';
import { siteOf } from './sites.js';
import { checkRoom } from './workload.js';

/** A word by itself; what can't be checked by itself is the shell's: a variable that is set, a group of commands. */
const PLAIN_WORD = /^[\w./+-]+(?=\s|;|$)/;

function hasProgram(word: string, folder: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'command -v -- "$1"', 'sh', word], { cwd: folder }).status === 0;
}

/** `folder`: the one that it runs in. */
function checkWorkload({ workload }: Plan, folder: string): void {
  if (workload.kind === 'command') {
    const words = typeof workload.value === 'string' ? PLAIN_WORD.exec(workload.value)?.[0] : workload.value[0];
    if (words !== undefined && !hasProgram(words, folder)) throw new UserError(`there is no program ${words} to run`);
  } else if (workload.kind === 'dd') {
    try {
      const { output } = parseDdOptions(workload.value.trim().split(/\s+/), quotingFor(true), () => {});
      if (output === undefined) throw new UserError('dd needs an of=, or what it writes would go nowhere');
    } catch (error) {
      if (!(error instanceof DdRefusal)) throw error;
      throw new UserError(`dd refuses that: ${error.message}`);
    }
  } else if (workload.kind === 'fio') {
    if (!hasProgram('fio', folder)) throw new UserError('fio is not installed (apt-get install fio)');
    if (!existsSync(workload.value)) throw new UserError(`there is no job file ${workload.value}`);
  }
}

/** What runs on this machine need of it. */
function checkMachine(plan: Plan): void {
  const { freeBytes } = at(plan, ['volume'], () => checkDirectory(plan.volume));
  at(plan, ['workload', plan.workload.kind], () => checkRoom(plan, freeBytes));
  const { pressure } = plan;
  if (pressure) at(plan, ['pressure', 'memory'], () => pressureBytes(pressure));
  plan.disks?.forEach((disk, place) => {
    at(plan, ['disks', place], () => {
      if (!existsSync(`/sys/class/block/${disk.replaceAll('/', '!')}`)) throw new UserError(`there is no disk ${disk}`);
    });
  });
}

/** Says where in the plan it is. */
function at<T>(plan: Plan, path: readonly (string | number)[], act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${plan.lineOf(path)}: ${error.message.replace(/\.$/, '')}.`);
  }
}

function blocksOf({ repeats, block }: Plan): { readonly first: number; readonly second: number }[] {
  const sizes = Array.from({ length: Math.ceil(repeats / block) }, (_, index) =>
    Math.min(block, repeats - index * block),
  );
  return sizes.map((size) => ({ first: size, second: size }));
}

/** The smallest p that an arm of this plan can have, as its runs are drawn. */
function leastChanceOf(plan: Plan): number {
  return leastChance(blocksOf(plan));
}

/** What whoever runs it should know of runs that are too short to show a fall. */
function shortness({ run, interval, stop }: Plan): string | undefined {
  const least = (FALL.before + FALL.stays) * interval;
  if (run >= least) return undefined;
  return `A run of ${duration(run * 1000)} in intervals of ${duration(interval * 1000)} can’t show that throughput falls for good, which takes ${duration(least * 1000)}${stop === 'degraded' ? ': none ends as degraded' : ''}.`;
}

/** What whoever runs it should know of what it can tell at best. */
export function weaknessesOf(plan: Plan): string[] {
  return [shortness(plan), fewness(plan)].filter((one) => one !== undefined);
}

function fewness(plan: Plan): string | undefined {
  // Of all that is compared an arm that differs in one measure alone is the hardest to tell.
  const tests = 4 * (plan.arms.length - 1);
  const needed = EXPERIMENT.wrongBlame / tests;
  const least = leastChanceOf(plan);
  if (least <= needed) return undefined;
  return `With ${counted(plan.repeats, 'run')} of each arm in blocks of ${plan.block}, a difference in one measure is told only where others differ as well (its p is at least ${Number(least.toPrecision(2))}, and ${Number(needed.toPrecision(1))} is needed): more repeats tell more.`;
}

/** Throws a UserError for the first thing that this machine can't do. Changes nothing. */
export function checkPlan(plan: Plan): void {
  if (process.geteuid?.() !== 0)
    throw new UserError('An experiment drops caches and changes settings: run it as root (--dry-run needs none).');
  const isHere = plan.arms.some(({ machine }) => machine === undefined);
  if (isHere) checkMachine(plan);
  at(plan, ['workload', plan.workload.kind], () => checkWorkload(plan, isHere ? plan.volume : '/'));
  for (const arm of plan.arms) siteOf(arm).check(plan, arm);
}
