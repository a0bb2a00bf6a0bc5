// `report REC`: the recording, or the block trace, as one self-contained HTML page, or its verdict as Markdown, a picture or JSON.

import { Option, type Command } from 'commander';
import { harmless } from '../base/format.js';
import type { OpenOptions } from '../open/recording.js';
import { diagnoseRecording, diagnoseRedacted, renderReport, reportPathFor, type Diagnosed } from '../pipeline.js';
import { renderCard } from '../present/card.js';
import { renderJson } from '../present/json.js';
import { renderMarkdown } from '../present/markdown.js';
import { OutputClosed } from '../tools/blkparse/output.js';
import { reportAssets } from './conclude.js';
import { jsonHelp, progress, readingProgress, say, sayJson, takesRecording, toolName } from './context.js';
import { refuseStandardOutput, writePage } from './output-file.js';
import { namedOrNewest } from './recordings.js';

/** What a report can be, and how its file's name ends. */
const FORMATS = ['html', 'md', 'svg', 'json'] as const;
type Format = (typeof FORMATS)[number];

export function reportCommand(program: Command): void {
  takesRecording(program.command('report'))
    .description('write the report of a recording: a page that works offline, or the verdict for a ticket')
    .option('-o, --output <file>', 'where to write it, - for standard output (default: NAME.html beside the recording)')
    .addOption(
      new Option(
        '--format <format>',
        'a page, a few lines of Markdown, a picture of 1200 × 630, or the diagnosis as JSON',
      )
        .choices(FORMATS)
        .default('html'),
    )
    .option('--redact', 'replace names of programs, files, cgroups and the host, each by the same throughout', false)
    .option('--json', jsonHelp('where it is', 'written'), false)
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness report slow-night.iow -o slow-night.html\n  iowitness report slow-night.iow --format md --redact -o -',
    )
    .action((recording: string | undefined, options: ReportOptions) => report(namedOrNewest(recording), options));
}

interface ReportOptions extends OpenOptions {
  readonly output?: string;
  readonly format: Format;
  readonly redact: boolean;
  readonly json: boolean;
}

async function render(diagnosed: Diagnosed, format: Format): Promise<string> {
  const { diagnosis } = diagnosed;
  if (format === 'html') return await renderReport(diagnosed, reportAssets());
  if (format === 'svg') return renderCard(diagnosis, diagnosed.charts(), reportAssets().css);
  return `${format === 'md' ? renderMarkdown(diagnosis) : renderJson(diagnosis)}\n`;
}

async function report(recording: string, { output, format, redact, json, ...options }: ReportOptions): Promise<void> {
  if (json) refuseStandardOutput(output);
  const diagnosed = await (redact ? diagnoseRedacted : diagnoseRecording)(recording, toolName(), {
    ...options,
    progress: readingProgress(recording),
  });
  progress.say('writing the report…');
  const path = output ?? reportPathFor(recording).replace(/html$/, format);
  const page = await render(diagnosed, format);
  progress.say('');
  try {
    const isFile = await writePage(path, page);
    if (json) sayJson({ schema: 'iowitness.written/1', tool: toolName(), recording, format, path });
    else if (isFile) say(harmless(path));
  } catch (error) {
    // `… -o - | head` closes the pipe early: that is no error.
    if (!(error instanceof OutputClosed)) throw error;
  }
}
