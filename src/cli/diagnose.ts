// `diagnose REC`: the verdict of a recording or a block trace, as text or JSON.

import type { Command } from 'commander';
import { concludeWith } from './conclude.js';
import { processId } from './context.js';

export function diagnoseCommand(program: Command): void {
  program
    .command('diagnose')
    .description('name the cause of the stall in a recording, with the evidence and what is ruled out')
    .argument('<recording>', 'a NAME.iow folder, or a block trace: BASE of BASE.blktrace.0 …, or one file')
    .option('--pid <pid>', 'the process to account for (default: the one that lost most time)', processId)
    .option('--json', 'print the diagnosis as JSON (docs/diagnosis.schema.json)', false)
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness diagnose slow-night.iow --json | jq .verdict.cause\n  iowitness diagnose sda --pid 4711    # of sda.blktrace.0, sda.blktrace.1 …',
    )
    .action((recording: string, options: { json: boolean; pid?: number }) => concludeWith(recording, options));
}
