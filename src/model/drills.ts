// What drills found: the truth, the verdict with events and the verdict from counters alone, run by run. What `drill --json` prints.

import type { Diagnosis, Verdict } from './diagnosis.js';

/** What one diagnosis of a run said. */
export interface DrillVerdict {
  readonly cause: string;
  readonly also: readonly string[];
  readonly sureness: Verdict['sureness'];
  readonly confidence: number;
  readonly score: number;
  /** Share of the victim's time that no rule explains. */
  readonly unexplained: number;
  readonly sentence: string;
  readonly right: boolean;
}

export interface DrillRun {
  readonly drill: string;
  readonly repeat: number;
  readonly seed: number;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly truth: string;
  /** Absent where it was not run: `why` says so. */
  readonly events?: DrillVerdict;
  readonly counters?: DrillVerdict;
  /** What counters can't tell of this drill. */
  readonly needsEvents?: string;
  /** How far the onset that was told is from the one that was made, ms; absent where the stall was there from the start. */
  readonly onsetErrorMs?: number;
  /** Of a stall that was there before: whether the verdict says so. */
  readonly toldFromStart?: boolean;
  readonly why?: string;
  /** Wall time of the whole run, s. */
  readonly seconds: number;
  /** The recordings, where they were kept. */
  readonly recordings?: readonly string[];
}

export interface DrillReport {
  readonly schema: 'iowitness.drills/1';
  readonly tool: string;
  readonly kernel: string;
  readonly at: string;
  readonly seed: number;
  readonly runs: readonly DrillRun[];
}

export function verdictOfRun(diagnosis: Diagnosis, right: boolean): DrillVerdict {
  const { verdict, also, accounting } = diagnosis;
  return {
    cause: verdict.cause,
    also: also.map((one) => one.cause),
    sureness: verdict.sureness,
    confidence: verdict.confidence,
    score: verdict.score,
    unexplained: accounting.find((one) => one.state === 'unexplained')?.share ?? 0,
    sentence: verdict.sentence,
    right,
  };
}
