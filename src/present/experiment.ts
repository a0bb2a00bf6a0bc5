// An experiment as text: what each arm tells in a sentence, the figures of all arms in a table, whether the order mattered, and what has to be known beside it.

import { duration, figure, harmless, percent, rate } from '../base/format.js';
import type { ArmResult, Experiment, ExperimentRun, Suspect } from '../model/experiment.js';
import { columns, wrap } from './text-layout.js';

/** What all comparisons come to: something differs, or it can't be told of something, or of anything where nothing was compared. */
export function overallOf({ arms, factors }: Pick<Experiment, 'arms' | 'factors'>): 'differs' | 'unclear' | 'alike' {
  const verdicts = [...arms, ...factors].flatMap(({ comparisons }) => comparisons.map(({ verdict }) => verdict));
  if (verdicts.includes('better') || verdicts.includes('worse')) return 'differs';
  return verdicts.length === 0 || verdicts.includes('unclear') ? 'unclear' : 'alike';
}

type Within = readonly [number, number] | null;

function ranged(value: string, within: Within, words: (value: number) => string): string {
  return within ? `${value} (${words(within[0])} to ${words(within[1])})` : value;
}

const seconds = (value: number | null): string => (value === null ? '–' : duration(value * 1000));

function onsetCell({ onset, degraded, runs, restrictedMean }: ArmResult): string {
  if (degraded === 0) return `none in ${seconds(restrictedMean.until)}`;
  return `${degraded} of ${runs}, median ${seconds(onset.median)} (${seconds(onset.low)} to ${seconds(onset.high)})`;
}

function burstsCell({ burstsPerMinute, bursts }: ArmResult): string {
  const period = bursts.find(({ periodMs }) => periodMs !== null)?.periodMs;
  return `${figure(burstsPerMinute)}/min${period === null || period === undefined ? '' : `, every ${duration(period)}`}`;
}

export const ARM_COLUMNS = ['arm', 'runs', 'throughput', 'requests/s', 'degraded', 'bursts', 'cause'] as const;

/** An arm's figures, for its row. */
export function armCells(arm: ArmResult): string[] {
  return [
    arm.arm,
    String(arm.runs),
    ranged(rate(arm.rate.median), arm.rate.within, rate),
    arm.iops ? ranged(figure(arm.iops.median), arm.iops.within, figure) : '–',
    onsetCell(arm),
    burstsCell(arm),
    arm.causes.map(({ cause, runs }) => `${cause} ${runs}`).join(', ') || '–',
  ];
}

function table(arms: readonly ArmResult[]): string[] {
  return columns([ARM_COLUMNS, ...arms.map((arm) => armCells(arm).map(harmless))]);
}

/** What has to be known beside it. */
export function besideOf({ order, notes, level }: Experiment): string[] {
  return [
    ...new Set([order.carryOver.sentence, order.drift.sentence, ...notes]),
    `An arm is told to differ by accident in at most ${level * 100} of 100 experiments; intervals hold the truth in 95 of 100.`,
  ];
}

const SYMBOLS = '▁▂▃▄▅▆▇█';

/** Requests a second of an arm's runs over their time, all arms to one scale. */
function lines({ arms, runs }: Experiment): string[] {
  const series = arms.map(({ arm }) =>
    runs.flatMap((run) => (run.arm === arm && run.outcome ? [run.outcome.series.iops] : [])),
  );
  const most = Math.max(0, ...series.flat(2));
  if (most === 0) return [];
  const width = 40;
  const drawn = series.map((list) =>
    Array.from({ length: width }, (_, at) => {
      const values = list.flatMap((one) => one[Math.floor((at * one.length) / width)] ?? []);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      return values.length === 0 ? ' ' : (SYMBOLS[Math.min(7, Math.floor((mean / most) * 8))] ?? ' ');
    }).join(''),
  );
  return [
    '',
    `Requests a second over a run, the mean of runs, up to ${figure(most)}`,
    ...columns(arms.map(({ arm }, at) => [`  ${harmless(arm)}`, drawn[at] ?? ''])),
  ];
}

export function renderExperiment(experiment: Experiment, width: number): string {
  const { name, arms, factors, conclusion, done, planned, ended, path } = experiment;
  const told = [...arms, ...factors].flatMap(({ sentence }) => wrap(harmless(sentence), width, '  '));
  return [
    `${harmless(name)}: ${done} of ${planned} runs${ended === null ? ', which are not all' : ` (${ended})`}`,
    '',
    ...(conclusion === null ? [] : [...wrap(harmless(conclusion), width), '']),
    ...told,
    '',
    ...table(arms),
    ...lines(experiment),
    '',
    ...besideOf(experiment).flatMap((one) => wrap(`- ${harmless(one)}`, width, '  ')),
    '',
    `Recordings: ${harmless(path)}/runs`,
  ].join('\n');
}

/** Facts that are told of many. */
const MOST_FACTS = 12;

function factLine({ name, slow, fast, probability }: Suspect): string {
  return `  ${name}: ${fast} instead of ${slow} (${percent(probability)})`;
}

/** What to change next; `advice` is undefined where no fact differs. */
export function renderAdvice(
  advice:
    | {
        readonly suspects: readonly Suspect[];
        readonly found?: Suspect;
        readonly change: readonly Suspect[];
        readonly armsLeft: number;
      }
    | undefined,
  width: number,
): string {
  if (!advice)
    return 'No recorded fact differs between the slow runs and the fast ones: there is nothing to change that is known.';
  const { suspects, found, change, armsLeft } = advice;
  if (found)
    return wrap(
      harmless(
        `It is most probably ${found.name}: ${found.slow} where it is slow, ${found.fast} where it is fast (${percent(found.probability)}, if one fact makes the difference).`,
      ),
      width,
    ).join('\n');
  const shown = change.slice(0, MOST_FACTS).flatMap((one) => wrap(harmless(factLine(one)), width, '    '));
  const left = change.length - MOST_FACTS;
  return [
    ...wrap(
      `Of ${suspects.length} facts that may make the difference, set ${change.length === 1 ? 'this one' : `these ${change.length} at once`} on a slow machine, and run it five times: with the probability of one half it is among them, so whatever comes out halves what is left. About ${armsLeft} such ${armsLeft === 1 ? 'arm' : 'arms'} to go.`,
      width,
    ),
    ...shown,
    ...(left > 0 ? [`  and ${left} more: --json names them all`] : []),
  ].join('\n');
}

/** '3 of 16, without cadvisor: 41.2 MB/s, not degraded in 1 min'. */
export function renderProgress({ number, arm, outcome }: ExperimentRun, planned: number): string {
  if (!outcome) return '';
  const { onsetSeconds, rate: measured, because, seconds: length, cause } = outcome;
  const fell = onsetSeconds === null ? `not degraded in ${seconds(length)}` : `degraded after ${seconds(onsetSeconds)}`;
  return harmless(
    `${number} of ${planned}, ${arm}: ${rate(measured.mean)}, ${fell} (${because})${cause === null ? '' : `, ${cause}`}`,
  );
}
