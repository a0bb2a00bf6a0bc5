// A measure of a recording → when it changed, in the words and times of the recording (statistics/change-points.ts tells by the rows of a series alone).

import type { Measures } from '../analysis/measures.js';
import { wallTime } from '../model/case.js';
import type { MeasureChange } from '../model/onset.js';
import { DIFFERENCES } from '../model/thresholds/differences.js';
import { changePoints, type ChangedPart, type ChangePoint } from '../statistics/change-points.js';
import type { ChangeOptions } from '../statistics/change-search.js';
import type { Searches } from '../statistics/step-draws.js';
import { known, quantityOf, type Measure, type Values } from './series.js';

const DAY_MS = 86_400_000;

const OF_PART: Readonly<Record<ChangedPart, string>> = {
  all: '',
  'between bursts': ', between its bursts',
  bursts: ', in its bursts',
};

function changeOf(m: Measures, measure: Measure, t: Float64Array, point: ChangePoint, searched: number): MeasureChange {
  const at = (row: number) => t[Math.min(t.length - 1, Math.max(0, row))] ?? NaN;
  const told = (value: number) => ({ value, text: String(quantityOf(measure.unit, value)) });
  // A row's time is the end of what it tells: the change lies in the step before it.
  const atMs = (at(point.at - 1) + at(point.at)) / 2;
  return {
    id: measure.id,
    label: `${measure.label}${OF_PART[point.of]}`,
    unit: measure.unit,
    kind: point.kind,
    of: point.of,
    atMs,
    at: wallTime(m.input.manifest, atMs) ?? null,
    withinMs: [at(point.within[0] - 1), at(point.within[1] + 1)],
    before: told(point.before),
    after: told(point.after),
    p: Math.min(1, point.p * searched),
  };
}

export interface MeasureOptions extends Omit<ChangeOptions, 'cycles'> {
  /** Measures that are searched together, as which none changes at most so often. */
  readonly searched: number;
  /** The rows to search; all of them where it is absent. */
  readonly rows?: (values: Values) => Values;
}

/** All changes of a measure, in order. */
export function changesOf(
  m: Measures,
  measure: Measure,
  { searched, rows = (all) => all, ...options }: MeasureOptions,
  searches: Searches,
): MeasureChange[] {
  const { t, values } = rows(known(measure.values()));
  if (values.length === 0) return [];
  const days = ((t.at(-1) ?? 0) - (t[0] ?? 0)) / DAY_MS;
  return changePoints(values, { ...options, cycles: [days, 2 * days] }, searches).map((one) =>
    changeOf(m, measure, t, one, searched),
  );
}

/** True where a level grows or falls by as much as anybody minds. */
export function isWorthTelling({ kind, before, after }: MeasureChange): boolean {
  const [low, high] = [before.value, after.value].sort((a, b) => a - b);
  return kind === 'spread' || (high ?? 0) > (low ?? 0) * DIFFERENCES.leastGrowth;
}

/** 'in less than one of 10,000 such recordings' */
export function byAccident(p: number, of: string): string {
  return p < 1e-4 ? `in less than one of 10,000 ${of}` : `in one of ${Math.round(1 / p)} ${of}`;
}
