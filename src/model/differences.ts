// What differs between recordings: what `compare --json` prints. The schema below is the published contract (docs/schemas/differences.schema.json); the
// types follow from it. Recordings are referred to by their place in `recordings`.

import * as v from 'valibot';
import { AboutOnsetSchema, ChangeSchema } from './onset.js';
import { UNITS } from './quantity.js';

const Side = v.picklist(['slow', 'fast', 'unknown']);

const Compared = v.object({
  path: v.string(),
  host: v.nullable(v.string()),
  kernel: v.nullable(v.string()),
  startedAt: v.nullable(v.string()),
  durationMs: v.number(),
  side: Side,
  /** 'asked': by --slow or --fast; 'verdict': by its diagnosis, where a stall is slow and none is fast; unknown where none was made. */
  sideBy: v.picklist(['asked', 'verdict']),
  /** The cause that its diagnosis names; null where none was made, as the side is known or nothing can separate. */
  cause: v.nullable(v.string()),
});

/** How a fact divides slow recordings from fast ones, or stalling hosts from others, at its best. */
export const DivisionSchema = v.object({
  /** 'is 5', 'is at least 6.1.0-13 (Debian 6.1.55-1)' */
  words: v.string(),
  slowWith: v.number(),
  fastWith: v.number(),
  /** Recordings that know the fact. */
  slow: v.number(),
  fast: v.number(),
  /** Those that stand where the rest of their kind does. */
  agree: v.number(),
  /** How likely as good a division is by accident, this one alone. */
  p: v.number(),
});

/** What a fact is about: facts that come together are named by the first of these among them. */
export const FactAreaSchema = v.picklist([
  'instance',
  'kernel',
  'hardware',
  'system',
  'setting',
  'disk',
  'filesystem',
  'limit',
  'daemon',
]);

const Fact = v.object({
  name: v.string(),
  area: FactAreaSchema,
  /** By recording; null where it is not known. */
  values: v.array(v.nullable(v.string())),
});

/** Facts that divide the recordings in the same way: no recording here tells which of them matters. */
const FactGroup = v.object({
  /** One sentence. */
  sentence: v.string(),
  /** The most telling first. */
  facts: v.array(Fact),
  division: v.nullable(DivisionSchema),
  /** The same chance with all divisions that were tried; 1 where nothing is slow or fast. */
  p: v.number(),
  separates: v.boolean(),
});

/** What a measure is over one window. */
const Level = v.object({
  /** Samples that tell it. */
  samples: v.number(),
  median: v.number(),
  /** Bounds that hold the median with 95 %; null where the samples are worth too little. */
  within: v.nullable(v.tuple([v.number(), v.number()])),
  text: v.string(),
});

const Measure = v.object({
  /** 'disk.write.rate', 'vmstat.pgscan_direct': the same for every comparison. */
  id: v.string(),
  label: v.string(),
  unit: v.picklist(UNITS),
  /** Of each window, or each group of recordings: there, of the medians. */
  before: Level,
  after: Level,
  /** Cliff's delta: 1 where all of the second lies above the first, −1 where below. */
  effect: v.number(),
  /** The second median as so many times the first; null where that was nothing. */
  ratio: v.nullable(v.number()),
  p: v.number(),
  /** The rate of false ones among all that are at least as sure (Benjamini–Hochberg). */
  falseDiscovery: v.number(),
});

/** Measures that go up and down together. */
const MeasureGroup = v.object({ measures: v.array(Measure) });

/** The same measure at the same load. */
const AtLoad = v.object({
  label: v.string(),
  unit: v.picklist(UNITS),
  /** What the load is told by: requests in flight. */
  load: v.string(),
  /** The second as so many times the first, of seconds in which the load was alike. */
  ratio: v.number(),
  /** With 95 %; null where there are too few seconds. */
  within: v.nullable(v.tuple([v.number(), v.number()])),
  samples: v.tuple([v.number(), v.number()]),
});

/** When something changed within one recording. */
const When = v.object({
  recording: v.number(),
  sentence: v.string(),
  /** Of throughput, latency at the load, and requests a second. */
  changes: v.array(ChangeSchema),
  ...AboutOnsetSchema.entries,
});

export const DifferencesSchema = v.object({
  schema: v.literal('iowitness.differences/1'),
  tool: v.string(),
  recordings: v.array(Compared),
  /** One line: what separates them, or that nothing does, or can. */
  answer: v.string(),
  facts: v.object({
    compared: v.number(),
    /** Those that separate first; empty where nothing differs. */
    groups: v.array(FactGroup),
    /** Divisions of the recordings that were tried. */
    tried: v.number(),
    /** The chance that one of them separates slow from fast without a fault by accident; 1 where there is no slow and fast. */
    perfectByAccident: v.number(),
    /** Recordings without facts, which are not compared in this. */
    without: v.array(v.number()),
  }),
  /** null where there are not two windows, or two groups, to be compared. */
  measures: v.nullable(
    v.object({
      compared: v.number(),
      /** What stands on each side. */
      before: v.string(),
      after: v.string(),
      groups: v.array(MeasureGroup),
      atLoad: v.array(AtLoad),
      /** What has to be known beside it. */
      notes: v.array(v.string()),
    }),
  ),
  when: v.array(When),
});

/** What a recording is called beside others: 'A', 'B'; by its number from the 27th on. */
export function letterOf(recording: number): string {
  return recording < 26 ? String.fromCharCode(65 + recording) : String(recording + 1);
}

export type Differences = v.InferOutput<typeof DifferencesSchema>;
export type ComparedRecording = v.InferOutput<typeof Compared>;
export type DifferingGroup = v.InferOutput<typeof FactGroup>;
export type DifferingMeasure = v.InferOutput<typeof Measure>;
export type MeasureLevel = v.InferOutput<typeof Level>;
export type LoadComparison = v.InferOutput<typeof AtLoad>;
export type Onsets = v.InferOutput<typeof When>;
