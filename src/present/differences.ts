// What differs between recordings as text: the answer, which recordings they are, the facts in groups, the measures, and when it changed.

import { basename } from 'node:path';
import { duration, harmless } from '../base/format.js';
import type { ComparedRecording, Differences, DifferingGroup } from '../model/differences.js';
import { TerminalPage, type TextOptions } from './terminal-page.js';
import { columns, wrap } from './text-layout.js';
import { clockText } from './words.js';

export interface DifferencesOptions extends TextOptions {
  /** Everything, and not the first of each kind alone. */
  readonly verbose: boolean;
}

const FEW = 8;
/** Values of one fact that are told. */
const MOST_VALUES = 4;

const SIDE_WORDS: Readonly<Record<ComparedRecording['side'], string>> = { slow: 'slow', fast: 'fast', unknown: '–' };

function letter(at: number): string {
  return at < 26 ? String.fromCharCode(65 + at) : String(at + 1);
}

function recordings({ recordings: all }: Differences): string[] {
  return columns(
    all.map((one, at) => [
      letter(at),
      harmless(basename(one.path)),
      SIDE_WORDS[one.side],
      one.cause,
      harmless(one.host ?? 'unknown host'),
      harmless(one.kernel ?? ''),
      one.startedAt === null ? 'time unknown' : clockText(one.startedAt),
      duration(one.durationMs),
    ]),
  );
}

/** 'A 5, B 20'; of many recordings each value with how many have it. */
function values(all: readonly (string | null)[]): string {
  const byValue = new Map<string, number[]>();
  all.forEach((value, at) => {
    const text = value === null ? 'unknown' : value === '' ? 'empty' : value;
    byValue.set(text, [...(byValue.get(text) ?? []), at]);
  });
  const whose = (at: readonly number[]) => (at.length > 4 ? `${at.length} recordings` : at.map(letter).join(' '));
  const shown = [...byValue].slice(0, MOST_VALUES).map(([value, at]) => `${whose(at)}: ${value}`);
  return [...shown, ...(byValue.size > MOST_VALUES ? [`${byValue.size - MOST_VALUES} more values`] : [])].join(' · ');
}

function groupLines(page: TerminalPage, group: DifferingGroup, { verbose }: DifferencesOptions): string[] {
  const facts = verbose ? group.facts : group.facts.slice(0, 3);
  const left = group.facts.length - facts.length;
  const pairs = facts.map(({ name, values: all }) => [name, values(all)] as const);
  return [
    ...page.pairs(pairs),
    ...(left > 0 ? [page.paint('dim', `and ${left} more that come with ${harmless(facts[0]?.name ?? 'it')}`)] : []),
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
  return page.toString();
}
