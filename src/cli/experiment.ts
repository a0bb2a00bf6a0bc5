// `experiment PLAN.yaml`: runs a plan's arms in an order that is drawn, records each run, and tells what each arm's change has to do with the slow-down.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { errnoOf, unreadable, UserError } from '../base/errors.js';
import { harmless } from '../base/format.js';
import { drawOrder } from '../experiment/order.js';
import type { Experiment, ExperimentRun } from '../model/experiment.js';
import { overallOf, renderAdvice, renderExperiment, renderProgress } from '../present/experiment.js';
import { checkPlan } from '../run/experiment/check-plan.js';
import { describePlan, resultOf, runExperiment } from '../run/experiment/experiment.js';
import { ExperimentFolder } from '../run/experiment/folder.js';
import { parsePlan, type Plan } from '../run/experiment/plan.js';
import { adviseOn, labelledRuns, type Labelled } from '../run/experiment/advise.js';
import { planFor } from '../run/experiment/init.js';
import { unitFile } from '../run/experiment/unit.js';
import { renderExperimented } from '../pipeline.js';
import { reportAssets } from './conclude.js';
import {
  EXIT,
  jsonHelp,
  outputWidth,
  progress,
  say,
  sayDocument,
  sayJson,
  toolName,
  undoFolder,
  warn,
} from './context.js';
import { listenForInterrupts } from './interrupts.js';
import { writePage } from './output-file.js';

interface ExperimentOptions {
  readonly output?: string;
  readonly dryRun: boolean;
  readonly resume?: string;
  readonly show?: string;
  readonly slow?: readonly string[];
  readonly fast?: readonly string[];
  readonly unit: boolean;
  readonly html?: string;
  readonly json: boolean;
}

const SELF = [process.execPath, fileURLToPath(new URL('./main.js', import.meta.url))] as const;

export function experimentCommand(program: Command): void {
  program
    .command('experiment')
    .description('change one thing at a time, run a workload again and again, and tell what makes the difference')
    .argument('[plan]', 'a plan; or init, which prints one for a folder; or next, which says what to try')
    .argument('[place]', 'of init: a folder on the volume; of next: an experiment’s folder')
    .option('-o, --output <folder>', 'where state, recordings and the result are kept (default: NAME.exp here)')
    .option('--dry-run', 'only say what would be run, changed and undone, and how long it may take', false)
    .option('--resume <folder>', 'go on with an experiment that was interrupted, killed, or ended by a reboot')
    .option('--show <folder>', 'tell what has been learnt so far, and run nothing')
    .option('--slow <recording...>', 'of next: recordings that are slow')
    .option('--fast <recording...>', 'of next: recordings that are fast')
    .option('--unit', 'with --resume: print a unit of systemd that goes on after each boot', false)
    .option('--html <file>', 'write the result as a page as well')
    .option('--json', jsonHelp('the result', 'experiment'), false)
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness experiment plan.yaml --dry-run\n  iowitness experiment plan.yaml -o night.exp\n  iowitness experiment --resume night.exp\n  iowitness experiment --show night.exp --html night.html\n  iowitness experiment init /var/lib/postgresql > plan.yaml\n  iowitness experiment next --slow web1.iow web4.iow --fast web2.iow web3.iow\n\nExit status: 0 no arm differs, 1 one does, 3 it can’t be told or was interrupted,\n2 it could not be done, 64 wrong usage.',
    )
    .action((plan: string | undefined, place: string | undefined, options: ExperimentOptions, command: Command) => {
      if (options.html === '-') command.error('error: standard output has the text: name a file with --html.');
      if (plan === 'init') return say(planFor(place ?? '.'));
      if (plan === 'next') return next(place, options);
      const given = [plan, options.resume, options.show].filter((one) => one !== undefined);
      if (given.length !== 1) command.error('error: name a plan, or a folder after --resume or --show.');
      return experiment(plan, options);
    });
}

/** Says which change would teach most. */
async function next(place: string | undefined, { slow = [], fast = [], json }: ExperimentOptions): Promise<void> {
  const folder = place === undefined ? undefined : ExperimentFolder.open(place, false);
  const labelled: Labelled[] = [
    ...(folder ? labelledRuns(folder.path, folder.state()) : []),
    ...slow.map((path): Labelled => ({ path, side: 'slow' })),
    ...fast.map((path): Labelled => ({ path, side: 'fast' })),
  ];
  folder?.close();
  const advice = await adviseOn(labelled, (path) => progress.say(`reading ${path}…`));
  progress.say('');
  if (json)
    sayJson({
      schema: 'iowitness.next/1',
      tool: toolName(),
      runs: {
        slow: labelled.filter(({ side }) => side === 'slow').length,
        fast: labelled.filter(({ side }) => side === 'fast').length,
      },
      suspects: advice?.suspects ?? [],
      found: advice?.found ?? null,
      change: advice?.change ?? [],
      armsLeft: advice?.armsLeft ?? null,
    });
  else say(renderAdvice(advice, outputWidth()));
  process.exitCode = advice ? EXIT.found : EXIT.noVerdict;
}

