// Two windows of measures, of two recordings or of one before and after a change → those whose distributions differ, largest effect first, what goes up and
// down together as one.

import { medianOf, quantilesOf } from '../base/median.js';
import type { DifferingMeasure, MeasureLevel } from '../model/differences.js';
import { DIFFERENCES } from '../model/thresholds/differences.js';
import { correlationTime, stretches } from '../statistics/correlation-time.js';
import { falseDiscoveryRates } from '../statistics/discoveries.js';
import { medianInterval } from '../statistics/median-interval.js';
import { rankSum } from '../statistics/rank-sum.js';
import { compareWindows, type WindowTest } from '../statistics/two-windows.js';
import { known, quantityOf, type Measure } from '../onset/series.js';

/** A measure over one window. */
export interface Window {
  readonly measure: Measure;
  readonly values: Float64Array;
}

/** Samples by which a median and a memory are told: more make neither surer, as they follow from each other. */
const MOST_SAMPLES = 1024;
/** Bounds of medians hold them with this. */
const SURENESS = 0.95;

function levelOf({ measure, values }: Window): MeasureLevel {
  const step = Math.ceil(values.length / (4 * MOST_SAMPLES));
  const few = step > 1 ? values.filter((_, at) => at % step === 0) : values;
  const points = stretches(values, MOST_SAMPLES);
  // Of means of many values the memory is told in those.
  const worth = Math.min(few.length, points.length / correlationTime(points));
  const bounds = medianInterval(few, SURENESS, worth);
  const median = medianOf(few);
  return {
    samples: values.length,
    median,
    within: bounds ? [bounds[0], bounds[1]] : null,
    text: String(quantityOf(measure.unit, median)),
  };
}

/** Where in its distribution a measure has to be another one to be felt. */
const FELT_AT = [0.1, 0.5, 0.9, 0.99] as const;

/** A level that moves by a thousandth may do so beyond all doubt, and is no difference. */
function isFelt({ before, after }: Compared): boolean {
  const [was, is] = [before, after].map(({ values }) => quantilesOf(values, ...FELT_AT));
  return FELT_AT.some((_, at) => {
    const [low = NaN, high = NaN] = [was?.[at] ?? NaN, is?.[at] ?? NaN].sort((a, b) => a - b);
    return high > low * DIFFERENCES.felt;
  });
}

interface Compared {
  readonly before: Window;
  readonly after: Window;
  readonly p: number;
  readonly delta: number;
  readonly distance: number;
}

function byId(windows: readonly Window[]): Map<string, Window> {
  return new Map(windows.map((one) => [one.measure.id, one]));
}

/** Points by which measures are seen to go together. */
const SHAPE_POINTS = 128;

/** What a measure does within its windows, without its levels there: ranks would not tell more of so few means. */
function shapeOf({ before, after }: Compared): Float64Array {
  const parts = [before, after].map(({ values }) => {
    const points = stretches(values, SHAPE_POINTS);
    const mean = points.reduce((a, b) => a + b, 0) / points.length;
    return points.map((one) => one - mean);
  });
  const shape = Float64Array.from(parts.flatMap((one) => [...one]));
  const size = Math.sqrt(shape.reduce((all, one) => all + one * one, 0));
  return size > 0 ? shape.map((one) => one / size) : shape;
}

function goesWith(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  let product = 0;
  for (let at = 0; at < a.length; at += 1) product += (a[at] ?? 0) * (b[at] ?? 0);
  return Math.abs(product) >= DIFFERENCES.together;
}

/** Each with the first that it goes with. */
function groupsOf(all: readonly Compared[]): Compared[][] {
  const groups: { readonly shape: Float64Array; readonly members: Compared[] }[] = [];
  for (const one of all) {
    const shape = shapeOf(one);
    const group = groups.find((other) => goesWith(other.shape, shape));
    if (group) group.members.push(one);
    else groups.push({ shape, members: [one] });
  }
  return groups.map(({ members }) => members);
}

