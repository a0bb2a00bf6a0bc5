// `blkstats`: where I/O spent its time inside the block layer, from a block trace or a recording.

import { Option, type Command } from 'commander';
import { renderCsv } from '../present/blkstats/csv.js';
import { renderBlockStats } from '../present/blkstats/text.js';
import { readBlockStats } from '../open/block-stats.js';
import { jsonHelp, outputWidth, progress, readingProgress, sayDocument, toolName } from './context.js';

export function blkstatsCommand(program: Command): void {
  program
    .command('blkstats')
    .description('tell where I/O spent its time in the block layer, by device, kind and process')
    .argument('<trace>', 'BASE of BASE.blktrace.0 …, a merged block trace, or a NAME.iow folder')
    .option('--json', jsonHelp('all figures', 'blkstats'), false)
    .addOption(new Option('--csv', 'print the distributions as CSV').default(false).conflicts('json'))
    .addHelpText('after', '\nExamples:\n  iowitness blkstats sda\n  iowitness blkstats sda --json | jq .overall')
    .action(async (trace: string, options: { json: boolean; csv: boolean }) => {
      const stats = await readBlockStats(trace, toolName(), readingProgress(trace));
      progress.say('');
      sayDocument(stats, options.json, () => (options.csv ? renderCsv(stats) : renderBlockStats(stats, outputWidth())));
    });
}