function readPlan(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw unreadable(path, error, 'name a plan (docs/experiment.md shows one)');
  }
}

function orderOf(plan: Plan): ReturnType<typeof drawOrder> {
  return drawOrder(
    plan.arms.map(({ name }) => name),
    plan.repeats,
    plan.block,
    plan.seed,
  );
}

async function showResult(result: Experiment, { html, json }: ExperimentOptions): Promise<void> {
  progress.say('');
  if (html !== undefined) await writePage(html, renderExperimented(result, reportAssets()));
  sayDocument(result, json, () => renderExperiment(result, outputWidth()));
  if (!json && html !== undefined) say(`Page: ${harmless(html)}`);
}

async function experiment(path: string | undefined, options: ExperimentOptions): Promise<void> {
  const { resume, show } = options;
  if (show !== undefined) {
    const folder = ExperimentFolder.open(show, false);
    const plan = parsePlan(folder.plan(), `${show}/plan.yaml`);
    const result = resultOf(plan, folder, folder.state(), toolName());
    await showResult(result, options);
    process.exitCode = statusOf(result);
    return;
  }
  if (resume !== undefined) {
    const folder = ExperimentFolder.open(resume, !options.unit);
    const plan = parsePlan(folder.plan(), `${resume}/plan.yaml`);
    if (options.unit) say(unitFile(folder.path, plan.name, SELF));
    else {
      checkPlan(plan);
      checkTerminal(plan);
      await run(plan, folder, options);
    }
    return;
  }
  const text = readPlan(path ?? '');
  const plan = parsePlan(text, path ?? '');
  if (options.dryRun) {
    say(describePlan(plan, SELF, orderOf(plan)).join('\n'));
    return;
  }
  checkPlan(plan);
  checkTerminal(plan);
  await run(plan, ExperimentFolder.create(options.output ?? `${plan.name}.exp`, text, orderOf(plan)), options);
}

/** Waits for a line at the terminal, or an interrupt. */
async function ask(what: string, interrupted: Promise<unknown>): Promise<void> {
  if (!process.stdin.isTTY)
    throw new UserError(`Somebody has to do this by hand, and there is no terminal to say so at: ${what}.`);
  progress.say('');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // At a terminal readline has Ctrl-C and Ctrl-D for itself, and a question that is closed would never be answered.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = once(lines, 'close').then(() => {
    throw new UserError(`Nobody said at the terminal that this was done: ${what}.`);
  });
  try {
    await Promise.race([lines.question(`By hand: ${what}. Press Enter when it is done. `), interrupted, closed]);
  } finally {
    lines.close();
  }
}

/** Throws a UserError where somebody is to be asked and nobody is there. */
function checkTerminal(plan: Plan): void {
  if (!process.stdin.isTTY && plan.arms.some(({ changes }) => changes.some(({ byHand }) => byHand)))
    throw new UserError('The plan has changes by hand, and there is no terminal to ask at.');
}

/** Goes on with an experiment, new or not, whose plan this machine can have; closes its folder. */
async function run(plan: Plan, folder: ExperimentFolder, options: ExperimentOptions): Promise<void> {
  const interrupts = listenForInterrupts();
  const left: string[] = [];
  try {
    const result = await runExperiment({
      plan,
      folder,
      tool: toolName(),
      undoFolder: undoFolder(),
      self: SELF,
      interrupted: interrupts.interrupted,
      say: (what) => progress.say(what),
      ask: (what) => ask(what, interrupts.interrupted),
      left: (what) => left.push(what),
      told: (one, planned) => tell(one, planned, options),
    });
    await showResult(result, options);
    if (result.ended === null) {
      const but = left.length > 0 ? ' but what is done by hand' : '';
      warn(
        `interrupted, and everything is put back${but}: iowitness experiment --resume ${basename(folder.path)} goes on.`,
      );
      process.exitCode = EXIT.noVerdict;
    } else process.exitCode = statusOf(result);
  } finally {
    if (left.length > 0) warn(`by hand, if it was done: ${left.join('; ')}.`);
    interrupts.release();
    folder.close();
  }
}

/** A line a run on standard error. */
function tell(one: ExperimentRun, planned: number, { json }: ExperimentOptions): void {
  if (json) return;
  progress.say('');
  process.stderr.write(`${renderProgress(one, planned)}\n`);
}

/** As compare's: something differs, nothing does, or it can't be told, as where no run of another arm was made yet. */
function statusOf(result: Experiment): number {
  const status = { differs: EXIT.found, unclear: EXIT.noVerdict, alike: EXIT.fine };
  return status[overallOf(result)];
}
