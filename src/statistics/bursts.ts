// A series that goes by bursts, as a disk's throughput does under a flusher that wakes every few seconds → its values between the bursts and its values in
// them. Bursts carry most of such a series' variance and all of its short memory, whatever their period, and hide a change of the level
// beneath them; in either part alone that change is as plain as in any series. Nothing is assumed of the period: what is a burst is told by
// the quiet values about it, so that a level that changes does not make one. A stationary series has stationary parts, so that neither
// shows a change where there is none.

import { quantilesOf } from '../base/median.js';

/** Rows of a series, in order. */
export interface BurstParts {
  /** Neither in a burst nor beside one, where a value is partly of it. */
  readonly between: Int32Array;
  readonly during: Int32Array;
}

/** What is quiet is told in so many stretches of the series, each by itself. */
const STRETCHES = 8;
/** By the spread between these quantiles of a stretch: a burst may fill two thirds of it. */
const QUIET = [0.05, 0.3] as const;
/** Standard deviations between them, of a normal distribution. */
const QUIET_SPREAD = 1.12;
/** A value of a burst lies so many standard deviations of the quiet ones above their upper quantile. */
const ABOVE = 6;
/** Fewer bursts are single events, and a change that lasts is one. */
const LEAST_BURSTS = 4;
/** Bursts fill no more than this, or what is between them is the exception; and no less, or they are outliers. */
const FILLED = { least: 0.01, most: 0.5 };

/** The highest that is quiet in each stretch. */
function limitsOf(values: Float64Array, bounds: readonly number[]): number[] {
  return bounds.slice(1).map((to, stretch) => {
    const [low = NaN, high = NaN] = quantilesOf(values.subarray(bounds[stretch], to), ...QUIET);
    return high + (ABOVE * (high - low)) / QUIET_SPREAD;
  });
}

/** Marks what is above all that is quiet in its stretch and in those beside it: where a level falls within a stretch, what was before is no burst. */
function markAbove(values: Float64Array, stretches: number, above: Uint8Array): void {
  const bounds = Array.from({ length: stretches + 1 }, (_, at) => Math.floor((at * values.length) / stretches));
  const limits = limitsOf(values, bounds);
  limits.forEach((_, stretch) => {
    const limit = Math.max(...limits.slice(Math.max(0, stretch - 1), stretch + 2));
    for (let row = bounds[stretch] ?? 0; row < (bounds[stretch + 1] ?? 0); row += 1)
      if ((values[row] ?? 0) > limit) above[row] = 1;
  });
}

/**
 * The parts of a series without NaN; undefined where it doesn't go by bursts. `change`: where its level is known to change: what is quiet on one side tells
 * nothing of the other.
 */
export function burstParts(values: Float64Array, change?: number): BurstParts | undefined {
  const above = new Uint8Array(values.length);
  const bounds = [0, ...(change === undefined ? [] : [change]), values.length];
  bounds.slice(1).forEach((to, index) => {
    const from = bounds[index] ?? 0;
    const stretches = Math.max(1, Math.round((STRETCHES * (to - from)) / values.length));
    markAbove(values.subarray(from, to), stretches, above.subarray(from, to));
  });
  const [between, during]: [number[], number[]] = [[], []];
  let bursts = 0;
  above.forEach((isAbove, row) => {
    if (isAbove === 1) during.push(row);
    else if (above[row - 1] !== 1 && above[row + 1] !== 1) between.push(row);
    if (isAbove === 1 && above[row - 1] !== 1) bursts += 1;
  });
  const filled = during.length / values.length;
  if (bursts < LEAST_BURSTS || filled < FILLED.least || filled > FILLED.most) return undefined;
  return { between: Int32Array.from(between), during: Int32Array.from(during) };
}
