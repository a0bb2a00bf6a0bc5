// `doctor`: what this machine lets a recorder see, what that is good for, and what would give the rest.

import type { Command } from 'commander';
import { findAbilities } from '../capture/abilities.js';
import { UndoJournal } from '../capture/undo.js';
import { harmless } from '../base/format.js';
import type { Ability } from '../model/results.js';
import { wrap } from '../present/text-layout.js';
import { EXIT, jsonHelp, outputWidth, sayDocument, toolName, undoFolder, warn } from './context.js';

const SIGN = { yes: '✓', partly: '~', no: '✗', unknown: '?' } as const;

const NAME_COLUMNS = 20;
const INDENT = '    ';

function linesOf({ name, state, detail, shows, remedy }: Ability, width: number): string[] {
  const head = wrap(
    `${SIGN[state]} ${name.padEnd(NAME_COLUMNS - 2)}${harmless(detail)}`,
    width,
    ' '.repeat(NAME_COLUMNS),
  );
  const more = state === 'yes' ? [] : [`would show: ${shows}`, ...(remedy === '' ? [] : [remedy])];
  return [...head, ...more.flatMap((text) => wrap(text, width - INDENT.length).map((line) => INDENT + line))];
}

export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('say what this machine lets iowitness see, and what would give the rest')
    .option('--json', jsonHelp('the list', 'abilities'), false)
    .addHelpText('after', '\nExit status: 1 where something is missing (✗).\n\nExample:\n  sudo iowitness doctor')
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
      sayDocument({ schema: 'iowitness.abilities/1', tool: toolName(), abilities }, options.json, () =>
        abilities.flatMap((one) => linesOf(one, outputWidth())).join('\n'),
      );
      if (abilities.some(({ state }) => state === 'no')) process.exitCode = EXIT.found;
    });
}
