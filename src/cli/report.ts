// `report REC`: the recording, or the block trace, as one self-contained HTML page.

import type { Command } from 'commander';
import { harmless } from '../base/format.js';
import type { OpenOptions } from '../open/recording.js';
import { diagnoseRecording, renderReport, reportPathFor } from '../pipeline.js';
import { OutputClosed } from '../tools/blkparse/output.js';
import { reportAssets } from './conclude.js';
import { progress, say, takesRecording, toolName } from './context.js';
import { writePage } from './page-file.js';

export function reportCommand(program: Command): void {
  takesRecording(program.command('report'))
    .description('write the report of a recording: one HTML file that works offline')
    .option('-o, --output <file>', 'where to write it, - for standard output (default: NAME.html beside the recording)')
    .addHelpText('after', '\nExample:\n  iowitness report slow-night.iow -o slow-night.html')
    .action((recording: string, options: ReportOptions) => report(recording, options));
}

interface ReportOptions extends OpenOptions {
  readonly output?: string;
}

async function report(recording: string, options: ReportOptions): Promise<void> {
  progress('reading the recording…');
  const diagnosed = await diagnoseRecording(recording, toolName(), options);
  const path = options.output ?? reportPathFor(recording);
  const page = await renderReport(diagnosed, reportAssets());
  progress('');
  try {
    if (await writePage(path, page)) say(harmless(path));
  } catch (error) {
    // `… -o - | head` closes the pipe early: that is no error.
    if (!(error instanceof OutputClosed)) throw error;
  }
}
