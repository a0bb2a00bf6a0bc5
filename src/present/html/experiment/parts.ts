// The parts of an experiment's page: what each arm tells, the figures of all arms, how their runs are distributed, every comparison, and every run.

import { duration, figure, percent, rate } from '../../../base/format.js';
import type { ArmComparison, ArmResult, Experiment, ExperimentRun } from '../../../model/experiment.js';
import { armCells, ARM_COLUMNS } from '../../experiment.js';
import { causeLink } from '../causes.js';
import { html, type Content, type Markup } from '../markup.js';
import { code, section, table, tied, type Column, type Part } from '../parts.js';

export function sentences({ arms: all, factors }: Experiment): Part {
  const told = [...all, ...factors].map(({ sentence }) => sentence);
  return section(
    'arms',
    { long: 'What each arm tells', short: 'Arms' },
    html`<ul>
      ${told.map((text) => html`<li>${tied(text)}</li> `)}
    </ul>`,
  );
}

export function arms({ arms: all }: Experiment): Part {
  const columns = ARM_COLUMNS.map((title, at): Column => ({ title, ...(at === 0 && { kind: 'name' as const }) }));
  const rows = all.map((arm) => armCells(arm).map(tied));
  return section(
    'figures',
    { long: 'Figures of all arms', short: 'Figures' },
    table('Medians of runs, with 95 %', columns, rows),
  );
}

interface Spread {
  readonly title: string;
  readonly of: (run: ExperimentRun) => number | undefined;
  readonly told: (
    arm: ArmResult,
  ) => { readonly median: number; readonly within: readonly [number, number] | null } | null;
  readonly words: (value: number) => string;
}

const SPREADS: readonly Spread[] = [
  {
    title: 'Throughput of each run',
    of: ({ outcome }) => outcome?.rate.mean,
    told: (arm) => arm.rate,
    words: rate,
  },
  {
    title: 'Requests a second of each run',
    of: ({ outcome }) => outcome?.iops?.mean,
    told: (arm) => arm.iops,
    words: figure,
  },
];

/** A run is a stroke, the interval of the median a bar beneath them. */
function strip(values: readonly number[], within: readonly [number, number] | null, most: number): Markup {
  const x = (value: number) => `${((value / most) * 99).toFixed(2)}%`;
  return html`<svg class="runs" aria-hidden="true">
    ${within && html`<rect class="within" x="${x(within[0])}" width="${x(within[1] - within[0])}" height="100%" />`}
    ${values.map((value) => html`<rect class="run" x="${x(value)}" width="2" height="100%" />`)}
  </svg>`;
}

function spread({ arms: all, runs: every }: Experiment, { title, of, told, words }: Spread): Content {
  const byArm = all.map((arm) => ({
    arm,
    values: every.flatMap((run) => (run.arm === arm.arm ? (of(run) ?? []) : [])),
    figures: told(arm),
  }));
  const most = Math.max(0, ...byArm.flatMap(({ values, figures }) => [...values, ...(figures?.within ?? [])]));
  if (most === 0) return undefined;
  const columns: Column[] = [
    { title: 'arm', kind: 'name' },
    { title: 'median', kind: 'figures' },
    { title: '95 %', kind: 'figures' },
    { title: `0 to ${words(most)}` },
  ];
  const rows = byArm.map(({ arm, values, figures }) => [
    arm.arm,
    figures ? tied(words(figures.median)) : '–',
    figures?.within ? tied(`${words(figures.within[0])} to ${words(figures.within[1])}`) : 'too few runs',
    strip(values, figures?.within ?? null, most),
  ]);
  return table(title, columns, rows);
}

export function distributions(experiment: Experiment): Part {
  return section(
    'distributions',
    'Distributions',
    SPREADS.map((one) => spread(experiment, one)),
    html`<p class="note">A stroke is a run before it degraded; the bar is where the median lies, with 95 %.</p>`,
  );
}

const MEASURES: Readonly<Record<ArmComparison['measure'], string>> = {
  onset: 'time until it degrades',
  throughput: 'throughput',
  iops: 'requests a second',
  bursts: 'bursts a minute',
};

const COMPARED: readonly Column[] = [
  { title: 'what' },
  { title: 'measure', kind: 'name' },
  { title: 'verdict' },
  ...['times', 'with 95 %', 'p', 'false discoveries'].map((title): Column => ({ title, kind: 'figures' })),
];

function comparisonRow(what: string, { measure, verdict, ratio, within, p, falseDiscovery }: ArmComparison): Content[] {
  return [
    what,
    MEASURES[measure],
    verdict,
    ratio === null ? '–' : figure(ratio),
    within ? `${figure(within[0])} to ${figure(within[1])}` : '–',
    figure(p),
    percent(falseDiscovery),
  ];
}

export function comparisons({ arms: all, factors }: Experiment): Part {
  const rows = [
    ...all.map(({ arm, comparisons: own }) => ({ what: arm, own })),
    ...factors.map(({ about, words, comparisons: own }) => ({ what: `${about}: ${words}`, own })),
  ].flatMap(({ what, own }) =>
    own.filter(({ verdict }) => verdict !== 'absent').map((one) => comparisonRow(what, one)),
  );
  if (rows.length === 0) return undefined;
  return section(
    'comparisons',
    { long: 'Against the first arm', short: 'Comparisons' },
    table('How many times as much, and how sure that is', COMPARED, rows),
    factors.length > 0 &&
      html`<p class="note">What arms are crossed in is told from all pairs of arms that differ in nothing else.</p>`,
  );
}

const RUN: readonly Column[] = [
  { title: 'run', kind: 'figures' },
  { title: 'arm', kind: 'name' },
  ...['throughput', 'degraded after', 'since then', 'length'].map((title): Column => ({ title, kind: 'figures' })),
  { title: 'verdict' },
];

function runRow({ number, arm, outcome }: ExperimentRun): Content[][] {
  if (!outcome) return [];
  const { rate: measured, onsetSeconds, rateSince, seconds, cause, sentence } = outcome;
  return [
    [
      String(number),
      arm,
      tied(rate(measured.mean)),
      onsetSeconds === null ? '–' : tied(duration(onsetSeconds * 1000)),
      rateSince === null ? '–' : tied(rate(rateSince)),
      tied(duration(seconds * 1000)),
      cause === null
        ? sentence
        : html`${cause === 'inconclusive' ? code(cause) : causeLink(cause)} <small>${tied(sentence)}</small>`,
    ],
  ];
}

export function runs({ runs: all, path }: Experiment): Part {
  const rows = all.flatMap(runRow);
  if (rows.length === 0) return undefined;
  return section(
    'runs',
    'Runs',
    html`<details>
      <summary>${rows.length === 1 ? 'The one run' : `All ${rows.length}, in their order`}</summary>
      ${table('Runs', RUN, rows)}
    </details>`,
    html`<p class="note">Their recordings lie below ${path}/runs.</p>`,
  );
}
