// The words that every form of a comparison shares: what it amounts to, which recording is which, and how a figure changed.

import { basename } from 'node:path';
import { clockText, duration, figure, percent } from '../../base/format.js';
import type { ComparedSide, Comparison, Difference } from '../../model/comparison.js';
import { KIND_WORDS, orUnknown, type Outcome } from '../words.js';

export type ComparisonKind = Comparison['outcome']['kind'];

export const COMPARISON_WORDS: Readonly<Record<ComparisonKind, string>> = {
  gone: 'The cause is gone',
  'still-there': 'Still there',
  another: 'Another cause',
  appeared: 'Not there before',
  none: 'No stall',
  open: 'Can’t be told',
};

/** How it looks: as the verdict that it amounts to. */
export const COMPARISON_LOOK: Readonly<Record<ComparisonKind, Outcome>> = {
  gone: 'healthy',
  'still-there': 'stall',
  another: 'stall',
  appeared: 'stall',
  none: 'healthy',
  open: 'inconclusive',
};

export const GROUP_WORDS: Readonly<Record<Difference['group'], string>> = {
  verdict: 'What the verdicts turn on',
  victim: 'The victim',
  time: 'Where its time went',
  requests: 'Its own requests, from the queue to the answer',
  disk: 'Its disk, for all who used it; latencies from dispatch to completion',
  machine: 'The machine',
};

/** Below this part of a figure no change is told. */
const SAME = 0.005;
/** From here on a growth reads better as so many times, and a decrease as such a part. */
const TIMES = 2;
const PART = 0.01;

/** '−98 %', '+12 %', '× 3.4', '÷ 1200', 'as before'; '–' where one of the two is missing. */
export function changeText({ before, after, ratio }: Difference): string {
  if (before === null || after === null) return '–';
  if (before.value === after.value || (ratio !== null && Math.abs(ratio - 1) < SAME)) return 'as before';
  if (ratio === null) return 'from nothing';
  if (ratio > 0 && ratio < PART) return `÷ ${figure(1 / ratio)}`;
  if (ratio < 1) return `−${percent(1 - ratio)}`;
  return ratio < TIMES ? `+${percent(ratio - 1)}` : `× ${figure(ratio)}`;
}

/** A figure of one of the two; a dash where that recording does not tell it. */
export function toldText(told: Difference['before']): string {
  return told?.text ?? '–';
}

export function nameOf({ recording }: ComparedSide): string {
  return basename(recording.path);
}

/** Which recording it is: host, kernel, when, how long, and what kind where it is none of ours. */
export function sourceText({ recording }: ComparedSide): string {
  return [
    recording.host ?? 'unknown host',
    `Linux ${orUnknown(recording.kernel)}`,
    recording.startedAt === null ? 'time unknown' : clockText(recording.startedAt),
    `${duration(recording.durationMs)} recorded${recording.complete ? '' : ', incomplete'}`,
    ...(recording.kind === 'recording' ? [] : [`from a ${KIND_WORDS[recording.kind]}`]),
  ].join(' · ');
}

/** Figures worth a line: what is nothing in both tells nothing. */
export function toldDifferences({ figures }: Comparison): Difference[] {
  return figures.filter(({ before, after }) => before?.value !== 0 || after?.value !== 0);
}

/** The few that are told large: what the cause cost, what the victim got done, and its slowest requests; of several the one that was most. */
const LARGE: readonly (readonly string[])[] = [
  ['lost'],
  ['held-up'],
  ['work.written', 'work.read'],
  ['requests.write.p99', 'requests.read.p99', 'requests.flush.p99'],
  ['disk.busy'],
];
const MOST_LARGE = 4;

export function mainDifferences(comparison: Comparison): Difference[] {
  const all = toldDifferences(comparison);
  // That the cause costs nothing that was found is a figure as well.
  const isTold = ({ id, before, after }: Difference) => before !== null && (after !== null || id === 'lost');
  return LARGE.flatMap((ids) => {
    const found = all.filter((one) => ids.includes(one.id) && isTold(one));
    return found.toSorted((a, b) => (b.before?.value ?? 0) - (a.before?.value ?? 0)).slice(0, 1);
  }).slice(0, MOST_LARGE);
}
