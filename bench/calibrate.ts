// Fits what a verdict's score is worth, on recordings whose truth is known, and tells how far that can be trusted.
//
//   node dist/bench/calibrate.js collect OUT.json DRILL_RUNS.json… REAL_FOLDER…    diagnoses kept recordings again: one row a verdict
//   node dist/bench/calibrate.js fit bench/results/verdicts.json…                  rewrites the table and bench/results/reliability.md
//
// DRILL_RUNS.json is what `iowitness drill --json --keep FOLDER` prints; REAL_FOLDER holds NAME.iow with NAME.truth.json, as
// bench/real-stalls.js keeps them. Leave-one-scenario-out: a verdict is held against a fit that saw no run of its own scenario.

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chance, fitLogistic, logit, type Sample } from '../src/base/logistic.js';
import { loadDrills } from '../src/catalogue.js';
import type { Verdict } from '../src/model/diagnosis.js';
import type { DrillReport } from '../src/model/drills.js';
import { diagnoseRecording } from '../src/pipeline.js';
import { isTrue } from './real-stalls/judge.js';
import { readKept } from './real-stalls/run.js';

interface Row {
  /** The drill, or the application and what was done to it: runs of one scenario are alike. */
  readonly scenario: string;
  readonly kind: 'drill' | 'application';
  /** What the account of the victim's time comes from. */
  readonly from: 'events' | 'counters';
  readonly cause: string;
  readonly score: number;
  readonly right: boolean;
}

const ROOT = path.join(import.meta.dirname, '../..');
const LOW = 0.05;
const HIGH = 0.98;
/** What each correction is shrunk by: a cause with few verdicts is judged as all are, and with none at all the score is the chance. */
const RIDGE = 1;
/** The columns before the causes' own. */
const INTERCEPT = 0;
const SLOPE = 1;
const COUNTERS = 2;
const DRILL = 3;
const FIRST_CAUSE = 4;
/** Of the verdicts that claim to be sure at most one in twenty may be wrong, of the likely ones one in four. */
const STEPS = { sure: 0.95, likely: 0.75 } as const;
/** The most that is claimed by a cause that was never told of a real program: drills alone make nobody sure. */
const MOST_UNTRIED = 0.94;

async function row(
  recording: string,
  about: Pick<Row, 'scenario' | 'kind'>,
  isRight: (verdict: Verdict) => boolean,
): Promise<Row[]> {
  const { diagnosis } = await diagnoseRecording(recording, 'bench');
  const { cause, score } = diagnosis.verdict;
  const from = diagnosis.accountingFrom === 'samples' ? 'counters' : 'events';
  return cause === 'inconclusive' ? [] : [{ ...about, from, cause, score, right: isRight(diagnosis.verdict) }];
}

async function ofDrills(file: string): Promise<Row[]> {
  const report: DrillReport = JSON.parse(readFileSync(file, 'utf8'));
  const drills = new Map((await loadDrills()).map((drill) => [drill.id, drill]));
  const rows: Row[] = [];
  for (const run of report.runs) {
    const drill = drills.get(run.drill);
    for (const recording of drill ? (run.recordings ?? []) : []) {
      const about = { scenario: run.drill, kind: 'drill' } as const;
      rows.push(...(await row(recording, about, ({ cause }) => drill?.verdicts.includes(cause) === true)));
    }
  }
  return rows;
}

async function ofApplications(folder: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.truth.json'))) {
    const truth = readKept(path.join(folder, name));
    const recording = path.join(folder, name.replace(/\.truth\.json$/, '.iow'));
    const about = { scenario: truth.id, kind: 'application' } as const;
    rows.push(...(await row(recording, about, (verdict) => isTrue(verdict, truth))));
  }
  return rows;
}

async function collect(out: string, inputs: readonly string[]): Promise<void> {
  const rows: Row[] = [];
  for (const input of inputs) {
    rows.push(...(statSync(input).isDirectory() ? await ofApplications(input) : await ofDrills(input)));
    console.error(`${input}: ${rows.length} verdicts so far`);
  }
  writeFileSync(out, `[\n${rows.map((one) => `  ${JSON.stringify(one)}`).join(',\n')}\n]\n`);
}

interface Model {
  readonly causes: readonly string[];
  readonly coefficients: readonly number[];
}

