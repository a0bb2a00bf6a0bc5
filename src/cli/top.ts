// `top`: processes by what they make storage do, live, with what they wait for and whose the bytes of each device are. docs/top.md says how it is told.

import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { UserError } from '../base/errors.js';
import { statOf } from '../capture/process.js';
import { UndoJournal } from '../capture/undo.js';
import { runScreen } from '../run/top/live.js';
import { printSamples } from '../run/top/print.js';
import { TopSampler } from '../run/top/sampler.js';
import { Terminal } from '../run/terminal.js';
import { usersAsked } from '../run/top/users.js';
import { VerdictRun } from '../run/top/verdict.js';
import { parseTopOptions, type TopOptions } from '../tools/top/options.js';
import type { Ground } from '../tools/top/spans.js';
import { jsonHelp, mustExist, print, say, toolName, undoFolder, wantsNoColour, warn } from './context.js';
import { listenForInterrupts } from './interrupts.js';

const HELP = `
Options, iotop’s own:
  -b, --batch        text, sample after sample, for pipes and files
  -n, --iter NUM     so many samples
  -d, --delay SEC    seconds between them, from 0.1 (1)
  -o, --only         those alone that did something (the screen begins so)
  -P, --processes    processes; batch mode has threads without it
  -p, --pid PID      this process, or several with commas
  -u, --user USER    this user’s; may be given several times
  -a, --accumulated  bytes since the start
  -k, --kilobytes    in KiB
  -t, --time         the time before each line; batch mode
  -q, --quiet        names of columns once; -qq never; -qqq no sums either;
                     batch mode
  -v, --version      version

Beyond iotop’s own:
  -T, --threads      a line a thread
  --json             ${jsonHelp('samples', 'top')}
  --no-events        without kernel events, as without root

Environment:
  NO_COLOR           no colours
  COLORFGBG          tells a light ground from a dark one, as terminals set it

Examples:
  iowitness top
  iowitness top -b -o -P -n 1
  iowitness top --json -d 5 | tee top.jsonl`;

function groundOf({ COLORFGBG, TERM }: NodeJS.ProcessEnv): Ground {
  if (wantsNoColour() || TERM === 'dumb') return 'none';
  // 'foreground;background', with a word in between on some terminals: 7 and 15 are white (rxvt(1)).
  const background = COLORFGBG?.split(';').at(-1);
  return background === '7' || background === '15' ? 'light' : 'dark';
}

async function top(args: readonly string[]): Promise<void> {
  const given = parseTopOptions(args);
  if (given.version) return say(toolName());
  const options: TopOptions = { ...given, users: usersAsked(given.users) };
  const [first, ...others] = options.pids;
  // One may end meanwhile, and of several the others are shown.
  if (first !== undefined && !others.some((pid) => statOf(pid))) mustExist(first);
  const isScreen = !options.batch && !options.json;
  if (isScreen && !(process.stdin.isTTY && process.stdout.isTTY))
    throw new UserError('The screen needs a terminal: give -b for text or --json for objects, a sample each.');
  const journal = UndoJournal.open(undoFolder());
  const interrupts = listenForInterrupts();
  const sampler = new TopSampler({ tool: toolName(), journal, events: options.events });
  const { interrupted } = interrupts;
  try {
    if (isScreen) await showScreen(options, sampler, journal, interrupted);
    else await printSamples({ sampler, options, print, interrupted });
  } finally {
    await sampler.close();
    for (const sentence of journal.undoAll()) warn(sentence);
    interrupts.release();
  }
}

async function showScreen(
  options: TopOptions,
  sampler: TopSampler,
  journal: UndoJournal,
  interrupted: Promise<unknown>,
): Promise<void> {
  const { stdin: input, stdout: output, env } = process;
  const terminal = new Terminal({ input, output, print, mouse: true });
  const self = [process.execPath, fileURLToPath(new URL('./main.js', import.meta.url))];
  const verdicts = new VerdictRun({ self, journal, folder: env['TMPDIR'] ?? '/var/tmp' });
  await runScreen({
    sampler,
    terminal,
    ground: groundOf(env),
    verdicts,
    options,
    interrupted,
  });
}

export function topCommand(program: Command): void {
  const command = program
    .command('top')
    .description('show which processes make storage work and what they wait for, live')
    .argument('[arguments...]', 'options as iotop takes them')
    .helpOption('--help', 'display help for command')
    .allowUnknownOption()
    .passThroughOptions()
    .addHelpText('after', HELP)
    .action((args: string[]) => (args.includes('--help') || args.includes('-h') ? command.help() : top(args)));
}
