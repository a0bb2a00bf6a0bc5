// What drills found: the truth, the verdict with events and the verdict from counters alone, run by run. What `drill --json` prints; the types
// follow from the schema.

import * as v from 'valibot';
import { VerdictSchema, type Diagnosis } from './diagnosis.js';
import { list } from './shapes.js';

/** What one diagnosis of a run said. */
const DrillVerdict = v.object({
  cause: v.string(),
  also: list(v.string()),
  sureness: VerdictSchema.entries.sureness,
  confidence: v.number(),
  score: v.number(),
  /** Share of the victim's time that no rule explains. */
  unexplained: v.number(),
  sentence: v.string(),
  right: v.boolean(),
});

const DrillRun = v.object({
  drill: v.string(),
  repeat: v.number(),
  seed: v.number(),
  parameters: v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
  truth: v.string(),
  /** Absent where it was not run: `why` says so. */
  events: v.exactOptional(DrillVerdict),
  counters: v.exactOptional(DrillVerdict),
  /** What counters can't tell of this drill. */
  needsEvents: v.exactOptional(v.string()),
  /** How far the onset that was told is from the one that was made, ms; absent where the stall was there from the start. */
  onsetErrorMs: v.exactOptional(v.number()),
  /** Of a stall that was there before: whether the verdict says so. */
  toldFromStart: v.exactOptional(v.boolean()),
  why: v.exactOptional(v.string()),
  /** Wall time of the whole run, s. */
  seconds: v.number(),
  /** The recordings, where they were kept. */
  recordings: v.exactOptional(list(v.string())),
});

export const DrillReportSchema = v.object({
  schema: v.literal('iowitness.drills/1'),
  tool: v.string(),
  kernel: v.string(),
  at: v.string(),
  seed: v.number(),
  runs: list(DrillRun),
});

export type DrillVerdict = v.InferOutput<typeof DrillVerdict>;
export type DrillRun = v.InferOutput<typeof DrillRun>;
export type DrillReport = v.InferOutput<typeof DrillReportSchema>;

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