/**
 * The score is taken for the chance, and corrected: by a constant, by a slope, for counters alone, for being a drill, and for the cause. Users
 * have no drills: what is told is the chance without that correction.
 */
function columnsOf({ cause, score, from, kind }: Row, causes: readonly string[]): Pick<Sample, 'x' | 'before'> {
  const before = logit(Math.min(HIGH, Math.max(LOW, score)));
  const is = (yes: boolean) => (yes ? 1 : 0);
  return {
    x: [1, before, is(from === 'counters'), is(kind === 'drill'), ...causes.map((one) => is(one === cause))],
    before,
  };
}

/** How many rows there are of each key. */
function countBy(rows: readonly Row[], keyOf: (one: Row) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const one of rows) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1);
  return counts;
}

/**
 * Drills and applications weigh the same in all, however many there are of each: drills were made by those who made the causes. So do all scenarios of
 * either: a mistake that was made on three kernels, with events and without, is one.
 */
function fit(rows: readonly Row[]): Model {
  const causes = [...new Set(rows.map((one) => one.cause))].sort();
  const scenarioOf = ({ kind, scenario }: Row) => `${kind} ${scenario}`;
  const runs = countBy(rows, scenarioOf);
  const firsts = rows.filter((one, at) => rows.findIndex((other) => scenarioOf(other) === scenarioOf(one)) === at);
  const scenarios = countBy(firsts, ({ kind }) => kind);
  const samples: Sample[] = rows.map((one) => ({
    ...columnsOf(one, causes),
    isYes: one.right,
    weight: rows.length / 2 / (scenarios.get(one.kind) ?? 1) / (runs.get(scenarioOf(one)) ?? 1),
  }));
  return {
    causes,
    coefficients: fitLogistic(
      samples,
      Array.from({ length: FIRST_CAUSE + causes.length }, () => RIDGE),
    ),
  };
}

/** The causes that were told of real programs, right or not, with kernel events or from counters alone. */
function triedOn(rows: readonly Row[], from: Row['from']): string[] {
  const seen = rows.filter((one) => one.kind === 'application' && one.from === from);
  return [...new Set(seen.map(({ cause }) => cause))].sort();
}

/** What users would be told of such a verdict on a program of theirs. */
function told({ causes, coefficients }: Model, one: Row, rows: readonly Row[]): number {
  const p = chance(coefficients, columnsOf({ ...one, kind: 'application' }, causes));
  return triedOn(rows, one.from).includes(one.cause) ? p : Math.min(p, MOST_UNTRIED);
}

function stepOf(p: number): 'sure' | 'likely' | 'possible' {
  return p >= STEPS.sure ? 'sure' : p >= STEPS.likely ? 'likely' : 'possible';
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function share(rows: readonly { readonly right: boolean }[]): string {
  return `${rows.filter((one) => one.right).length} of ${rows.length}`;
}

/** A verdict with the chance that it would have been told with. */
interface Tried extends Row {
  readonly p: number;
}

const scenariosOf = (rows: readonly Row[]) => [...new Set(rows.map((one) => one.scenario))];

/** Each scenario is told by a model that never saw it. */
function tryAll(rows: readonly Row[]): Tried[] {
  return scenariosOf(rows).flatMap((scenario) => {
    const others = rows.filter((one) => one.scenario !== scenario);
    const without = fit(others);
    return rows.filter((one) => one.scenario === scenario).map((one) => ({ ...one, p: told(without, one, others) }));
  });
}

function brier(tried: readonly Tried[], p: (one: Tried) => number): string {
  return (tried.reduce((sum, one) => sum + (p(one) - (one.right ? 1 : 0)) ** 2, 0) / tried.length).toFixed(4);
}

function bySteps(tried: readonly Tried[]): string[][] {
  return (['sure', 'likely', 'possible'] as const).map((step) => {
    const all = tried.filter((one) => stepOf(one.p) === step);
    return [
      step,
      share(all),
      share(all.filter((one) => one.kind === 'application')),
      share(all.filter((one) => one.kind === 'drill')),
    ];
  });
}

function byChance(tried: readonly Tried[]): string[][] {
  const bins = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.01];
  return bins.slice(0, -1).flatMap((from, index) => {
    const all = tried.filter((one) => one.p >= from && one.p < (bins[index + 1] ?? 2));
    const mean = all.reduce((sum, one) => sum + one.p, 0) / all.length;
    return all.length === 0 ? [] : [[`${Math.round(from * 100)} % and more`, mean.toFixed(3), share(all)]];
  });
}

