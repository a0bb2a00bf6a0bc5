// What a machine remembers of its disks, as it goes into a recording when that begins: for each disk what it usually took at which load, what
// its best was, who usually wrote, how much past that rests on, and what has changed since. A recording that holds it is judged the same wherever it is read.

import * as v from 'valibot';
import type { DeviceId } from './counters.js';

/** Requests that are held against each other: what they ask for, the sizes they have on average, and how many there are at once. */
export interface Load {
  readonly does: 'read' | 'write' | 'flush';
  /** The upper bound of the size class, bytes; 0 for flushes, and for all above the last bound. */
  readonly upToBytes: number;
  /** Requests with the device at once while it had any, to the next power of two. */
  readonly depth: number;
}

const Count = v.pipe(v.number(), v.finite(), v.minValue(0));
/** Names of programs and settings, and their values, are cut at this. */
export const MOST_TEXT = 200;
const Text = v.pipe(v.string(), v.maxLength(MOST_TEXT));

const Usual = v.object({
  does: v.picklist(['read', 'write', 'flush']),
  upToBytes: Count,
  depth: v.pipe(Count, v.minValue(1)),
  /** Half of the stretches of a day took no longer on average, and 99 of a hundred, ms: medians over the days. */
  usualMs: Count,
  mostMs: Count,
  /** What that rests on. */
  stretches: Count,
  days: Count,
});

/** A setting that is not what it was, in words. */
const Changed = v.object({ what: Text, before: v.nullable(Text), after: v.nullable(Text) });

const Chapter = v.object({
  /** Of its first and its last day, ms since 1970. */
  sinceMs: v.pipe(v.number(), v.finite()),
  untilMs: v.pipe(v.number(), v.finite()),
  usual: v.pipe(v.array(Usual), v.maxLength(256)),
  /** The most of a stretch on the best day. */
  best: v.object({ operationsPerSecond: Count, bytesPerSecond: Count, days: Count }),
  writers: v.pipe(v.array(v.object({ comm: Text, share: Count })), v.maxLength(16)),
});

const Device = v.object({
  /** As it was numbered when the recording began. */
  id: v.pipe(v.string(), v.maxLength(32), v.regex(/^\d+:\d+$/)),
  /** By what it was known again: 'wwid', 'serial', … */
  knownBy: Text,
  /** The chapter in force: as the machine is now. Absent where it has just begun. */
  now: v.exactOptional(Chapter),
  /** The one before it, and what has changed since. */
  before: v.exactOptional(v.object({ chapter: Chapter, changed: v.pipe(v.array(Changed), v.maxLength(64)) })),
});

export const PastSchema = v.object({ version: v.literal(1), devices: v.pipe(v.array(Device), v.maxLength(256)) });

/** What was known of the machine's disks when a recording began. */
export type Past = v.InferOutput<typeof PastSchema>;
export type DevicePast = v.InferOutput<typeof Device>;
export type PastChapter = v.InferOutput<typeof Chapter>;
export type UsualAtLoad = v.InferOutput<typeof Usual>;
export type ChangedState = v.InferOutput<typeof Changed>;

/** The past of a disk; undefined where none is known. */
export function pastOf(past: Past | undefined, id: DeviceId | undefined): DevicePast | undefined {
  return past?.devices.find((one) => one.id === id);
}
