// `diagnose REC`: the verdict of a recording, as text or JSON.

import type { Command } from 'commander';
import { concludeWith } from './conclude.js';

export function diagnoseCommand(program: Command): void {
  program
    .command('diagnose')
    .description('name the cause of the stall in a recording, with the evidence and what is ruled out')
    .argument('<recording>', 'a NAME.iow folder')
    .option('--json', 'print the diagnosis as JSON (docs/diagnosis.schema.json)', false)
    .addHelpText('after', '\nExample:\n  iowitness diagnose slow-night.iow --json | jq .verdict.cause')
    .action((recording: string, options: { json: boolean }) => concludeWith(recording, options));
}
