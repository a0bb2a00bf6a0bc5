// `report REC`: the recording, or the block trace, as one self-contained HTML page, or its verdict as Markdown, a picture or JSON. `report BEFORE
// AFTER`: both on one page, with what became of the first one's stall.

import { Option, type Command } from 'commander';
import { harmless } from '../base/format.js';
import type { OpenOptions } from '../open/recording.js';
import {
  compareRecordings,
  diagnoseRecording,
  diagnoseRedacted,
  pseudonyms,
  renderBeforeAndAfter,
  renderReport,
  reportPathFor,
  type BeforeAndAfter,
  type Diagnosed,
} from '../pipeline.js';
import { renderCard } from '../present/card.js';
import { renderComparisonCard } from '../present/comparison/card.js';
import { renderComparisonMarkdown } from '../present/comparison/markdown.js';
import { renderJson } from '../present/json.js';
import { renderMarkdown } from '../present/markdown.js';
import { OutputClosed } from '../tools/blkparse/output.js';
import { painter, reportAssets } from './conclude.js';
import { progress, say, takesRecording, toolName } from './context.js';
import { writeOutput } from './output-file.js';
import { namedOrNewest } from './recordings.js';

/** What a report can be, and how its file's name ends. */
const FORMATS = ['html', 'md', 'svg', 'png', 'json'] as const;
type Format = (typeof FORMATS)[number];

export function reportCommand(program: Command): void {
  takesRecording(program.command('report'))
    .argument('[after...]', 'a second recording: both on one page, the first as before and this one as after')
    .description(
      'write the report of a recording: a page that works offline, or the verdict for a ticket; of two: what became of the stall',
    )
    .option('-o, --output <file>', 'where to write it, - for standard output (default: NAME.html beside the recording)')
    .addOption(
      new Option(
        '--format <format>',
        'a page, a few lines of Markdown, a picture of 1200 × 630 (svg, png), or the diagnosis as JSON',
      )
        .choices(FORMATS)
        .default('html'),
    )
    .option('--redact', 'replace names of programs, files, cgroups and the host, each by the same throughout', false)
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness report slow-night.iow -o slow-night.html\n  iowitness report slow-night.iow --format md --redact -o -\n  iowitness report slow-night.iow mended-night.iow',
    )
    .action((recording: string | undefined, after: readonly string[], options: ReportOptions, command: Command) => {
      const wrong = wrongUse(after, options);
      if (wrong !== undefined) command.error(`error: ${wrong}`);
      return report(namedOrNewest(recording), after[0], options);
    });
}

interface ReportOptions extends OpenOptions {
  readonly output?: string;
  readonly format: Format;
  readonly redact: boolean;
}

/** One recording, or two beside each other. */
interface Shown {
  readonly page: () => Promise<string>;
  readonly card: (css: string) => string;
  readonly ticket: () => string;
  readonly result: object;
}

function shownOf(diagnosed: Diagnosed): Shown {
  const { diagnosis, charts } = diagnosed;
  return {
    page: () => renderReport(diagnosed, reportAssets()),
    card: (css) => renderCard(diagnosis, charts(), css),
    ticket: () => renderMarkdown(diagnosis),
    result: diagnosis,
  };
}

function shownBeside(both: BeforeAndAfter): Shown {
  const { comparison, charts } = both;
  return {
    page: () => Promise.resolve(renderBeforeAndAfter(both, reportAssets())),
    card: (css) => renderComparisonCard(comparison, charts(), css),
    ticket: () => renderComparisonMarkdown(comparison),
    result: comparison,
  };
}

async function render({ page, card, ticket, result }: Shown, format: Format): Promise<string | Uint8Array> {
  if (format === 'html') return await page();
  if (format === 'md') return `${ticket()}\n`;
  if (format === 'json') return `${renderJson(result)}\n`;
  const picture = card(reportAssets().css);
  if (format === 'svg') return picture;
  const { paintPng } = await import('../present/png.js');
  return await paintPng(picture, painter());
}

/** What can't be compared; undefined where nothing is wrong. */
function wrongUse(after: readonly string[], { pid }: ReportOptions): string | undefined {
  if (after.length > 1)
    return `two recordings can be put beside each other, and ${after.length + 1} are named: name the one before and the one after.`;
  if (after.length === 1 && pid !== undefined)
    return '--pid names a process of one recording, and two are named: leave it out, or record both with --pid.';
  return undefined;
}

async function report(recording: string, after: string | undefined, options: ReportOptions): Promise<void> {
  const { output, format, redact, ...opening } = options;
  progress('reading the recording…');
  // Names stay the same over both.
  const names = pseudonyms();
  const open = (path: string, name: string) =>
    redact
      ? diagnoseRedacted(path, toolName(), opening, { name, names })
      : diagnoseRecording(path, toolName(), opening);
  const first = await open(recording, after === undefined ? 'redacted' : 'before');
  const shown =
    after === undefined
      ? shownOf(first)
      : shownBeside(compareRecordings(first, await open(after, 'after'), toolName()));
  const made = await render(shown, format);
  progress('');
  const path = output ?? reportPathFor(recording, after).replace(/html$/, format);
  try {
    if (await writeOutput(path, [Buffer.from(made)])) say(harmless(path));
  } catch (error) {
    // `… -o - | head` closes the pipe early: that is no error.
    if (!(error instanceof OutputClosed)) throw error;
  }
}
