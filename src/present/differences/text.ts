// What differs between recordings as text: the answer, which recordings they are, the facts in groups, the measures, and when it changed.

import { basename } from 'node:path';
import { clockText, duration, harmless } from '../../base/format.js';
import { letterOf, type Differences, type DifferingGroup, type Onsets } from '../../model/differences.js';
import { TerminalPage, type TextOptions } from '../terminal-page.js';
import { clip, columns, columnsWithin, wrap } from '../text-layout.js';
import { aboutLines, movedFirstText } from '../onset.js';
import { boundsText, SIDE_WORDS, sureText, timesText, valuesText } from './words.js';

export interface DifferencesOptions extends TextOptions {
  /** Everything, and not the first of each kind alone. */
  readonly verbose: boolean;
}

const FEW = 8;
/** What stands beside a measure’s name takes so many columns; a name keeps this at least. */
const BESIDE_NAME = 44;
const LEAST_NAME = 24;

function recordings({ recordings: all }: Differences): string[] {
  const hasSides = all.some(({ side }) => side !== 'unknown');
  const hasCauses = all.some(({ cause }) => cause !== null);
  return columns(
    all.map((one, at) => [
      letterOf(at),
      harmless(basename(one.path)),
      ...(hasSides ? [SIDE_WORDS[one.side]] : []),
      ...(hasCauses ? [one.cause ?? '–'] : []),
      harmless(one.host ?? 'unknown host'),
      harmless(one.kernel ?? ''),
      one.startedAt === null ? 'time unknown' : clockText(one.startedAt),
      duration(one.durationMs),
    ]),
  );
}

function groupLines(page: TerminalPage, group: DifferingGroup, { verbose }: DifferencesOptions): string[] {
  const facts = verbose ? group.facts : group.facts.slice(0, 3);
  const left = group.facts.length - facts.length;
  const pairs = facts.map(({ name, values: all }) => [name, valuesText(all)] as const);
  return [
    ...page.pairs(pairs),
    ...(left > 0 ? [page.paint('dim', `and ${left} more that come with ${harmless(facts[0]?.name ?? 'it')}`)] : []),
  ];
}

function measureLines(page: TerminalPage, measures: NonNullable<Differences['measures']>, verbose: boolean): string[] {
  const groups = verbose ? measures.groups : measures.groups.slice(0, FEW);
  const rows = groups.flatMap(({ measures: [first, ...rest] }) => {
    if (!first) return [];
    const shown = verbose ? [first, ...rest] : [first];
    return shown.map((one, at) => {
      const more = at === 0 && !verbose && rest.length > 0 ? `  and ${rest.length} that go with it` : '';
      const name = clip(harmless(`${at > 0 ? '  ' : ''}${one.label}`), Math.max(LEAST_NAME, page.width - BESIDE_NAME));
      return [name, one.before.text, one.after.text, timesText(one.ratio, one.after.median), `${sureText(one)}${more}`];
    });
  });
  const left = measures.groups.length - groups.length;
  return [
    ...columnsWithin(rows, page.width - 2, { right: [1, 2, 3], expendable: [4] }),
    ...(left > 0 ? [page.paint('dim', `and ${left} more: see --verbose or --json`)] : []),
    ...measures.notes.flatMap((note) => wrap(note, page.width - 2)),
  ];
}

function loadLines({ atLoad }: NonNullable<Differences['measures']>): string[] {
  return columns(
    atLoad.map(({ label, ratio, within, samples: [a, b] }) => [
      label,
      timesText(ratio),
      boundsText(within),
      `${a} and ${b} samples`,
    ]),
    [1],
  );
}

function whenLines(page: TerminalPage, when: Onsets, verbose: boolean, isAnswer: boolean): string[] {
  const sentence = isAnswer ? [] : wrap(harmless(when.sentence), page.width - 2);
  if (when.changes.length === 0) return sentence;
  return [
    ...sentence,
    ...wrap(movedFirstText(when), page.width - 2),
    ...aboutLines(page, when, verbose ? Infinity : FEW),
  ];
}

export function renderDifferences(differences: Differences, options: DifferencesOptions): string {
  const page = new TerminalPage(options);
  for (const line of wrap(harmless(differences.answer), page.width)) page.line(page.paint('bold', line));
  page.section('Recordings', recordings(differences));
  const { groups } = differences.facts;
  const shown = options.verbose ? groups : groups.slice(0, FEW);
  const lines = shown.flatMap((group, at) => [...(at > 0 ? [''] : []), ...groupLines(page, group, options)]);
  const rest = groups.length - shown.length;
  page.section('Facts that differ', [
    ...lines,
    ...(rest > 0 ? ['', page.paint('dim', `and ${rest} more: see --verbose or --json`)] : []),
  ]);
  const { measures, when, recordings: all } = differences;
  if (measures) {
    page.section('At the same load', loadLines(measures));
    page.section(
      `Measures that differ: ${harmless(basename(measures.before))}, ${harmless(basename(measures.after))}`,
      measureLines(page, measures, options.verbose),
    );
  }
  for (const one of when) {
    const name = all.length > 1 ? ` ${letterOf(one.recording)}` : '';
    page.section(
      `When it changed${name === '' ? '' : `:${name}`}`,
      whenLines(page, one, options.verbose, all.length === 1),
    );
  }
  return page.toString();
}
