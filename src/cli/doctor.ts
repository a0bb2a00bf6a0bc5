// `doctor`: what this machine lets a recorder see, what that is good for, and what would give the rest.

import type { Command } from 'commander';
import { findAbilities, type Ability } from '../capture/abilities.js';
import { UndoJournal } from '../capture/undo.js';
import { harmless } from '../base/format.js';
import { say, undoFolder, warn } from './context.js';

const SIGN = { yes: '✓', partly: '~', no: '✗' } as const;

function line({ name, state, detail, shows, remedy }: Ability): string {
  const head = `${SIGN[state]} ${name.padEnd(18)}${harmless(detail)}`;
  const more = state === 'yes' ? [] : [`    would show: ${shows}`, ...(remedy === '' ? [] : [`    ${remedy}`])];
  return [head, ...more].join('\n');
}

export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('say what this machine lets iowitness see, and what would give the rest')
    .option('--json', 'print the list as JSON', false)
    .addHelpText('after', '\nExample:\n  sudo iowitness doctor')
    .action((options: { json: boolean }) => {
      const journal = UndoJournal.open(undoFolder());
      let abilities: Ability[];
      let failed: string[];
      try {
        abilities = findAbilities(journal);
      } finally {
        failed = journal.undoAll();
      }
      for (const sentence of failed) warn(sentence);
      say(options.json ? JSON.stringify(abilities, null, 2) : abilities.map(line).join('\n'));
    });
}
