// The parts of the page of what differs: which recordings they are, the facts in groups, the measures of two windows or groups, and when each changed.

import { basename } from 'node:path';
import { clockText, duration, percent } from '../../../base/format.js';
import {
  letterOf,
  type ComparedRecording,
  type Differences,
  type DifferingGroup,
  type DifferingMeasure,
  type Onsets,
} from '../../../model/differences.js';
import type { MeasureChange } from '../../../model/onset.js';
import { aboutTable } from '../onset.js';
import { boundsText, changeText, SIDE_WORDS, sureText, timesText, valuesText } from '../../differences/words.js';
import { orUnknown } from '../../words.js';
import { html, type Content, type Markup } from '../markup.js';
import { code, disclosed, foldedTable, section, table, tied, type Column, type Part } from '../parts.js';

/** Rows of a table before the rest is folded. */
const FEW = { most: 8 };
/** With so many recordings each has a column of its own. */
const MOST_COLUMNS = 4;

export function recordings({ recordings: all }: Differences): Part {
  const hasSides = all.some(({ side }) => side !== 'unknown');
  const columns: Column[] = [
    { title: '', kind: 'name' },
    { title: 'recording' },
    ...(hasSides ? [{ title: 'side' }] : []),
    ...['host', 'kernel', 'began', 'length'].map((title): Column => ({ title, kind: 'name' })),
  ];
  const rows = all.map((one, at) => [
    letterOf(at),
    code(basename(one.path)),
    ...(hasSides ? [sideText(one)] : []),
    orUnknown(one.host),
    orUnknown(one.kernel),
    one.startedAt === null ? 'time unknown' : clockText(one.startedAt),
    tied(duration(one.durationMs)),
  ]);
  const title = all.length === 1 ? 'The recording' : 'The recordings';
  return section('recordings', title, foldedTable('As they say of themselves', columns, rows, FEW));
}

/** 'slow, by mem.dirty-limit' */
function sideText({ side, sideBy, cause }: ComparedRecording): string {
  if (sideBy === 'asked' || cause === null) return SIDE_WORDS[side];
  return `${SIDE_WORDS[side]}, by its verdict ${cause}`;
}

function valueText(value: string | null): Content {
  if (value === null) return html`<em>unknown</em>`;
  return value === '' ? html`<em>empty</em>` : code(value);
}

interface FactTable {
  readonly columns: readonly Column[];
  readonly row: (fact: DifferingGroup['facts'][number]) => readonly Content[];
}

function factTable({ recordings: all }: Differences): FactTable {
  if (all.length > MOST_COLUMNS)
    return {
      columns: [{ title: 'fact' }, { title: 'who has which value' }],
      row: ({ name, values }) => [name, valuesText(values)],
    };
  return {
    columns: [{ title: 'fact' }, ...all.map((_, at): Column => ({ title: letterOf(at) }))],
    row: ({ name, values }) => [name, ...values.map(valueText)],
  };
}

function company({ facts: [first, ...rest] }: DifferingGroup, { columns, row }: FactTable): Content {
  if (!first || rest.length === 0) return undefined;
  const title = rest.length === 1 ? `A fact comes with ${first.name}` : `${rest.length} facts come with ${first.name}`;
  return disclosed(title, table(title, columns, rest.map(row)));
}

export function facts(differences: Differences): Part {
  const { groups, compared } = differences.facts;
  if (differences.recordings.length === 1) return undefined;
  const title = { long: 'Facts that differ', short: 'Facts' };
  if (groups.length === 0) {
    const none = compared === 0 ? 'More than one of them tells of none.' : `None of ${compared} that were compared.`;
    return section('facts', title, html`<p>${none}</p>`);
  }
  const shape = factTable(differences);
  const isDivided = groups.some(({ division }) => division !== null);
  const columns = isDivided ? [...shape.columns, { title: 'its best division' }] : shape.columns;
  const rows = groups.map((group) => {
    const [first] = group.facts;
    return first ? [...shape.row(first), ...(isDivided ? [dividedText(group)] : [])] : [];
  });
  return section(
    'facts',
    title,
    html`<p class="note">
      Of ${compared} that were compared; the one that divides the recordings best comes first. Facts that divide them in
      the same way are one row: nothing here tells which of them matters.
    </p>`,
    foldedTable('The most telling fact of each group', columns, rows, FEW),
    groups.map((group) => company(group, shape)),
  );
}

