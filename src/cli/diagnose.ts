// `diagnose REC`: the verdict of a recording or a block trace, as text or JSON.

import type { Command } from 'commander';
import type { OpenOptions } from '../open/recording.js';
import { concludeWith } from './conclude.js';
import { moment, processId } from './context.js';

export function diagnoseCommand(program: Command): void {
  program
    .command('diagnose')
    .description('name the cause of the stall in a recording, with the evidence and what is ruled out')
    .argument('<recording>', 'a NAME.iow folder, or a block trace: BASE of BASE.blktrace.0 …, or one file')
    .option('--pid <pid>', 'the process to account for (default: the one that lost most time)', processId)
    .option('--from <time>', 'begin here, by time since the start (90, 5m) or of day in UTC (03:12)', moment)
    .option('--to <time>', 'end here (default: the whole, or its worst minutes where it is too long)', moment)
    .option('--json', 'print the diagnosis as JSON (docs/diagnosis.schema.json)', false)
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness diagnose slow-night.iow --json | jq .verdict.cause\n  iowitness diagnose sda --pid 4711    # of sda.blktrace.0, sda.blktrace.1 …',
    )
    .action((recording: string, options: OpenOptions & { readonly json: boolean }) => concludeWith(recording, options));
}
