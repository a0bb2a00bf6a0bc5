// `doctor`: what this machine lets a recorder see, what that is good for, and what would give the rest.

import type { Command } from 'commander';
import { findAbilities } from '../capture/abilities.js';
import { UndoJournal } from '../capture/undo.js';
import { harmless } from '../base/format.js';
import type { Ability } from '../model/results.js';
import { jsonHelp, say, sayJson, toolName, undoFolder, warn } from './context.js';

const SIGN = { yes: '✓', partly: '~', no: '✗', unknown: '?' } as const;

function line({ name, state, detail, shows, remedy }: Ability): string {
  const head = `${SIGN[state]} ${name.padEnd(18)}${harmless(detail)}`;
  const more = state === 'yes' ? [] : [`    would show: ${shows}`, ...(remedy === '' ? [] : [`    ${remedy}`])];
  return [head, ...more].join('\n');
}

export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('say what this machine lets iowitness see, and what would give the rest')
    .option('--json', jsonHelp('the list', 'abilities'), false)
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
      if (options.json) sayJson({ schema: 'iowitness.abilities/1', tool: toolName(), abilities });
      else say(abilities.map(line).join('\n'));
    });
}
