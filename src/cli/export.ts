// `export REC --as FORMAT`: a recording, or what it is about, in the formats of other tools.

import { Option, type Command } from 'commander';
import { UsageError, UserError } from '../base/errors.js';
import { harmless } from '../base/format.js';
import type { OpenOptions } from '../open/recording.js';
import { diagnoseRecording } from '../pipeline.js';
import { TABLES, type TableName } from '../present/export/format.js';
import { FORMATS } from '../present/export/formats.js';
import { journalFields } from '../present/export/journald.js';
import { sendToJournal } from '../run/journal.js';
import { FileOutput, OutputClosed } from '../tools/blkparse/output.js';
import { jsonHelp, progress, readingProgress, required, say, sayJson, takesRecording, toolName } from './context.js';
import { refuseStandardOutput, writeOutput } from './output-file.js';
import { namedOrNewest } from './recordings.js';

interface ExportOptions extends OpenOptions {
  readonly as: string;
  readonly table?: TableName;
  readonly output: string;
  readonly send: boolean;
  readonly json: boolean;
}

type Asked = Omit<ExportOptions, 'as'> & { readonly as?: string };

function helpText(): string {
  const widest = Math.max(...Object.keys(FORMATS).map((name) => name.length));
  const lines = Object.entries(FORMATS).map(([name, { description }]) => `  ${name.padEnd(widest)}  ${description}`);
  return `\nFormats (docs/export.md):\n${lines.join('\n')}\n\nExamples:\n  iowitness export slow.iow --as perfetto -o slow.pftrace\n  iowitness export slow.iow --as csv --table states > states.csv`;
}

export function exportCommand(program: Command): void {
  takesRecording(program.command('export'))
    .description('hand a recording on to other tools: as a trace, a table, metrics or a log entry')
    .addOption(new Option('--as <format>', 'the format').choices(Object.keys(FORMATS)))
    .addOption(new Option('--table <table>', 'which table, for csv and parquet (default: requests)').choices(TABLES))
    .option('-o, --output <file>', 'where to write it, - for standard output', '-')
    .option('--send', 'journald: give the entry to this machine’s journal', false)
    .option('--json', jsonHelp('where it is', 'written'), false)
    .addHelpText('after', helpText())
    .action((recording: string | undefined, asked: Asked, command: Command) =>
      exportRecording(namedOrNewest(recording), { ...asked, as: required(command, '--as <format>', asked.as) }),
    );
}

async function exportRecording(recording: string, asked: ExportOptions): Promise<void> {
  const { as, table, output, send, json, ...options } = asked;
  const format = FORMATS[as];
  if (!format) throw new UserError(`There is no format ${as}.`);
  if (table !== undefined && !format.ofOneTable)
    throw new UsageError(`--table goes with csv and parquet: ${as} holds everything.`);
  if (send && (as !== 'journald' || output !== '-'))
    throw new UsageError('--send goes with --as journald, and without -o.');
  if (json && !send) refuseStandardOutput(output);
  if (output === '-' && format.isBinary && FileOutput.standard().isTerminal)
    throw new UserError(`${as} is no text: name a file with -o.`);
  const tell = (path: string | null) =>
    sayJson({ schema: 'iowitness.written/1', tool: toolName(), recording, format: as, path });
  const diagnosed = await diagnoseRecording(recording, toolName(), {
    ...options,
    progress: readingProgress(recording),
  });
  if (send) {
    progress.say('');
    sendToJournal(journalFields(diagnosed.diagnosis));
    if (json) tell(null);
    return;
  }
  const render = await format.load();
  progress.say('writing…');
  try {
    const isFile = await writeOutput(output, render({ ...diagnosed, table: table ?? 'requests' }));
    progress.say('');
    if (json) tell(output);
    else if (isFile) say(harmless(output));
  } catch (error) {
    progress.say('');
    // `… | head` closes the pipe early: that is no error.
    if (!(error instanceof OutputClosed)) throw error;
  }
}
