// The command line: has the arguments parsed, runs one command, and turns errors into one sentence and the exit status.

import { CommanderError } from 'commander';
import { errnoOf, messageOf, UsageError, UserError } from '../base/errors.js';
import { OutputClosed } from '../tools/blkparse/output.js';
import { harmless } from '../base/format.js';
import { EXIT, sayJson, warn } from './context.js';
import { buildProgram, asOptions } from './program.js';

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

/** Whoever asked for JSON gets the failure as JSON too, where the result would have been. */
function tellAsJson(message: string, status: number): void {
  // What stands behind -- is another command's.
  const args = process.argv.slice(2);
  const end = args.indexOf('--');
  if (!args.slice(0, end < 0 ? undefined : end).includes('--json')) return;
  try {
    sayJson({ schema: 'iowitness.error/1', message: harmless(message), status });
  } catch {
    // Standard output is what could not be written.
  }
}

function fail(error: unknown): void {
  // `iowitness … | head` closes the pipe early: that is no error.
  if (error instanceof OutputClosed) {
    process.exitCode = EXIT.fine;
    return;
  }
  const message = sentenceOf(error);
  warn(message);
  const status = error instanceof UsageError ? EXIT.usage : EXIT.failed;
  tellAsJson(message, status);
  if (process.env['IOWITNESS_DEBUG'] !== undefined) console.error(error);
  process.exitCode = status;
}

// From a timer of the recorder, say; the undo journal's exit hook still puts everything back.
process.on('uncaughtException', (error) => {
  fail(error);
  process.exit();
});

try {
  const args = asOptions(process.argv.slice(2));
  await (await buildProgram(args[0])).parseAsync(args, { from: 'user' });
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    if (error.exitCode !== 0) tellAsJson(error.message.replace(/^error: /, ''), EXIT.usage);
  } else fail(error);
}
