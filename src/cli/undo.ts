// `undo`: puts back what a killed run left behind. Every other command does so at its start as well.

import type { Command } from 'commander';
import { recoverStale } from '../capture/undo.js';
import { EXIT, jsonHelp, say, sayJson, toolName, undoFolder } from './context.js';

export function undoCommand(program: Command): void {
  program
    .command('undo')
    .description('put back what a killed run left behind: trace instances, settings, mounts, probe files')
    .option('--json', jsonHelp('what was put back', 'undone'), false)
    .addHelpText('after', '\nExample:\n  iowitness undo')
    .action(({ json }: { json: boolean }) => {
      const { undone, failed } = recoverStale(undoFolder());
      if (json) sayJson({ schema: 'iowitness.undone/1', tool: toolName(), undone, failed });
      else tell(undone, failed);
      if (failed.length > 0) process.exitCode = EXIT.failed;
    });
}

function tell(undone: readonly string[], failed: readonly string[]): void {
  for (const sentence of undone) say(`undone: ${sentence}`);
  for (const sentence of failed) say(`could not be undone: ${sentence}`);
  if (undone.length === 0 && failed.length === 0) say('Nothing was left behind.');
}
