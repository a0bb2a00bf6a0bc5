// `ls [DIR]`: the recordings of a folder, newest first.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { clockText, duration, harmless, isoTime } from '../base/format.js';
import { shellWord } from '../base/shell.js';
import { columns } from '../present/text-layout.js';
import { called, jsonHelp, outputWidth, sayDocument, toolName } from './context.js';
import { recordingsIn, type Listed } from './recordings.js';

interface LsOptions {
  readonly json: boolean;
}

export function lsCommand(program: Command): void {
  program
    .command('ls')
    .description('list the recordings of a folder, newest first')
    .argument('[dir]', 'the folder', '.')
    .option('--json', jsonHelp('the list', 'recordings'), false)
    .addHelpText('after', '\nExample:\n  iowitness ls /var/tmp')
    .action((folder: string, { json }: LsOptions) => {
      const all = recordingsIn(folder);
      const document = { schema: 'iowitness.recordings/1', tool: toolName(), recordings: all.map(asJson) } as const;
      sayDocument(document, json, () =>
        all.length === 0 ? harmless(noneIn(folder)) : columns(all.map(cells), [], outputWidth()).join('\n'),
      );
    });
}

/** Whoever names a recording wants to see what it shows. */
function noneIn(folder: string): string {
  if (!existsSync(join(folder, 'manifest.json')))
    return `There are no recordings in ${folder === '.' ? 'this folder' : folder}.`;
  return `${folder} is a recording itself; see what it shows: ${called()} diagnose ${shellWord(folder)}`;
}

function startOf({ startedMs }: Listed): string | undefined {
  return Number.isNaN(startedMs) ? undefined : isoTime(startedMs);
}

function cells(one: Listed): string[] {
  const start = startOf(one);
  return [
    start === undefined ? 'time unknown' : clockText(start),
    one.lengthMs === undefined ? 'not closed' : duration(one.lengthMs),
    harmless(one.path),
    harmless(one.what),
  ];
}

function asJson(one: Listed) {
  return { path: one.path, startedAt: startOf(one) ?? null, durationMs: one.lengthMs ?? null, what: one.what };
}
