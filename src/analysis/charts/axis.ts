// The one axis of time of a report's charts, and how counters and moments come onto it.

import type { ChartLine } from '../../model/charts.js';
import type { Series } from '../../model/counters.js';
import { quantileOf } from '../../base/median.js';

/** Bins over the whole recording: enough for a screen, few enough for a small page. */
const MOST_BINS = 600;
/** A bin as wide as 1, 2 or 5 of a power of ten ms, so that a trace of 44 ms draws as well as a night. */
const STEPS = [1, 2, 5];
/** The shortest bin is a µs. */
const LEAST_POWER = -3;

export interface Axis {
  readonly binMs: number;
  readonly bins: number;
  /** The middle of each bin. */
  readonly t: Float64Array;
}

export function axisOf(durationMs: number): Axis {
  const least = Math.max(10 ** LEAST_POWER, durationMs / MOST_BINS);
  const power = 10 ** Math.floor(Math.log10(least));
  const binMs = power * (STEPS.find((step) => power * step >= least) ?? 10);
  const bins = Math.max(1, Math.ceil(durationMs / binMs));
  return { binMs, bins, t: Float64Array.from({ length: bins }, (_, bin) => (bin + 0.5) * binMs) };
}

/** The bin of a moment; those outside the axis are in its first and its last one. */
export function binAt({ binMs, bins }: Axis, t: number): number {
  return Math.max(0, Math.min(bins - 1, Math.floor(t / binMs)));
}

/** A counter's growth per second on the axis; NaN before the first and after the last sample. */
export function ratePerBin(axis: Axis, series: Series, column: Float64Array, scale: number): Float64Array {
  const values = new Float64Array(axis.bins).fill(NaN);
  let at = 1;
  for (let bin = 0; bin < axis.bins; bin += 1) {
    const t = axis.t[bin] ?? 0;
    while (at < series.t.length && (series.t[at] ?? 0) < t) at += 1;
    if (at >= series.t.length || t < (series.t[0] ?? 0)) continue;
    const seconds = ((series.t[at] ?? 0) - (series.t[at - 1] ?? 0)) / 1000;
    if (seconds > 0) values[bin] = (((column[at] ?? NaN) - (column[at - 1] ?? NaN)) * scale) / seconds;
  }
  return values;
}

/** A gauge's value on the axis: the last sample at or before each bin's end; NaN before the first sample and behind the last one. */
export function valuePerBin(
  { bins, binMs }: Axis,
  times: ArrayLike<number>,
  column: ArrayLike<number>,
  scale: number,
): Float64Array {
  const values = new Float64Array(bins).fill(NaN);
  let at = -1;
  for (let bin = 0; bin < bins; bin += 1) {
    while (at + 1 < times.length && (times[at + 1] ?? 0) <= (bin + 1) * binMs) at += 1;
    const isOver = at === times.length - 1 && (times[at] ?? NaN) < bin * binMs;
    if (at >= 0 && !isOver) values[bin] = (column[at] ?? NaN) * scale;
  }
  return values;
}

/** The mean of the samples in each bin, and where those are further apart what the next one tells; NaN before the first one and behind the last. */
export function meanPerBin(
  { bins, binMs }: Axis,
  { t, values }: { readonly t: ArrayLike<number>; readonly values: ArrayLike<number> },
): Float64Array {
  const means = new Float64Array(bins).fill(NaN);
  let at = 0;
  for (let bin = 0; bin < bins; bin += 1) {
    const first = at;
    let [sum, known] = [0, 0];
    for (; at < t.length && (t[at] ?? NaN) < (bin + 1) * binMs; at += 1) {
      const value = values[at] ?? NaN;
      if (Number.isNaN(value)) continue;
      sum += value;
      known += 1;
    }
    if (at > first) means[bin] = sum / known;
    else if (at > 0) means[bin] = values[at] ?? NaN;
  }
  return means;
}

/** A gauge's samples as a line; nothing where the kernel does not tell it. */
export function gaugeLine(
  axis: Axis,
  { t, columns }: Series,
  column: string,
  scale: number,
  line: Omit<ChartLine, 'values'>,
): ChartLine[] {
  const values = columns.get(column);
  return values ? [{ ...line, values: valuePerBin(axis, t, values, scale) }] : [];
}

/** A quantile of what happened in each bin; NaN where nothing did. */
export function quantilePerBin({ bins }: Axis, samples: readonly (readonly number[])[], share: number): Float64Array {
  return Float64Array.from({ length: bins }, (_, bin) => quantileOf(samples[bin] ?? [], share));
}

/** A value over the whole axis: a limit. */
export function level({ bins }: Axis, value: number): Float64Array {
  return new Float64Array(bins).fill(value);
}
