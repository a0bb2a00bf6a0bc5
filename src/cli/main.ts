// The command line: parses arguments, undoes what a killed run left, runs one command, and turns errors into one sentence.

import { Command, CommanderError } from 'commander';
import { errnoOf, messageOf, UserError } from '../base/errors.js';
import { OutputClosed } from '../tools/blkparse/output.js';
import { EXIT, print, toolName, undoFolder, warn } from './context.js';

/** Each command by its name. Only the one that is asked for is loaded: a start costs a third of a second otherwise. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  check: async () => (await import('./check.js')).checkCommand,
  record: async () => (await import('./record.js')).recordCommand,
  diagnose: async () => (await import('./diagnose.js')).diagnoseCommand,
  report: async () => (await import('./report.js')).reportCommand,
  export: async () => (await import('./export.js')).exportCommand,
  drill: async () => (await import('./drill.js')).drillCommand,
  trace: async () => (await import('./trace.js')).traceCommand,
  blkparse: async () => (await import('./blkparse.js')).blkparseCommand,
  blkstats: async () => (await import('./blkstats.js')).blkstatsCommand,
  doctor: async () => (await import('./doctor.js')).doctorCommand,
  undo: async () => (await import('./undo.js')).undoCommand,
};

async function undoLeftovers(): Promise<void> {
  const { recoverStale } = await import('../capture/undo.js');
  const { undone, failed } = recoverStale(undoFolder());
  for (const sentence of undone) warn(`left by a run that was killed, now undone: ${sentence}`);
  for (const sentence of failed) warn(`left by a run that was killed, and could not be undone: ${sentence}`);
}

/** The command that is asked for; all of them where none is, but for the version, which needs none. */
function loadedFor(asked: string): readonly string[] {
  if (asked === '--version' || asked === '-V') return [];
  return Object.hasOwn(COMMANDS, asked) ? [asked] : Object.keys(COMMANDS);
}

/** The program with the commands that are loaded. */
async function buildProgram(asked: string | undefined): Promise<Command> {
  const program = new Command('iowitness')
    .description('Records what a Linux machine does to its disks and names what makes its writes stall.')
    .version(toolName())
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({ writeOut: print, outputError: (text) => warn(inOneLine(text)) })
    .hook('preAction', async (_program, command) => {
      if (command.name() !== 'undo') await undoLeftovers();
    });
  for (const name of loadedFor(asked ?? '')) (await COMMANDS[name]?.())?.(program);
  program.addHelpText('after', '\nExit status: 0 nothing wrong found, 1 a stall found, 2 it could not be done.');
  for (const command of [program, ...program.commands]) command.exitOverride();
  return program;
}

/** commander's complaint and its suggestion, made one line. */
function inOneLine(complaint: string): string {
  const [what = '', ...hints] = complaint
    .replace(/^error: /, '')
    .trim()
    .split(/\s*\n\s*/);
  return [
    what.replace(' is invalid. ', ' is invalid: ').replace(/\.$/, ''),
    ...hints,
    '(--help shows what there is).',
  ].join(' ');
}

function sentenceOf(error: unknown): string {
  if (error instanceof UserError) return error.message;
  if (errnoOf(error) === 'ENOSPC') return `${messageOf(error)}: free some space, or write somewhere else with -o.`;
  if (errnoOf(error) !== undefined) return `${messageOf(error)}.`;
  return `an error in iowitness itself: ${messageOf(error)} (set IOWITNESS_DEBUG=1 for the place)`;
}

// Where nobody hears a complaint, the work is done all the same.
process.stderr.on('error', () => {});

// The kernel's events show processes by this name.
process.title = 'iowitness';

function fail(error: unknown): void {
  // `iowitness … | head` closes the pipe early: that is no error.
  if (error instanceof OutputClosed) {
    process.exitCode = EXIT.fine;
    return;
  }
  warn(sentenceOf(error));
  if (process.env['IOWITNESS_DEBUG'] !== undefined) console.error(error);
  process.exitCode = EXIT.failed;
}

// From a timer of the recorder, say; the undo journal's exit hook still puts everything back.
process.on('uncaughtException', (error) => {
  fail(error);
  process.exit();
});

try {
  await (await buildProgram(process.argv[2])).parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.fine : EXIT.failed;
  else fail(error);
}
