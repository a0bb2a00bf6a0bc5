// How `check`, `diagnose` and `report` end: the diagnosis is made, printed and written as a page, and sets the exit status.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { isNoStall, type Diagnosis } from '../model/diagnosis.js';
import { harmless } from '../base/format.js';
import { leads } from '../known/fits.js';
import { diagnoseRecording, renderReport, type Diagnosed } from '../pipeline.js';
import type { OpenOptions } from '../open/recording.js';
import type { ReportAssets } from '../present/html/page.js';
import type { Painter } from '../present/png.js';
import { renderText } from '../present/text.js';
import { readReportAssets } from '../run/report-assets.js';
import { called, EXIT, jsonHelp, lookOn, progress, readingProgress, say, sayJson, toolName, WEB } from './context.js';
import { knownList } from './known-list.js';
import { writePage } from './output-file.js';

/** The browser code and the causes' pages that reports embed. */
export function reportAssets(script?: 'fleet'): ReportAssets {
  return readReportAssets(WEB, script);
}

/** What paints a picture: a few MB, read where one is asked for. */
export function painter(): Painter {
  const read = (name: string) => readFileSync(join(WEB, name));
  return { wasm: read('resvg.wasm'), fonts: [read('DejaVuSans.ttf'), read('DejaVuSans-Bold.ttf')] };
}

/** How a diagnosis is shown. */
export interface ShowOptions {
  readonly json: boolean;
  /** Everything, and not the first screen alone. */
  readonly verbose?: boolean;
  /** Where the report goes; absent for none. */
  readonly report?: string;
}

/** Adds the options that say how a diagnosis is shown. */
export function withShowOptions(command: Command): Command {
  return command
    .option('--json', jsonHelp('the diagnosis', 'diagnosis'), false)
    .option('-v, --verbose', 'show the evidence, what is ruled out and why, and who used which device', false);
}

function exitStatus({ verdict }: Diagnosis): number {
  if (isNoStall(verdict)) return EXIT.fine;
  return verdict.cause === 'inconclusive' ? EXIT.noVerdict : EXIT.found;
}

/** With what is known of the recorded kernel, where a stall shows as that does. */
function withLeads(diagnosed: Diagnosed): Diagnosed {
  const { diagnosis, compared } = diagnosed;
  const found = isNoStall(diagnosis.verdict) ? [] : leads(knownList(), compared.measures, diagnosis);
  return found.length === 0 ? diagnosed : { ...diagnosed, diagnosis: { ...diagnosis, leads: found } };
}

/** Diagnoses a recording, writes the report where asked, prints the verdict and sets the exit status. Returns what was found. */
export async function concludeWith(recording: string, options: OpenOptions & ShowOptions): Promise<Diagnosed> {
  const diagnosed = withLeads(
    await diagnoseRecording(recording, toolName(), { ...options, progress: readingProgress(recording) }),
  );
  if (options.report !== undefined) {
    progress.say('writing the report…');
    await writePage(options.report, await renderReport(diagnosed, reportAssets()));
  }
  progress.say('');
  printDiagnosis(diagnosed, options);
  process.exitCode = exitStatus(diagnosed.diagnosis);
  return diagnosed;
}

/** The diagnosis as lines for a stream that may be a terminal. */
function textFor(stream: NodeJS.WriteStream, diagnosis: Diagnosis, verbose: boolean): string {
  return renderText(diagnosis, { ...lookOn(stream), verbose, called: called() });
}

/** The diagnosis of what was just recorded. */
export async function diagnoseAfter(recording: string): Promise<Diagnosed> {
  const diagnosed = await diagnoseRecording(recording, toolName(), { progress: readingProgress(recording) });
  progress.say('');
  return diagnosed;
}

/** Says on standard error what a recording shows, as `time` does below a command's own output. */
export function tellBelow(diagnosis: Diagnosis): void {
  process.stderr.write(`\n${textFor(process.stderr, diagnosis, false)}\n`);
}

function printDiagnosis({ diagnosis }: Diagnosed, options: ShowOptions): void {
  if (options.json) {
    sayJson(diagnosis);
    return;
  }
  say(textFor(process.stdout, diagnosis, options.verbose === true));
  if (options.report !== undefined) say(`Report: ${harmless(options.report)}`);
}
