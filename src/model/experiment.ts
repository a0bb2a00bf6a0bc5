// An experiment's state on disk, from which it goes on after a kill or a reboot, and its result, what `experiment --json` prints. What a run led to is the
// same in both.

import * as v from 'valibot';
import { list } from './shapes.js';

/** Of the intervals of a run; the mean is all that was moved over all the time. */
const Spread = v.object({ mean: v.number(), p5: v.number(), p50: v.number(), p95: v.number() });

/** Bursts of one disk in a run. */
const DiskBursts = v.object({
  disk: v.string(),
  count: v.number(),
  /** Medians. */
  operations: v.number(),
  bytes: v.number(),
  /** null where they are not clearly periodic. */
  periodMs: v.nullable(v.number()),
});

/** What was measured in one run. */
const OutcomeSchema = v.object({
  /** From the end of the warm-up to its end. */
  seconds: v.number(),
  /** 'time', 'degraded', 'the workload ended'. */
  because: v.string(),
  /** When the workload's throughput had fallen for good; null where it had not when the run ended. */
  onsetSeconds: v.nullable(v.number()),
  /** Bytes a second that the workload moved in the time before that. */
  rate: Spread,
  /** Since then, the median. */
  rateSince: v.nullable(v.number()),
  /** Requests a second of the volume, before that; null where its disk is not in /proc/diskstats. */
  iops: v.nullable(Spread),
  /** Of a few hundred stretches of the run. */
  series: v.object({ stepSeconds: v.number(), rate: list(v.number()), iops: list(v.number()) }),
  bursts: list(DiskBursts),
  /** The diagnosis's verdict; null where the recording could not be diagnosed, with why in the sentence. */
  cause: v.nullable(v.string()),
  sentence: v.string(),
  /** Of the reset before it: what was still dirty, bytes, and whether the volume was trimmed. */
  reset: v.object({ dirtyBytes: v.nullable(v.number()), isTrimmed: v.boolean() }),
  /** The guest that it was made in: its kernel as `uname -r` says it, and whether its CPU was emulated. Absent where it was made on this machine. */
  guest: v.optional(v.object({ kernel: v.string(), accelerator: v.picklist(['kvm', 'emulation']) })),
  /** The recording's folder in the experiment's. */
  recording: v.string(),
});

const RunSchema = v.object({
  /** From 1, in the order in which they are made. */
  number: v.number(),
  block: v.number(),
  arm: v.string(),
  state: v.picklist(['waiting', 'running', 'done']),
  startedAt: v.optional(v.string()),
  outcome: v.optional(OutcomeSchema),
});

/** What stands in state.json. */
export const ExperimentStateSchema = v.object({
  format: v.literal('iowitness.experiment-state/1'),
  /** A hash of the plan, so that another one does not go on where this one stopped. */
  plan: v.string(),
  startedAt: v.string(),
  runs: list(RunSchema),
  /** Why no further runs are made; absent while some are. */
  ended: v.optional(v.string()),
});

const Interval = v.nullable(v.tuple([v.number(), v.number()]));

/** One measure of an arm against the first arm's. */
const Comparison = v.object({
  measure: v.picklist(['onset', 'throughput', 'iops', 'bursts']),
  /** 'better' is what somebody would want: later, more, fewer. 'unclear' is neither sure to differ nor sure not to. 'absent': neither had any. */
  verdict: v.picklist(['better', 'worse', 'unchanged', 'unclear', 'absent']),
  /** By chance, of this test alone. */
  p: v.number(),
  /** The share of false ones among all that are as sure (Benjamini–Hochberg over all arms and measures). */
  falseDiscovery: v.number(),
  /** This arm's over the first arm's; null where there is none. */
  ratio: v.nullable(v.number()),
  within: Interval,
  /** −1 to 1: how often a run of this arm lies above one of the first (Cliff's delta). */
  delta: v.number(),
});

