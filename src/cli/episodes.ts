// `episodes`: what a watch noticed, as a list; `episodes show N` opens one as `diagnose` does.

import { existsSync } from 'node:fs';
import { Argument, InvalidArgumentError, type Command } from 'commander';
import { UserError } from '../base/errors.js';
import { episodesText, historyText } from '../present/episodes.js';
import type { Episodes } from '../model/watch.js';
import { readHistory } from '../run/watch/history.js';
import { gather, readJournal } from '../run/watch/journal.js';
import { unkeptNow } from '../run/watch/gaps.js';
import { WATCH_FOLDER } from '../run/watch/place.js';
import { lastBeat } from '../run/watch/pulse.js';
import { concludeWith, type ShowOptions } from './conclude.js';
import { jsonHelp, sayDocument, seconds, toolName } from './context.js';
import { inWatchFolder } from './watch-folder.js';

interface EpisodesOptions extends ShowOptions {
  readonly dir: string;
  readonly since?: number;
}

function episodeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('give a number of the list, from 1.');
  return number;
}

export function episodesCommand(program: Command): void {
  program
    .command('episodes')
    .description('list the stalls that `watch` has noticed, or open one')
    .addArgument(
      new Argument('[action]', 'to open one, or what was counted in between, instead of the list').choices([
        'show',
        'history',
      ]),
    )
    .argument('[number]', 'which one, as the list counts them', episodeNumber)
    .option('--since <time>', 'those of so long ago at most', seconds)
    .option('--json', `${jsonHelp('the list', 'episodes')}; of one its diagnosis, and the history`, false)
    .option('-v, --verbose', 'of one, show the evidence and what is ruled out as well')
    .option('--dir <folder>', 'where `watch` keeps what it finds', WATCH_FOLDER)
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness episodes --since 1d\n  iowitness episodes show 3\n  iowitness episodes history --since 3h',
    )
    .action((action: 'show' | 'history' | undefined, number: number | undefined, options: EpisodesOptions) => {
      if (action === 'show') return show(number, options);
      return action === 'history' ? history(options) : list(options);
    });
}

function gathered(options: EpisodesOptions): Episodes & { readonly runs: boolean } {
  return inWatchFolder(options, (folder, path, from) => {
    const beat = lastBeat(path);
    return {
      schema: 'iowitness.episodes/1',
      tool: toolName(),
      folder: path,
      ...gather([...readJournal(folder), ...unkeptNow(beat, Date.now())], from),
      runs: beat?.runs === true,
    };
  });
}

function list(options: EpisodesOptions): void {
  const { runs, ...document } = gathered(options);
  sayDocument(document, options.json, () => episodesText(document, runs).join('\n'));
}

/** What was counted, a line a minute. */
function history(options: EpisodesOptions): void {
  const document = inWatchFolder(options, (folder, path, from) => ({
    schema: 'iowitness.history/1' as const,
    tool: toolName(),
    folder: path,
    ...readHistory(folder, from),
  }));
  sayDocument(document, options.json, () => historyText(document).join('\n'));
}

async function show(number: number | undefined, options: EpisodesOptions): Promise<void> {
  const { episodes } = gathered(options);
  const [newest] = episodes;
  const wanted = number === undefined ? newest : episodes.find((one) => one.number === number);
  if (!wanted)
    throw new UserError(
      number === undefined
        ? 'No stall was noticed, so there is none to show.'
        : `There is no episode ${number}: \`iowitness episodes\` lists them.`,
    );
  const { recording, note } = wanted;
  if (recording === null || !existsSync(recording))
    throw new UserError(
      `The recording of episode ${wanted.number} is not kept (${note ?? 'others needed its room'}); the list has its verdict.`,
    );
  await concludeWith(recording, options);
}