function dividedText({ division, separates, p }: DifferingGroup): Content {
  if (division === null) return undefined;
  const { words, slowWith, slow, fastWith, fast } = division;
  return html`${separates && html`<strong>separates</strong>: `}${words} in ${slowWith} of ${slow} slow and ${fastWith}
    of ${fast} fast ones <small>${p < 1 ? `as good by accident: ${percent(p)}` : 'as good by accident'}</small>`;
}

const MEASURE: readonly Column[] = [
  { title: 'measure', kind: 'label' },
  ...['before', 'after', 'change', 'false discoveries'].map((title): Column => ({ title, kind: 'figures' })),
];

function measureRow(one: DifferingMeasure): Content[] {
  const { label, before, after, ratio } = one;
  return [label, before.text, after.text, timesText(ratio, after.median), sureText(one)].map(tied);
}

export function measures(differences: Differences): Part {
  const { measures: all, recordings: compared } = differences;
  if (all === null) return undefined;
  const [before, after] = compared.length === 2 ? [letterOf(0), letterOf(1)] : [all.before, all.after];
  const columns = MEASURE.map((one) => {
    if (one.title === 'before') return { ...one, title: before };
    return one.title === 'after' ? { ...one, title: after } : one;
  });
  const rows = all.groups.flatMap(({ measures: [first, ...rest] }) => {
    if (!first) return [];
    const [label, ...figures] = measureRow(first);
    const more = rest.length > 0 && html` <small>and ${rest.length} that go with it</small>`;
    return [[html`${label}${more}`, ...figures]];
  });
  const everything = all.groups.flatMap((group) => group.measures.map(measureRow));
  return section(
    'measures',
    { long: 'Measures that differ', short: 'Measures' },
    atLoad(all.atLoad),
    rows.length === 0
      ? html`<p>None of ${all.compared} that were compared.</p>`
      : foldedTable('Medians; q is the share of false ones among all rows that are as sure', columns, rows, FEW),
    everything.length > rows.length &&
      disclosed(
        `All ${everything.length}, each with what goes with it`,
        table('All measures that differ', columns, everything),
      ),
    all.notes.map((note) => html`<p class="note">${note}</p>`),
  );
}

function atLoad(all: NonNullable<Differences['measures']>['atLoad']): Content {
  if (all.length === 0) return undefined;
  const columns: Column[] = [
    { title: 'at the same load', kind: 'label' },
    { title: 'change', kind: 'figures' },
    { title: 'with 95 %', kind: 'figures' },
    { title: 'samples', kind: 'figures' },
  ];
  const rows = all.map(({ label, ratio, within, samples: [a, b] }) => [
    label,
    timesText(ratio),
    boundsText(within),
    `${a} and ${b}`,
  ]);
  return table(`Where ${all[0]?.load ?? 'the load'} was alike`, columns, rows);
}

const CHANGE: readonly Column[] = [
  { title: 'when', kind: 'name' },
  { title: 'measure', kind: 'label' },
  { title: 'change', kind: 'figures' },
  { title: 'between', kind: 'figures' },
];

function changeRow(one: MeasureChange): Content[] {
  const [from, to] = one.withinMs.map((ms) => duration(Math.max(0, ms)));
  return [duration(one.atMs), one.label, changeText(one), `${from} and ${to}`].map(tied);
}

function onsets(one: Onsets, heading: Content): Markup {
  const { sentence, changes } = one;
  return html`${heading}
    <p>${tied(sentence)}</p>
    ${changes.length > 0 && table('What changed, the surest first', CHANGE, changes.map(changeRow))}
    ${changes.length > 0 && aboutTable(one)}`;
}

export function onsetsOf({ when, recordings: all }: Differences): Part {
  if (when.length === 0) return undefined;
  return section(
    'when',
    'When it changed',
    when.map((one) => {
      const path = all[one.recording]?.path ?? '';
      return onsets(one, all.length > 1 && html`<h3>${letterOf(one.recording)} ${basename(path)}</h3>`);
    }),
  );
}