function byCause(tried: readonly Tried[], model: Model): string[][] {
  return model.causes.map((cause, index) => {
    const all = tried.filter((one) => one.cause === cause);
    return [cause, share(all), (model.coefficients[FIRST_CAUSE + index] ?? 0).toFixed(2)];
  });
}

function writeReliability(date: string, rows: readonly Row[], model: Model): void {
  const tried = tryAll(rows);
  const applications = tried.filter(({ kind }) => kind === 'application');
  writeFileSync(
    path.join(ROOT, 'bench/results/reliability.md'),
    `# What a verdict's confidence is worth

    node dist/bench/calibrate.js fit bench/results/verdicts.json

${date}. ${rows.length} verdicts: ${rows.filter((one) => one.kind === 'drill').length} on drills, ${rows.filter((one) => one.kind === 'application').length} on real applications, ${scenariosOf(rows).length} scenarios. Each is held
against a fit that saw no run of its own scenario. What drills are worth more
than real programs (a logit of ${(model.coefficients[DRILL] ?? 0).toFixed(2)}) is fitted and left out of what is told. On applications the mean squared
error of the chance that is told is ${brier(applications, (one) => one.p)}; of the causes' own scores, taken for chances, ${brier(applications, (one) => one.score)}.

## The steps that users see

${table(['step', 'right', 'of applications', 'of drills'], bySteps(tried))}

## The chances that are told

${table(['told', 'mean', 'right'], byChance(tried))}

## By cause

${table(['cause', 'right', 'offset'], byCause(tried, model))}
`,
  );
}

function list(items: readonly string[]): string {
  return items.length === 0 ? '[]' : `[\n${items.map((one) => `      '${one}',`).join('\n')}\n    ]`;
}

function writeTable(date: string, rows: readonly Row[], model: Model): void {
  const offsets = model.causes.map(
    (cause, index) => `    '${cause}': ${(model.coefficients[FIRST_CAUSE + index] ?? 0).toFixed(3)},`,
  );
  writeFileSync(
    path.join(ROOT, 'src/causes/judge/calibration-table.ts'),
    `// Fitted by bench/calibrate.ts on ${date}, on ${rows.length} verdicts whose truth is known: not to be edited by hand.

export const CALIBRATION = {
  intercept: ${(model.coefficients[INTERCEPT] ?? 0).toFixed(3)},
  slope: ${(model.coefficients[SLOPE] ?? 0).toFixed(3)},
  /** What a verdict from counters alone is worth less or more. */
  counters: ${(model.coefficients[COUNTERS] ?? 0).toFixed(3)},
  /** What every drill is worth more than a real program: not added to what users are told, who have none. */
  drill: ${(model.coefficients[DRILL] ?? 0).toFixed(3)},
  /** Which causes have been told of real programs, and what the others claim at most. */
  tried: {
    events: ${list(triedOn(rows, 'events'))},
    counters: ${list(triedOn(rows, 'counters'))},
  } as Readonly<Record<'events' | 'counters', readonly string[]>>,
  mostUntried: ${MOST_UNTRIED},
  /** Scores beyond are taken for these. */
  bounds: { low: ${LOW}, high: ${HIGH} },
  /** Each cause's own offset. */
  causes: {
${offsets.join('\n')}
  } as Readonly<Record<string, number>>,
  /** From which chance on a verdict is called so. */
  steps: { sure: ${STEPS.sure}, likely: ${STEPS.likely} },
};
`,
  );
}

function fitAll(files: readonly string[]): void {
  const rows = files.flatMap((file): Row[] => JSON.parse(readFileSync(file, 'utf8')));
  const model = fit(rows);
  const date = new Date().toISOString().slice(0, 10);
  writeReliability(date, rows, model);
  writeTable(date, rows, model);
}

const [command = '', ...rest] = process.argv.slice(2);
if (command === 'collect') await collect(rest[0] ?? '', rest.slice(1));
else if (command === 'fit') fitAll(rest);
else console.error('calibrate collect OUT.json DRILL_RUNS.json… REAL_FOLDER… | calibrate fit VERDICTS.json…');
