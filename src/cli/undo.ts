// `undo`: puts back what a killed run left behind. Every other command does so at its start as well.

import type { Command } from 'commander';
import { recoverStale } from '../capture/undo.js';
import { EXIT, say, undoFolder } from './context.js';

export function undoCommand(program: Command): void {
  program
    .command('undo')
    .description('put back what a killed run left behind: trace instances, settings, mounts, probe files')
    .addHelpText('after', '\nExample:\n  iowitness undo')
    .action(() => {
      const { undone, failed } = recoverStale(undoFolder());
      for (const sentence of undone) say(`undone: ${sentence}`);
      for (const sentence of failed) say(`could not be undone: ${sentence}`);
      if (undone.length === 0 && failed.length === 0) say('Nothing was left behind.');
      if (failed.length > 0) process.exitCode = EXIT.failed;
    });
}
