// Two diagnosed recordings → the comparison: what became of the cause, every figure that one of them has beside the other's, and what differs between
// the machines' settings.

import type { Measures } from '../analysis/measures.js';
import type { Intervals } from '../base/intervals.js';
import type { Refusals } from '../causes/judge/diagnose.js';
import type { ComparedSide, Comparison, Difference } from '../model/comparison.js';
import { isNoStall, type Diagnosis, type KeyFigure } from '../model/diagnosis.js';
import { part, Quantity } from '../model/quantity.js';
import { COMPARISON } from '../model/thresholds/comparison.js';
import { figuresOf, type Measured } from './figures.js';
import { outcomeOf, type Judged } from './outcome.js';
import { differencesOf, settingsOf } from './settings.js';
import { workOf } from './work.js';

/** One of the two recordings. */
export interface Compared {
  readonly measures: Measures;
  readonly diagnosis: Diagnosis;
  readonly otherwise: Refusals;
  /** When the victim lost its time to the verdict's cause. */
  readonly lost: Intervals;
}

function told(quantity: Quantity | undefined): Difference['before'] {
  return quantity === undefined ? null : { value: quantity.value, text: String(quantity) };
}

function difference(like: Measured, before: Quantity | undefined, after: Quantity | undefined): Difference {
  const { id, group, label } = like;
  const ratio = before && after && before.value > 0 ? after.value / before.value : null;
  return { id, group, label, unit: like.quantity.unit, before: told(before), after: told(after), ratio };
}

/** The figures of both, each beside its like; those of one alone stand alone. */
function beside(before: readonly Measured[], after: readonly Measured[]): Difference[] {
  const all = new Map([...after, ...before].map((one) => [one.id, one]));
  const of = (side: readonly Measured[], id: string) => side.find((one) => one.id === id)?.quantity;
  // In the order of the first, what only the second has behind it.
  const ids = [...new Set([...before, ...after].map(({ id }) => id))];
  return ids.flatMap((id) => {
    const like = all.get(id);
    return like ? [difference(like, of(before, id), of(after, id))] : [];
  });
}

/** What the first verdict's cause cost, in both. */
function lostTo(before: Diagnosis, after: Diagnosis): Difference[] {
  const { cause } = before.verdict;
  const shareIn = ({ verdict, also }: Diagnosis) => {
    const held = [verdict, ...also].find((one) => one.cause === cause && one.share > 0);
    return held && part(held.share);
  };
  const was = isNoStall(before.verdict) ? undefined : shareIn(before);
  return was
    ? [difference({ id: 'lost', group: 'verdict', label: `lost to ${cause}`, quantity: was }, was, shareIn(after))]
    : [];
}

/** What each verdict turns on, as far as it is one figure; a share of the victim's time is told by its states. */
function yardsticks({ keyFigures, verdict }: Diagnosis): Measured[] {
  const isOne = ({ kind, figures }: KeyFigure) =>
    kind === 'measured' && figures.length === 1 && figures[0]?.unit !== 'share' && verdict.sureness !== null;
  return keyFigures.filter(isOne).flatMap(({ label, value, figures }) =>
    figures.map((one): Measured => ({
      id: `key.${label}`,
      group: 'verdict',
      label,
      quantity: new Quantity(one.value, one.unit, value),
    })),
  );
}

/** Shares of the victim's time by state; a state that an account of the same kind does not have took none of it. */
function states(before: Diagnosis, after: Diagnosis): Difference[] {
  if (before.accountingFrom !== after.accountingFrom || before.accounting.length * after.accounting.length === 0)
    return [];
  const shareOf = ({ accounting }: Diagnosis, state: string) =>
    accounting.find((one) => one.state === state)?.share ?? 0;
  const names = [...new Set([...before.accounting, ...after.accounting].map(({ state }) => state))];
  return names.flatMap((state) => {
    const [was, is] = [part(shareOf(before, state)), part(shareOf(after, state))];
    if (Math.max(was.value, is.value) < COMPARISON.changed) return [];
    return [difference({ id: `time.${state}`, group: 'time', label: `time in ${state}`, quantity: was }, was, is)];
  });
}

function sideOf({ recording, verdict, also, losses }: Diagnosis): ComparedSide {
  return { recording, verdict, also, losses };
}

function longestPause({ from, to }: Intervals): number {
  let longest = 0;
  for (let at = 1; at < from.length; at += 1) longest = Math.max(longest, (from[at] ?? NaN) - (to[at - 1] ?? NaN));
  return longest;
}

function judged({ measures, diagnosis, otherwise, lost }: Compared): Judged {
  return {
    diagnosis,
    otherwise,
    work: workOf(measures),
    settings: settingsOf(measures),
    longestPauseMs: longestPause(lost),
  };
}

const ORDER: readonly Difference['group'][] = ['verdict', 'victim', 'requests', 'time', 'disk', 'machine'];

export function compare(before: Compared, after: Compared, tool: string): Comparison {
  const [was, is] = [judged(before), judged(after)];
  return {
    schema: 'iowitness.comparison/1',
    tool,
    before: sideOf(before.diagnosis),
    after: sideOf(after.diagnosis),
    outcome: outcomeOf(was, is),
    figures: [
      ...lostTo(before.diagnosis, after.diagnosis),
      ...beside(yardsticks(before.diagnosis), yardsticks(after.diagnosis)),
      ...beside(figuresOf(before.measures), figuresOf(after.measures)),
      ...states(before.diagnosis, after.diagnosis),
    ].toSorted((a, b) => ORDER.indexOf(a.group) - ORDER.indexOf(b.group)),
    settings: was.settings && is.settings ? differencesOf(was.settings, is.settings) : null,
  };
}
