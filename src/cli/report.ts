// `report REC`: the recording, or the block trace, as one self-contained HTML page.

import type { Command } from 'commander';
import type { OpenOptions } from '../open/recording.js';
import { diagnoseRecording, reportPathFor, writeReport } from '../pipeline.js';
import { reportAssets } from './conclude.js';
import { moment, processId, progress, say, toolName } from './context.js';

export function reportCommand(program: Command): void {
  program
    .command('report')
    .description('write the report of a recording: one HTML file that works offline')
    .argument('<recording>', 'a NAME.iow folder, or a block trace: BASE of BASE.blktrace.0 …, or one file')
    .option('--pid <pid>', 'the process to account for (default: the one that lost most time)', processId)
    .option('--from <time>', 'begin here, by time since the start (90, 5m) or of day in UTC (03:12)', moment)
    .option('--to <time>', 'end here (default: the whole, or its worst minutes where it is too long)', moment)
    .option('-o, --output <file>', 'where to write it (default: NAME.html beside the recording)')
    .addHelpText('after', '\nExample:\n  iowitness report slow-night.iow -o slow-night.html')
    .action(async (recording: string, options: OpenOptions & { readonly output?: string }) => {
      progress('reading the recording…');
      const diagnosed = await diagnoseRecording(recording, toolName(), options);
      const file = options.output ?? reportPathFor(recording);
      await writeReport(diagnosed, file, reportAssets());
      progress('');
      say(file);
    });
}
