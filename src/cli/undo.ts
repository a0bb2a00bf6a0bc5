// `undo`: puts back what a killed run left behind. Every other command does so at its start as well.

import type { Command } from 'commander';
import { recoverStale } from '../capture/undo.js';
import { EXIT, jsonHelp, sayDocument, toolName, undoFolder } from './context.js';

export function undoCommand(program: Command): void {
  program
    .command('undo')
    .description('put back what a killed run left behind: trace instances, settings, mounts, probe files')
    .option('--json', jsonHelp('what was put back', 'undone'), false)
    .addHelpText('after', '\nExample:\n  iowitness undo')
    .action(({ json }: { json: boolean }) => {
      const { undone, failed } = recoverStale(undoFolder());
      const document = { schema: 'iowitness.undone/1', tool: toolName(), undone, failed } as const;
      sayDocument(document, json, () => undoneText(undone, failed));
      if (failed.length > 0) process.exitCode = EXIT.failed;
    });
}

function undoneText(undone: readonly string[], failed: readonly string[]): string {
  if (undone.length === 0 && failed.length === 0) return 'Nothing was left behind.';
  return [
    ...undone.map((sentence) => `undone: ${sentence}`),
    ...failed.map((sentence) => `could not be undone: ${sentence}`),
  ].join('\n');
}
