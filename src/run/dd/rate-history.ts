// The throughput of a copy's intervals for as long as it runs, in bounded memory: the latest as they are, older ones drawn together in twos, again and
// again, so that a night keeps its normal and each search for a fall costs the same.

import type { Stretch } from '../../onset/fall.js';

/** Above so many stretches the older half is drawn together: the newer 4096 are then more than an hour of seconds. */
const MOST = 8192;

export interface DatedStretch extends Stretch {
  /** When it began, ms since 1970. */
  readonly beginMs: number;
}

/** Two stretches in a row as one. */
function together(first: DatedStretch, second: DatedStretch): DatedStretch {
  const intervals = first.intervals + second.intervals;
  const rate = (first.rate * first.intervals + second.rate * second.intervals) / intervals;
  return { rate, intervals, beginMs: first.beginMs };
}

export class RateHistory {
  /** All that were added. */
  intervals = 0;
  private kept: DatedStretch[] = [];

  get stretches(): readonly DatedStretch[] {
    return this.kept;
  }

  /** One more interval. `beginMs`: since 1970. */
  add(rate: number, beginMs: number): void {
    this.intervals += 1;
    this.kept.push({ rate, intervals: 1, beginMs });
    if (this.kept.length <= MOST) return;
    const old = this.kept.slice(0, MOST / 2);
    const drawn = old.flatMap((first, at) => {
      const second = old[at + 1];
      return at % 2 === 0 && second ? [together(first, second)] : [];
    });
    this.kept = [...drawn, ...this.kept.slice(old.length)];
  }
}
