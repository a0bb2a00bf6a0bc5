// `drill`: provokes the catalogue's stalls for real, and shows whether the diagnosis tells them apart on this machine.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { UserError } from '../base/errors.js';
import { holdFolder, inFolder } from '../base/hold-path.js';
import { readWhole } from '../capture/files.js';
import { loadDrills } from '../catalogue.js';
import { runDrill } from '../run/drill.js';
import { NOBODY, type Drill } from '../lab/drill.js';
import { checkDirectory } from '../lab/probe.js';
import type { DrillReport, DrillRun } from '../model/drills.js';
import { renderDrillList, renderDrills, renderRun } from '../present/drills.js';
import {
  EXIT,
  jsonHelp,
  numberBetween,
  outputWidth,
  progress,
  say,
  sayDocument,
  toolName,
  undoFolder,
  warn,
} from './context.js';

interface DrillCommandOptions {
  readonly all: boolean;
  readonly repeat: number;
  readonly seed: number;
  readonly keep?: string;
  readonly dir: string;
  readonly json: boolean;
}

export function drillCommand(program: Command): void {
  program
    .command('drill')
    .description('provoke stalls for real on loop devices, record and diagnose them, and compare with the truth')
    .argument('[id...]', 'drills to run; without any, and without --all, they are listed')
    .option('--all', 'run the whole catalogue', false)
    .option('--repeat <n>', 'how often each is run, with other parameters each time', numberBetween(1, 1000), 1)
    .option('--seed <n>', 'what the parameters are drawn from', numberBetween(0, 2 ** 31), 1)
    .option('--keep <folder>', 'keep the recordings there')
    .option('--dir <folder>', 'a folder on a disk with 2 GB free, for the loop devices’ files', '/var/tmp')
    .option('--json', `${jsonHelp('all runs', 'drills')}; without any, the list`, false)
    .addHelpText('after', '\nExample:\n  iowitness drill mem.dirty-limit')
    .action((ids: string[], options: DrillCommandOptions) => drill(ids, options));
}

async function drill(ids: readonly string[], options: DrillCommandOptions): Promise<void> {
  const drills = await loadDrills();
  const chosen = options.all ? drills : ids.map((id) => named(drills, id));
  if (chosen.length === 0) {
    sayDocument(
      {
        schema: 'iowitness.drill-list/1',
        tool: toolName(),
        drills: drills.map(({ id, about }) => ({ id, about })),
      },
      options.json,
      () => renderDrillList(drills, outputWidth()),
    );
    return;
  }
  if (process.geteuid?.() !== 0) throw new UserError('Drills change the machine for a moment: run them as root.');
  checkDirectory(options.dir);
  if (options.keep !== undefined) holdFolder(options.keep, { make: true }).close();
  const report = await runAll(chosen, options);
  sayDocument(report, options.json, () => renderDrills(report));
  const ran = report.runs.filter((run) => run.events);
  if (ran.length === 0) process.exitCode = EXIT.failed;
  else process.exitCode = ran.every((run) => run.events?.right) ? EXIT.fine : EXIT.found;
}

const SELF = [process.execPath, fileURLToPath(new URL('./main.js', import.meta.url))] as const;

/** Whether an ordinary user can run this program: a clone in /root can't be read by anybody else. */
function canBeReadByAll(): boolean {
  const [program, ...args] = SELF;
  return spawnSync(program, [...args, '--version'], { ...NOBODY, cwd: '/' }).status === 0;
}

/** The path of a folder that outside programs are told by its name: nobody else may change what it leads to. */
function safePath(folder: string): string {
  return inFolder(folder, (held) => held.realPath(), { guarded: true });
}

function named(drills: readonly Drill[], id: string): Drill {
  const found = drills.find((one) => one.id === id);
  if (!found) throw new UserError(`There is no drill ${id}: \`iowitness drill\` lists them.`);
  return found;
}

async function runAll(chosen: readonly Drill[], options: DrillCommandOptions): Promise<DrillReport> {
  const at = new Date().toISOString();
  const tool = toolName();
  const place = safePath(options.dir);
  const runs: DrillRun[] = [];
  const count = chosen.length * options.repeat;
  const isReadable = canBeReadByAll();
  if (!isReadable)
    warn(
      'other users can’t read this program, so nothing is recorded without root: move the clone out of a private folder.',
    );
  for (let repeat = 0; repeat < options.repeat; repeat += 1) {
    for (const one of chosen) {
      progress.say(`${runs.length + 1} of ${count}: ${one.id}…`);
      const run = await runDrill(one, {
        seed: options.seed,
        repeat,
        folder: place,
        undoFolder: undoFolder(),
        tool,
        ...(isReadable && { self: SELF }),
        ...(options.keep !== undefined && { keep: options.keep }),
      });
      runs.push(run);
      if (!options.json) {
        progress.say('');
        say(renderRun(run));
      }
    }
  }
  const kernel = readWhole('/proc/sys/kernel/osrelease')?.trim() ?? 'unknown';
  return { schema: 'iowitness.drills/1', tool, kernel, at, seed: options.seed, runs };
}
