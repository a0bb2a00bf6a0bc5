// Which part of the requests a recording holds. Where they come so fast that tracing them all would cost their users too much, the recorder
// keeps one small request of many, chosen by its sector, so that all events of one are there or none. Each then stands for many: what counts
// requests or adds up their bytes weighs them, and what looks at one request does not. The time that a disk works on the requests that are
// not there falls to the next one that is, so times add up as they are.

import { type Intervals, union } from '../../base/intervals.js';
import type { Case } from '../../model/case.js';

/** How many requests one that was traced stands for. */
export interface Weights {
  /** When requests were a sample. */
  readonly times: Intervals;
  /** Of one of so many sectors at `t`, ms; times may only grow from call to call. */
  weightAt(t: number, sectors: number): number;
}

export class Sampling implements Weights {
  /** When requests were a sample. */
  readonly times: Intervals;
  private readonly marks: readonly { readonly atMs: number; readonly of: number; readonly upToSectors: number }[];
  private at = -1;

  constructor({ trace, durationMs }: Pick<Case, 'trace' | 'durationMs'>) {
    const states = trace.filter(({ instance }) => instance === 'machine');
    this.marks = states.map(({ atMs, sampled }) => ({
      atMs,
      of: sampled?.of ?? 1,
      upToSectors: sampled?.upToSectors ?? 0,
    }));
    this.times = union(
      this.marks.flatMap(({ atMs, of }, index) =>
        of > 1 ? [{ from: atMs, to: this.marks[index + 1]?.atMs ?? durationMs }] : [],
      ),
    );
  }

  /** How many requests one of that size stands for that completed at `t`; for times that only grow. */
  weightAt(t: number, sectors: number): number {
    while ((this.marks[this.at + 1]?.atMs ?? Infinity) <= t) this.at += 1;
    const mark = this.marks[this.at];
    return mark && sectors > 0 && sectors <= mark.upToSectors ? mark.of : 1;
  }
}
