// `baseline [DISK]`: what this machine remembers of its disks from quiet time, by which they are judged.

import type { Command } from 'commander';
import { showBooks } from '../baseline/show.js';
import { UserError } from '../base/errors.js';
import { identifyDisks, unnamedDisks } from '../capture/disk-identity.js';
import type { Baseline } from '../model/baseline.js';
import { renderBaseline } from '../present/baseline.js';
import { Shelf } from '../run/baseline/shelf.js';
import { baselineFolder, jsonHelp, outputWidth, sayDocument, toolName, warn } from './context.js';

interface BaselineOptions {
  readonly json: boolean;
}

export function baselineCommand(program: Command): void {
  program
    .command('baseline')
    .description('show what this machine remembers of its disks from quiet time, by which check and record judge them')
    .argument('[disk]', 'one disk, as sda (default: all)')
    .option('--json', jsonHelp('what is remembered', 'baseline'), false)
    .addHelpText('after', '\nExample:\n  iowitness baseline sda')
    .action((disk: string | undefined, { json }: BaselineOptions) => baseline(disk, json));
}

function baseline(disk: string | undefined, json: boolean): void {
  const path = baselineFolder();
  if (path === undefined)
    throw new UserError(
      'There is no folder for a memory of this machine: set HOME or XDG_STATE_HOME to a folder of this user.',
    );
  const books = new Shelf({ path, warn }).books();
  const all = showBooks(books, identifyDisks(), unnamedDisks());
  const name = disk?.replace(/^\/dev\//, '');
  const isMeant = (one: { readonly name: string }) => name === undefined || one.name === name;
  const shown: Baseline = {
    schema: 'iowitness.baseline/1',
    tool: toolName(),
    folder: path,
    disks: all.disks.filter(isMeant),
    without: all.without.filter(isMeant),
  };
  if (name !== undefined && shown.disks.length + shown.without.length === 0)
    throw new UserError(
      `There is no disk ${name}, and none is remembered by that name: lsblk -d lists those that are here.`,
    );
  sayDocument(shown, json, () => renderBaseline(shown, outputWidth()));
}
