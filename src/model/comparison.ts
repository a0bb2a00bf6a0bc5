// What became of a stall from one recording to another: what `report A.iow B.iow --format json` prints, and what its page is drawn from. The schema
// below is the published contract (docs/schemas/comparison.schema.json); the types follow from it.

import * as v from 'valibot';
import { DiagnosisSchema } from './diagnosis.js';
import { UNITS } from './quantity.js';

/** Of one recording what its own diagnosis says of it. */
const Side = v.pick(DiagnosisSchema, ['recording', 'verdict', 'also', 'losses']);

/** A figure of one recording; null, where it stands, for what that recording does not tell, or looked for and did not find. */
const Told = v.object({ value: v.number(), text: v.string() });

const Difference = v.object({
  /** 'held-up', 'requests.write.p99', 'disk.read', 'time.dirty-throttle': the same for every comparison. */
  id: v.string(),
  group: v.picklist(['verdict', 'victim', 'time', 'requests', 'disk', 'machine']),
  /** In the field's words: 'own writes: 99 % within'. */
  label: v.string(),
  unit: v.picklist(UNITS),
  before: v.nullable(Told),
  after: v.nullable(Told),
  /** The figure after as so many times that before; null where one of them is missing, or was nothing before. */
  ratio: v.nullable(v.number()),
});

/** What a setting was; null for what is not there, or was not recorded. */
const Setting = v.object({ what: v.string(), before: v.nullable(v.string()), after: v.nullable(v.string()) });

export const ComparisonSchema = v.object({
  schema: v.literal('iowitness.comparison/1'),
  tool: v.string(),
  before: Side,
  after: Side,
  outcome: v.object({
    /**
     * 'gone': the cause held before, was looked for and does not hold after, under comparable work; 'still-there'; 'another': a stall by
     * another cause; 'appeared': there was none before; 'none': in neither; 'open': it can't be told, and `doubts` says why.
     */
    kind: v.picklist(['gone', 'still-there', 'another', 'appeared', 'none', 'open']),
    sentence: v.string(),
    /** What keeps it from being told; empty for all kinds but 'open'. */
    doubts: v.array(v.string()),
    /** What has to be known beside it: how much the victim got done, how sure the verdicts are. */
    notes: v.array(v.string()),
  }),
  /** Figures that at least one of them has. */
  figures: v.array(Difference),
  /** What differs between the machines as they were set at the end of each; null where one of them has no settings. */
  settings: v.nullable(v.array(Setting)),
});

export type Comparison = v.InferOutput<typeof ComparisonSchema>;
export type ComparedSide = v.InferOutput<typeof Side>;
export type Difference = v.InferOutput<typeof Difference>;
export type SettingDifference = v.InferOutput<typeof Setting>;
