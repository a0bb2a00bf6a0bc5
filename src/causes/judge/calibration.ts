// How often a verdict is right, from the score that its cause gives it: a score is a product of hand-made ramps and orders causes; what
// users are told is what such scores were worth on stalls whose truth is known. Fitted by `bench/calibrate.ts`, whose figures are in
// bench/results/reliability.md; docs/adr/0008-confidence.md says why.

import { chance, logit } from '../../base/logistic.js';
import { CALIBRATION } from './calibration-table.js';

/** What a verdict claims, in steps that the data support. */
export type Sureness = 'sure' | 'likely' | 'possible';

/** The chance that a verdict of this cause with this score is right, 0 to 1. */
export function chanceOf(cause: string, score: number, isFromCounters: boolean): number {
  const { intercept, slope, counters, causes, bounds, tried, mostUntried } = CALIBRATION;
  const before = logit(Math.min(bounds.high, Math.max(bounds.low, score)));
  const fitted = chance([intercept, slope, counters, causes[cause] ?? 0], {
    x: [1, before, isFromCounters ? 1 : 0, 1],
    before,
  });
  // What was right on drills alone was never tried by those who did not make it.
  const isTried = tried[isFromCounters ? 'counters' : 'events'].includes(cause);
  return isTried ? fitted : Math.min(fitted, mostUntried);
}

export function surenessOf(confidence: number): Sureness {
  const { sure, likely } = CALIBRATION.steps;
  return confidence >= sure ? 'sure' : confidence >= likely ? 'likely' : 'possible';
}
