// The words that every form of what differs between recordings shares: sides, values of a fact with who has them, how a measure changed and how sure that is.

import { figure, percent } from '../../base/format.js';
import { letterOf, type ComparedRecording, type Differences, type DifferingMeasure } from '../../model/differences.js';
import type { MeasureChange } from '../../model/onset.js';
import type { Outcome } from '../words.js';

/** Values of one fact that are told. */
const MOST_VALUES = 4;
/** More recordings than these are counted where one value is theirs. */
const MOST_NAMED = 4;

export const SIDE_WORDS: Readonly<Record<ComparedRecording['side'], string>> = {
  slow: 'slow',
  fast: 'fast',
  unknown: '–',
};

/** 'A 5, B 20'; of many recordings each value with how many have it. */
export function valuesText(all: readonly (string | null)[]): string {
  const byValue = new Map<string, number[]>();
  all.forEach((value, at) => {
    const text = value === null ? 'unknown' : value === '' ? 'empty' : value;
    byValue.set(text, [...(byValue.get(text) ?? []), at]);
  });
  const whose = (at: readonly number[]) =>
    at.length > MOST_NAMED ? `${at.length} recordings` : at.map(letterOf).join(' ');
  const shown = [...byValue].slice(0, MOST_VALUES).map(([value, at]) => `${whose(at)}: ${value}`);
  return [...shown, ...(byValue.size > MOST_VALUES ? [`${byValue.size - MOST_VALUES} more values`] : [])].join(' · ');
}

/** '× 3.4', '÷ 12', '+12 %'; nothing where both are 0 and what differs is how they are spread. */
export function timesText(ratio: number | null, after = NaN): string {
  if (ratio === null) return after === 0 ? '' : 'from 0';
  if (ratio >= 2) return `× ${figure(ratio)}`;
  if (ratio <= 0.5) return ratio === 0 ? 'to 0' : `÷ ${figure(1 / ratio)}`;
  return `${ratio < 1 ? '−' : '+'}${percent(Math.abs(ratio - 1))}`;
}

export function sureText({ falseDiscovery }: DifferingMeasure): string {
  return falseDiscovery < 0.0001 ? 'q < 0.0001' : `q ${falseDiscovery.toFixed(4)}`;
}

/** '0.2 ms → 5 ms' */
export function changeText({ kind, before, after }: MeasureChange): string {
  return kind === 'level' ? `${before.text} → ${after.text}` : 'varies otherwise';
}

/** 'between 1.20 and 3.40 times' */
export function boundsText(within: readonly [number, number] | null): string {
  return within === null ? 'too few samples for bounds' : `between ${figure(within[0])} and ${figure(within[1])} times`;
}

/** What it amounts to, in a few words, and as which verdict it looks. */
export function lookOf({ recordings, facts, measures, when }: Differences): {
  readonly words: string;
  readonly outcome: Outcome;
} {
  const hasChanged = when.some(({ changes }) => changes.length > 0);
  if (recordings.length === 1)
    return hasChanged ? { words: 'It changed', outcome: 'stall' } : { words: 'No change', outcome: 'healthy' };
  if (facts.groups.some(({ separates }) => separates)) return { words: 'A fact separates them', outcome: 'stall' };
  const differs = facts.groups.length > 0 || (measures?.groups.length ?? 0) > 0 || hasChanged;
  return differs ? { words: 'They differ', outcome: 'inconclusive' } : { words: 'Nothing differs', outcome: 'healthy' };
}
