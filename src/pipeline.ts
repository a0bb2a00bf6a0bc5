// The main path on one screen: record → open → measure → diagnose → render. Read this first; every stage is called once, by name, but for the first, which
// stands in start-recording.ts: what only records need not load what diagnoses.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { statsOfRecording } from './analysis/block-stats/of-recording.js';
import { buildCharts } from './analysis/charts/charts.js';
import { rowsOf } from './analysis/export/rows.js';
import { isKernelName } from './analysis/machine/kernel-names.js';
import { measure } from './analysis/measures.js';
import { loadCauses } from './catalogue.js';
import { diagnose, type Refusals } from './causes/judge/diagnose.js';
import { overlay, type Drawn } from './comparison/charts.js';
import { compare } from './comparison/compare.js';
import { chartsOf } from './differences/charts.js';
import { compareAll, extractOf, FEW, type Extract } from './differences/compare.js';
import type { Side } from './differences/separate.js';
import { experimentCharts } from './experiment/charts.js';
import type { BlockStats } from './model/block-stats.js';
import type { Charts } from './model/charts.js';
import type { Comparison } from './model/comparison.js';
import type { Differences } from './model/differences.js';
import type { Diagnosis } from './model/diagnosis.js';
import type { Experiment } from './model/experiment.js';
import type { Rows } from './model/rows.js';
import { openCase, type OpenOptions } from './open/recording.js';
import { renderComparison } from './present/html/comparison/page.js';
import { renderDifferencesPage } from './present/html/differences/page.js';
import { renderExperimentPage } from './present/html/experiment/page.js';
import type { ReportAssets } from './present/html/page.js';
import { renderHtml } from './present/html/report.js';
import { statsOfTrace } from './open/block-stats.js';
import { copyRecording } from './recording/copy/copy-recording.js';
import { Pseudonyms } from './recording/copy/pseudonyms.js';

/** A diagnosed recording, ready to be shown. */
export interface Diagnosed {
  readonly diagnosis: Diagnosis;
  /** Made when a report asks for them, as what follows is. */
  readonly charts: () => Charts;
  /** The figures of the block layer; undefined where no request was recorded. */
  readonly blockLayer: () => Promise<BlockStats | undefined>;
  /** Every request and every state, for other tools. */
  readonly rows: () => Rows;
  /** What it is compared by with another one. */
  readonly compared: Drawn & { readonly otherwise: Refusals };
}

/** Opens a recording or a block trace and argues its diagnosis. */
export async function diagnoseRecording(path: string, tool: string, options: OpenOptions = {}): Promise<Diagnosed> {
  const measures = measure(await openCase(path, options));
  const { diagnosis, shown, otherwise } = diagnose(measures, await loadCauses(), tool);
  const charts = () => buildCharts(measures, shown);
  // A trace holds more stages than the events that a case keeps of it, so it is read once more.
  const ofTrace = measures.input.source === 'block-trace';
  const blockLayer = async () => {
    if (ofTrace) return await statsOfTrace(path, tool, options.progress);
    return measures.requests && statsOfRecording(measures, tool);
  };
  return { diagnosis, charts, blockLayer, rows: () => rowsOf(measures), compared: { measures, shown, otherwise } };
}

/** What the recorder and the probe are called on every machine. */
const OWN_NAMES = ['iowitness', 'iowitness-probe'];
const REDACTED =
  'Names of programs, files, cgroups and the host are replaced, each by the same name throughout; the kernel’s command line is left out.';

/** Names that stand for others; recordings that are shown together share them. */
export function pseudonyms(): Pseudonyms {
  return new Pseudonyms({ keepNames: OWN_NAMES, isKernelName });
}

/** What a copy for strangers is called, and by which names. */
interface Redaction {
  readonly name: string;
  readonly names: Pseudonyms;
}

