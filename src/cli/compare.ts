// `compare A B [C…]`: what differs between recordings, and which of it separates the slow ones from the fast ones; as text or as JSON.

import type { Command } from 'commander';
import type { Differences } from '../model/differences.js';
import { harmless } from '../base/format.js';
import { differencesOf, renderCompared, type Named } from '../pipeline.js';
import { renderDifferences } from '../present/differences/text.js';
import { reportAssets } from './conclude.js';
import { EXIT, jsonHelp, lookOn, progress, readingProgress, sayDocument, toolName } from './context.js';
import { writePage } from './output-file.js';

interface CompareOptions {
  readonly slow?: readonly string[];
  readonly fast?: readonly string[];
  readonly verbose: boolean;
  readonly html?: string;
  readonly json: boolean;
}

export function compareCommand(program: Command): void {
  program
    .command('compare')
    .description('tell what differs between recordings, and which fact separates the slow ones from the fast ones')
    .argument(
      '[recording...]',
      'NAME.iow folders: of three or more those with a stall count as slow, those without as fast',
    )
    .option('--slow <recording...>', 'recordings that are slow, whatever their diagnosis says')
    .option('--fast <recording...>', 'recordings that are fast')
    .option('-v, --verbose', 'show all facts, measures and counters', false)
    .option(
      '--html <file>',
      'write a page as well: what differs, and the recordings over each other on one axis of time',
    )
    .option('--json', jsonHelp('what differs', 'differences'), false)
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness compare this-host.iow that-host.iow\n  iowitness compare --slow web1.iow web4.iow web7.iow --fast web2.iow web3.iow web5.iow web6.iow\n  iowitness compare night.iow --html night.html    # when it changed within one recording\n\nExit status: 0 nothing differs, 1 something does, 2 it could not be done, 64 wrong usage.',
    )
    .action((recordings: readonly string[], options: CompareOptions, command: Command) => {
      const named: Named[] = [
        ...recordings.map((path) => ({ path })),
        ...(options.slow ?? []).map((path): Named => ({ path, side: 'slow' })),
        ...(options.fast ?? []).map((path): Named => ({ path, side: 'fast' })),
      ];
      if (named.length === 0) command.error('error: name the recordings to compare.');
      if (options.html === '-') command.error('error: standard output has the text: name a file with --html.');
      return compare(named, options);
    });
}

/** As diff's. */
function statusOf({ facts, measures, when }: Differences): number {
  const differs =
    facts.groups.length > 0 || (measures?.groups.length ?? 0) > 0 || when.some(({ changes }) => changes.length > 0);
  return differs ? EXIT.found : EXIT.fine;
}

async function compare(named: readonly Named[], { verbose, html, json }: CompareOptions): Promise<void> {
  const compared = await differencesOf(named, toolName(), readingProgress);
  const { differences } = compared;
  if (html !== undefined) {
    progress.say('writing the page…');
    await writePage(html, renderCompared(compared, reportAssets()));
  }
  progress.say('');
  sayDocument(differences, json, () => {
    const text = renderDifferences(differences, { ...lookOn(process.stdout), verbose });
    return html === undefined ? text : `${text}\nPage: ${harmless(html)}`;
  });
  process.exitCode = statusOf(differences);
}
