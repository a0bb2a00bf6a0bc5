// `diagnose REC`: the verdict of a recording or a block trace, as text or JSON.

import type { Command } from 'commander';
import type { OpenOptions } from '../open/recording.js';
import { concludeWith, withShowOptions, type ShowOptions } from './conclude.js';
import { takesRecording } from './context.js';
import { namedOrNewest } from './recordings.js';

export function diagnoseCommand(program: Command): void {
  withShowOptions(takesRecording(program.command('diagnose')))
    .description('name the cause of the stall in a recording, with the evidence and what is ruled out')
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness diagnose slow-night.iow --json | jq .verdict.cause\n  iowitness diagnose sda --pid 4711    # of sda.blktrace.0, sda.blktrace.1 …',
    )
    .action(async (recording: string | undefined, options: OpenOptions & ShowOptions) => {
      await concludeWith(namedOrNewest(recording), options);
    });
}
