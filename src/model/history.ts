// The counters that `watch` keeps when nothing is wrong: each second of a day or so, and of each minute of a month the least, the mean, the largest, the
// sum and how the seconds are distributed, so that a burst of one second is still there when its minute is all that is left.

import * as v from 'valibot';
import { Histogram } from '../base/histogram.js';

const Counts = v.array(v.tuple([v.number(), v.number()]));

/** A minute, second by second; null where a second has no such figure. */
export const SecondsSchema = v.object({
  kind: v.literal('seconds'),
  /** The end of the first second, ISO 8601. */
  from: v.string(),
  seconds: v.number(),
  /** By name: 'io.full_us', 'memory.dirty_kib', 'sda.wait_us'. */
  figures: v.record(v.string(), v.array(v.nullable(v.number()))),
});
export type Seconds = v.InferOutput<typeof SecondsSchema>;

/** What is left of a minute. */
export const MinuteSchema = v.object({
  kind: v.literal('minute'),
  from: v.string(),
  seconds: v.number(),
  figures: v.record(
    v.string(),
    v.object({
      /** Seconds that have the figure. */
      count: v.number(),
      min: v.number(),
      mean: v.number(),
      max: v.number(),
      sum: v.number(),
      /** How many seconds from each power of two on: [from, count]. */
      histogram: Counts,
    }),
  ),
});
export type Minute = v.InferOutput<typeof MinuteSchema>;

/** What is left of a minute when its seconds are not kept any more. */
export function minuteOf({ from, seconds, figures }: Seconds): Minute {
  const left = Object.entries(figures).map(([name, values]) => [name, leftOf(values)] as const);
  return { kind: 'minute', from, seconds, figures: Object.fromEntries(left) };
}

function leftOf(values: readonly (number | null)[]): Minute['figures'][string] {
  const histogram = new Histogram();
  for (const value of values) if (value !== null) histogram.record(value);
  const { count, sum, min, max } = histogram;
  const parts = histogram.parts(1).map(({ from, count: seconds }): [number, number] => [from, seconds]);
  return { count, min, mean: histogram.mean(), max, sum, histogram: parts };
}

export const HistorySchema = v.object({
  schema: v.literal('iowitness.history/1'),
  tool: v.string(),
  folder: v.string(),
  /** The oldest first. */
  seconds: v.array(SecondsSchema),
  minutes: v.array(MinuteSchema),
});