function told({ before, after, p, delta }: Compared, falseDiscovery: number): DifferingMeasure {
  const { id, label, unit } = before.measure;
  const [was, is] = [levelOf(before), levelOf(after)];
  return {
    id,
    label,
    unit,
    before: was,
    after: is,
    effect: -delta,
    ratio: was.median > 0 ? is.median / was.median : null,
    p,
    falseDiscovery,
  };
}

export interface WindowsCompared {
  readonly compared: number;
  readonly groups: readonly (readonly DifferingMeasure[])[];
  /** Measures of which a window is too short for its memory. */
  readonly tooShort: number;
}

/** Measures that both have. A part of two that is a ratio of nothing is left out. */
export function compareTwo(before: readonly Window[], after: readonly Window[]): WindowsCompared {
  const others = byId(after);
  let tooShort = 0;
  const all = before.flatMap((one): Compared[] => {
    const other = others.get(one.measure.id);
    if (!other || one.values.length === 0 || other.values.length === 0) return [];
    const { p, delta, distance, blocks }: WindowTest = compareWindows(one.values, other.values);
    if (Math.min(...blocks) < DIFFERENCES.fewBlocks) tooShort += 1;
    return [{ before: one, after: other, p, delta, distance }];
  });
  return { compared: all.length, groups: toGroups(all, groupsOf), tooShort };
}

function toGroups(
  all: readonly Compared[],
  together: (all: readonly Compared[]) => Compared[][],
): (readonly DifferingMeasure[])[] {
  const rates = falseDiscoveryRates(all.map(({ p }) => p));
  const rateOf = new Map(all.map((one, at) => [one, rates[at] ?? 1]));
  const differs = all
    .filter((one) => (rateOf.get(one) ?? 1) <= DIFFERENCES.falseDiscovery && one.distance >= DIFFERENCES.leastDistance)
    .filter(isFelt)
    .sort((a, b) => b.distance - a.distance || a.p - b.p);
  return together(differs).map((group) => group.map((one) => told(one, rateOf.get(one) ?? 1)));
}

/** Groups of recordings: a recording is one example, told by its median, however long it is. `medians`: by recording. */
export function compareGroups(
  slow: readonly (readonly Window[])[],
  fast: readonly (readonly Window[])[],
): WindowsCompared {
  const medians = (side: readonly (readonly Window[])[]) => {
    const found = new Map<string, { readonly measure: Measure; readonly values: number[] }>();
    for (const { measure, values } of side.flat()) {
      const one = found.get(measure.id) ?? { measure, values: [] };
      if (values.length > 0) one.values.push(medianOf(values));
      found.set(measure.id, one);
    }
    return found;
  };
  const [ofSlow, ofFast] = [medians(slow), medians(fast)];
  const all = [...ofSlow].flatMap(([id, { measure, values }]): Compared[] => {
    const other = ofFast.get(id);
    if (!other || values.length === 0 || other.values.length === 0) return [];
    const { p, delta } = rankSum(values, other.values);
    const [before, after] = [values, other.values].map((one) => ({ measure, values: Float64Array.from(one) }));
    return before && after ? [{ before, after, p, delta, distance: Math.abs(delta) }] : [];
  });
  const alone = (ones: readonly Compared[]) => ones.map((one) => [one]);
  return { compared: all.length, groups: toGroups(all, alone), tooShort: 0 };
}

/** A window of every measure: the whole recording, or a part of it, ms. */
export function windowsOf(measures: readonly Measure[], from = -Infinity, to = Infinity): Window[] {
  return measures.flatMap((measure) => {
    const { t, values } = known(measure.values());
    const inside =
      from === -Infinity && to === Infinity
        ? values
        : values.filter((_, row) => (t[row] ?? NaN) >= from && (t[row] ?? NaN) < to);
    return inside.length > 0 ? [{ measure, values: inside }] : [];
  });
}
