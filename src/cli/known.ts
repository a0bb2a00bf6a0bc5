// `known [RECORDING|ID]`: what is known of kernels that fits this machine, or a recording and what it shows; or one entry whole.

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { UserError } from '../base/errors.js';
import type { Known, KnownFit, KnownList } from '../model/known.js';
import { diagnoseRecording } from '../pipeline.js';
import { fits, placeRecorded, type Place } from '../known/fits.js';
import { placeHere } from '../run/known-place.js';
import { renderEntry, renderKnown } from '../present/known.js';
import { jsonHelp, outputWidth, progress, readingProgress, sayDocument, toolName } from './context.js';
import { knownList } from './known-list.js';

interface KnownOptions {
  readonly all: boolean;
  readonly json: boolean;
}

export function knownCommand(program: Command): void {
  program
    .command('known')
    .description(
      'list regressions of kernels that fit this machine, or a recording and what it shows: leads, no verdicts',
    )
    .argument('[what]', 'a recording, or the name of one entry (default: this machine)')
    .option('--all', 'list every entry, whatever the kernel', false)
    .option('--json', jsonHelp('the list', 'known'), false)
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness known\n  iowitness known slow-night.iow\n  iowitness known congestion-wait',
    )
    .action((what: string | undefined, options: KnownOptions) => known(what, options));
}

/** What fits a recording, whose diagnosis tells which symptoms it shows. */
async function fitsOf(
  path: string,
  all: readonly Known[],
): Promise<{ readonly place: Place; readonly found: KnownFit[] }> {
  const { diagnosis, compared } = await diagnoseRecording(path, toolName(), { progress: readingProgress(path) });
  progress.say('');
  const place = placeRecorded(compared.measures);
  if (!place) throw new UserError(`${path} does not tell its kernel’s version: record with \`iowitness record\`.`);
  return { place, found: fits(all, place, { m: compared.measures, diagnosis }) };
}

function everyEntry(all: readonly Known[]): KnownFit[] {
  return all.map(({ id, title, what, symptom, advice, sources, unsure }) => ({
    id,
    title,
    what,
    symptom: symptom.words,
    advice,
    sources,
    unsure: unsure ?? null,
    by: 'range',
  }));
}

async function known(what: string | undefined, options: KnownOptions): Promise<void> {
  const all = knownList();
  const entry = all.find(({ id }) => id === what);
  const isRecording = what !== undefined && entry === undefined;
  if (isRecording && !existsSync(what))
    throw new UserError(`There is no entry and no recording ${what}: \`iowitness known --all\` lists the entries.`);
  const { place, found } = isRecording ? await fitsOf(what, all) : here(all);
  const shown = entry ? everyEntry([entry]) : options.all ? everyEntry(all) : found;
  const { flavour, text, hasBackports } = place.kernel;
  const list: KnownList = {
    schema: 'iowitness.known/1',
    tool: toolName(),
    recording: isRecording ? what : null,
    kernel: text,
    flavour,
    note: hasBackports
      ? `Kernels of this kind (${flavour}) may have changes of later versions, or lack some of their own: a range is less telling there.`
      : null,
    entries: shown,
    known: all.length,
  };
  sayDocument(list, options.json, () =>
    entry ? renderEntry(list.entries, outputWidth()) : renderKnown(list, options.all, outputWidth()),
  );
}

function here(all: readonly Known[]): { readonly place: Place; readonly found: KnownFit[] } {
  const place = placeHere();
  if (!place) throw new UserError('The version of this kernel can’t be read from /proc: name a recording.');
  return { place, found: fits(all, place) };
}