/** The same of a copy that a stranger may see, which is removed at once. Throws a UserError for what is no recording of iowitness. */
export async function diagnoseRedacted(
  path: string,
  tool: string,
  options: OpenOptions = {},
  { name, names }: Redaction = { name: 'redacted', names: pseudonyms() },
): Promise<Diagnosed> {
  const folder = mkdtempSync(join(tmpdir(), 'iowitness-redacted-'));
  try {
    const copy = join(folder, `${name}.iow`);
    copyRecording(path, copy, { names });
    const { diagnosis, ...rest } = await diagnoseRecording(copy, tool, options);
    const { recording } = diagnosis;
    const limits = [...recording.limits, REDACTED];
    return { ...rest, diagnosis: { ...diagnosis, recording: { ...recording, path: basename(copy), limits } } };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What became of the first one's stall in the second one, with their charts over each other. */
export interface BeforeAndAfter {
  readonly comparison: Comparison;
  readonly charts: () => Charts;
}

export function compareRecordings(before: Diagnosed, after: Diagnosed, tool: string): BeforeAndAfter {
  const of = ({ diagnosis, compared }: Diagnosed) => ({
    diagnosis,
    measures: compared.measures,
    otherwise: compared.otherwise,
    lost: compared.shown.lost,
  });
  return {
    comparison: compare(of(before), of(after), tool),
    charts: () => overlay(before.compared, after.compared),
  };
}

/** A recording to compare, and the side that whoever compares says it is on. */
export interface Named {
  readonly path: string;
  readonly side?: Side;
}

/** What differs between recordings, with what is drawn of them. */
export interface Compared {
  readonly differences: Differences;
  readonly charts: () => Charts;
}

/**
 * What differs between recordings. They are opened one after the other, and of each only what is compared is kept. Kernel events are decoded and a diagnosis is
 * made only where that tells which of several is slow and which is fast.
 */
export async function differencesOf(
  named: readonly Named[],
  tool: string,
  progressOf?: (path: string) => OpenOptions['progress'],
): Promise<Compared> {
  const isOfFew = named.length <= FEW;
  const causes = await loadCauses();
  const extracts: Extract[] = [];
  for (const [place, { path, side }] of named.entries()) {
    const isDiagnosed = side === undefined && !isOfFew;
    const progress = progressOf?.(path);
    const input = await openCase(path, { ...(progress && { progress }), ...(!isDiagnosed && { events: false }) });
    const measures = measure(input);
    const cause = isDiagnosed ? diagnose(measures, causes, tool).diagnosis.verdict : undefined;
    extracts.push(extractOf(measures, { side, verdict: cause, place, isOfFew }));
  }
  const differences = compareAll(extracts, tool);
  return { differences, charts: () => chartsOf(extracts, differences) };
}

/** The report, one HTML page. */
export async function renderReport(diagnosed: Diagnosed, assets: ReportAssets): Promise<string> {
  const { diagnosis } = diagnosed;
  return renderHtml(diagnosis, diagnosed.charts(), await diagnosed.blockLayer(), assets);
}

/** Two recordings on one HTML page. */
export function renderBeforeAndAfter({ comparison, charts }: BeforeAndAfter, assets: ReportAssets): string {
  return renderComparison(comparison, charts(), assets);
}

/** What differs between recordings, as one HTML page. */
export function renderCompared({ differences, charts }: Compared, assets: ReportAssets): string {
  return renderDifferencesPage(differences, charts(), assets);
}

/** An experiment as one HTML page. */
export function renderExperimented(experiment: Experiment, assets: ReportAssets): string {
  return renderExperimentPage(experiment, experimentCharts(experiment), assets);
}

/**
 * The report's place beside a recording or a block trace: NAME.iow, BASE or BASE.blktrace.0 → NAME.html or BASE.html. That of two lies beside the
 * second one: BEFORE-to-AFTER.html. It is told as the recording was: from where the user stands, or from the root.
 */
export function reportPathFor(recording: string, after?: string): string {
  const nameOf = (path: string) => basename(resolve(path)).replace(/\.iow$|\.blktrace\.\d+(\.gz|\.zst)?$/, '');
  const name = after === undefined ? nameOf(recording) : `${nameOf(recording)}-to-${nameOf(after)}`;
  const beside = after ?? recording;
  const path = resolve(dirname(resolve(beside)), `${name}.html`);
  return isAbsolute(beside) ? path : relative('', path);
}