const ArmSchema = v.object({
  arm: v.string(),
  isFirst: v.boolean(),
  runs: v.number(),
  /** The median of runs' means, bytes a second, with 95 % where there are enough. */
  rate: v.object({ median: v.number(), within: Interval }),
  iops: v.nullable(v.object({ median: v.number(), within: Interval })),
  degraded: v.number(),
  /** Seconds; null where fewer than half have degraded, or an end is open. */
  onset: v.object({ median: v.nullable(v.number()), low: v.nullable(v.number()), high: v.nullable(v.number()) }),
  /** The mean time without it, of the first `until` seconds. */
  restrictedMean: v.object({ seconds: v.number(), until: v.number(), error: v.number() }),
  /** Kaplan and Meier's: from `seconds` on, the share of runs that have not degraded. */
  curve: list(v.object({ seconds: v.number(), share: v.number(), low: v.number(), high: v.number() })),
  /** A minute of a run, the median of runs. */
  burstsPerMinute: v.number(),
  bursts: list(DiskBursts),
  /** How many runs have which verdict, the most common first. */
  causes: list(v.object({ cause: v.string(), runs: v.number() })),
  comparisons: list(Comparison),
  /** What all that says of the arm. */
  sentence: v.string(),
});

/** One thing that arms are crossed in, told from all pairs of arms that differ in it alone. */
const FactorSchema = v.object({
  /** 'the kernel' */
  about: v.string(),
  /** '6.12 instead of 6.1' */
  words: v.string(),
  pairs: list(v.object({ without: v.string(), having: v.string() })),
  comparisons: list(Comparison),
  sentence: v.string(),
});

export const ExperimentSchema = v.object({
  schema: v.literal('iowitness.experiment/1'),
  tool: v.string(),
  name: v.string(),
  /** The experiment's folder. */
  path: v.string(),
  startedAt: v.string(),
  /** Runs that were made, and all that the plan has. */
  done: v.number(),
  planned: v.number(),
  /** Why it ended; null where it goes on. */
  ended: v.nullable(v.string()),
  /** The share of experiments in which any arm is told to differ though none does. */
  level: v.number(),
  arms: list(ArmSchema),
  /** What arms are crossed in; empty where no two pairs of arms differ in the same thing. */
  factors: list(FactorSchema),
  /** What it is and what it is not, with the cause, in one sentence; null where nothing can be told yet. */
  conclusion: v.nullable(v.string()),
  /** Whether runs were other ones for what ran before them, or for how late they were. */
  order: v.object({
    carryOver: v.object({ p: v.number(), sentence: v.string() }),
    drift: v.object({ p: v.number(), sentence: v.string() }),
  }),
  /** What has to be known beside it. */
  notes: list(v.string()),
  runs: list(RunSchema),
});

const Suspect = v.object({
  /** The fact's name, as `compare` tells it. */
  name: v.string(),
  /** As most of the slow runs have it, and most of the fast ones. */
  slow: v.string(),
  fast: v.string(),
  /** That it makes the difference, if one fact does. */
  probability: v.number(),
});

/** What `experiment next --json` prints. */
export const NextSchema = v.object({
  schema: v.literal('iowitness.next/1'),
  tool: v.string(),
  runs: v.object({ slow: v.number(), fast: v.number() }),
  /** The most probable first; empty where no fact differs. */
  suspects: list(Suspect),
  /** null as long as it takes more runs. */
  found: v.nullable(Suspect),
  /** To be changed at once on a slow machine, to the value of the fast ones. */
  change: list(Suspect),
  /** About how many more arms it takes; null where no fact differs. */
  armsLeft: v.nullable(v.number()),
});

export type Suspect = v.InferOutput<typeof Suspect>;
export type Experiment = v.InferOutput<typeof ExperimentSchema>;
export type ExperimentState = v.InferOutput<typeof ExperimentStateSchema>;
export type ExperimentRun = v.InferOutput<typeof RunSchema>;
export type RunOutcome = v.InferOutput<typeof OutcomeSchema>;
export type ArmResult = v.InferOutput<typeof ArmSchema>;
export type FactorResult = v.InferOutput<typeof FactorSchema>;
export type ArmComparison = v.InferOutput<typeof Comparison>;
export type BurstsOfDisk = v.InferOutput<typeof DiskBursts>;
