// `jfr`: which lock threads of a JVM waited for, who had it and what that thread did, from a flight recording or what a live JVM records.

import type { Command } from 'commander';
import { UsageError } from '../base/errors.js';
import type { Jfr } from '../model/jfr.js';
import { flightFilesAt, type FlightFile } from '../open/flight.js';
import { renderJfr } from '../present/jfr/text.js';
import { kernelSideOf } from '../run/jfr/kernel-side.js';
import { flightDocument } from '../run/jfr/read-twice.js';
import { EXIT, jsonHelp, outputWidth, processId, progress, readingProgress, sayDocument, toolName } from './context.js';

interface Options {
  readonly json: boolean;
  readonly pid?: number;
  readonly recording?: string;
}

const HELP = `
Examples:
  iowitness jfr recording.jfr                     # who had the lock that others waited for, and what that thread did
  iowitness jfr /var/log/app/repository           # all chunks of a JVM's repository
  iowitness jfr --pid "$(pgrep -n java)"          # what a JVM has recorded so far
  iowitness jfr recording.jfr --json | jq -r '.monitors[0].owner.thread.name'

Exit status: 1 where threads waited for a monitor, 0 where none did, 2 where there is nothing to read.`;

async function documentOf(given: string | undefined, { pid, recording }: Options): Promise<Jfr> {
  if ((given === undefined) === (pid === undefined))
    throw new UsageError('Name a flight recording, or a live JVM with --pid: one of the two.');
  const shown = given ?? `what process ${pid} records`;
  const kernel = recording === undefined ? undefined : await kernelSideOf(recording);
  const read = (files: readonly FlightFile[]): Jfr => flightDocument(toolName(), files, readingProgress(shown), kernel);
  if (given !== undefined) return read(flightFilesAt(given));
  const { withRepository } = await import('../run/jfr/repository.js');
  return withRepository(pid ?? NaN, read);
}

async function jfr(given: string | undefined, options: Options): Promise<void> {
  const document = await documentOf(given, options);
  progress.say('');
  sayDocument(document, options.json, () => renderJfr(document, outputWidth()));
  if (document.monitors.length > 0) process.exitCode = EXIT.found;
  else if (document.covers.events === 0) process.exitCode = EXIT.failed;
}

export function jfrCommand(program: Command): void {
  program
    .command('jfr')
    .description('tell which lock threads of a JVM waited for, who had it and what that one did')
    .argument('[recording]', 'a flight recording of a JVM (JFR), or a folder with its chunks')
    .option('--pid <pid>', 'what this JVM is recording', processId)
    .option('--recording <recording>', 'a recording of the same time: what the kernel saw the owners do')
    .option('--json', jsonHelp('all of it', 'jfr'), false)
    .addHelpText('after', HELP)
    .action(jfr);
}
