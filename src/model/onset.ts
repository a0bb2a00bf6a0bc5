// When something changed within a recording, and what else did about then: the parts of a diagnosis and of `compare`'s document that tell it, with how sure it is.
// Times are ms since the recording's start.

import * as v from 'valibot';
import { UNITS } from './quantity.js';

const Within = v.tuple([v.number(), v.number()]);

/** A change of one measure. */
export const ChangeSchema = v.object({
  id: v.string(),
  label: v.string(),
  unit: v.picklist(UNITS),
  kind: v.picklist(['level', 'spread']),
  /** Of which values: where a measure goes by bursts, those between or in them are searched by themselves as well. */
  of: v.picklist(['all', 'between bursts', 'bursts']),
  atMs: v.number(),
  at: v.nullable(v.string()),
  /** It lies between these with 95 %. */
  withinMs: Within,
  before: v.object({ value: v.number(), text: v.string() }),
  after: v.object({ value: v.number(), text: v.string() }),
  /** How likely one as good is told of any of the measures that were searched, where none changes. */
  p: v.number(),
});

/** Before the onset, where its bounds end before those of the onset begin; after it likewise; with it where they overlap. */
const Order = v.picklist(['before', 'with', 'after']);

/** What else changed about an onset. */
export const AboutOnsetSchema = v.object({
  /** Settings, daemons, mounts; the time is that at which it was first seen. */
  settings: v.array(
    v.object({ what: v.string(), before: v.nullable(v.string()), after: v.nullable(v.string()), atMs: v.number() }),
  ),
  /** Processes that started then. */
  appeared: v.array(v.object({ pid: v.number(), name: v.string(), atMs: v.number(), order: Order })),
  /** Counters that changed, those that moved first before the others. */
  counters: v.array(v.object({ ...ChangeSchema.entries, order: Order })),
  /** Series that were searched. */
  searched: v.number(),
});

/** Whether a stall set in while it was recorded. */
export const VerdictOnsetSchema = v.object({
  /**
   * 'sets-in': it began at `sinceMs`; 'throughout': it was there when the victim's account began, and when it ended; 'from-start': it was there when that began and ended
   * before it; 'comes-and-goes': it began and ended several times, at no one of which it set in; 'untold': it was not there from the start, and no moment at which it began is beyond accident.
   */
  kind: v.picklist(['sets-in', 'throughout', 'from-start', 'comes-and-goes', 'untold']),
  /** Of one that sets in: the moment lies between these with 95 %. */
  withinMs: v.nullable(Within),
  /** How likely as sure an onset is told of a stall that is steady. */
  p: v.nullable(v.number()),
});

export type MeasureChange = v.InferOutput<typeof ChangeSchema>;
export type AboutOnset = v.InferOutput<typeof AboutOnsetSchema>;
export type VerdictOnset = v.InferOutput<typeof VerdictOnsetSchema>;
export type OrderAboutOnset = v.InferOutput<typeof Order>;
