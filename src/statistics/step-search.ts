// The step that explains most of what trend and cycles leave of a series: what enters is a series, what leaves is how much a step at each place explains. What
// does not depend on the values is made once for all series of a length.

import { residue, smoothBasis } from './regressors.js';

/** Points before the first and behind the last place that a change may have: so many, and such a part of all. */
const MARGIN = { points: 3, part: 0.02 };

/** The search for the best step in series of one length. */
export class StepSearch {
  private readonly basis: readonly Float64Array[];
  /** Of each vector of the basis, by place, the sum from there on. */
  private readonly sums: readonly Float64Array[];
  /** Of each place, what is left of a unit step there beside trend and cycles, squared. */
  private readonly room: Float64Array;
  private readonly margin: number;
  readonly length: number;

  constructor(length: number, cycles: readonly number[]) {
    this.length = length;
    this.margin = Math.max(MARGIN.points, Math.round(MARGIN.part * length));
    this.basis = smoothBasis(length, cycles);
    this.sums = this.basis.map((vector) => {
      const behind = new Float64Array(length + 1);
      for (let at = length - 1; at >= 0; at -= 1) behind[at] = (behind[at + 1] ?? 0) + (vector[at] ?? 0);
      return behind;
    });
    this.room = Float64Array.from({ length }, (_, at) =>
      this.sums.reduce((left, behind) => left - (behind[at] ?? 0) ** 2, length - at),
    );
  }

  /** What trend and cycles leave, in place. */
  left(series: Float64Array): Float64Array {
    return residue(series, this.basis);
  }

  /** By place, the part of the squares that a step there explains; of residues. */
  gains(left: Float64Array, into: Float64Array): Float64Array {
    let behind = 0;
    into.fill(0);
    for (let at = this.length - 1; at >= this.margin; at -= 1) {
      behind += left[at] ?? 0;
      const room = this.room[at] ?? 0;
      if (at <= this.length - this.margin && room > 1e-3) into[at] = (behind * behind) / room;
    }
    return into;
  }

  /** The residues without the step at a place, into another buffer. */
  without(left: Float64Array, at: number, into: Float64Array): Float64Array {
    // What trend and cycles leave of a unit step: the step less its parts along each of them.
    into.fill(1, at).fill(0, 0, at);
    this.basis.forEach((vector, index) => {
      const along = this.sums[index]?.[at] ?? 0;
      for (let place = 0; place < this.length; place += 1)
        into[place] = (into[place] ?? 0) - along * (vector[place] ?? 0);
    });
    let sum = 0;
    for (let place = 0; place < this.length; place += 1) sum += (left[place] ?? 0) * (into[place] ?? 0);
    const size = sum / (this.room[at] ?? Infinity);
    for (let place = 0; place < this.length; place += 1) into[place] = (left[place] ?? 0) - size * (into[place] ?? 0);
    return into;
  }
}

export function squares(values: Float64Array): number {
  return values.reduce((sum, one) => sum + one * one, 0);
}

export function largestAt(values: Float64Array): number {
  let best = 0;
  for (let at = 1; at < values.length; at += 1) if ((values[at] ?? 0) > (values[best] ?? 0)) best = at;
  return best;
}
