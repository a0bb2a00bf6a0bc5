// What `baseline --json` prints: of each disk what this machine remembers, chapter by chapter.

import * as v from 'valibot';

const Changed = v.object({ what: v.string(), before: v.nullable(v.string()), after: v.nullable(v.string()) });

const Chapter = v.object({
  /** First and last moment that it knows, ISO 8601. */
  since: v.string(),
  until: v.string(),
  /** What is different from the chapter before; empty for the first. */
  changed: v.array(Changed),
  /** Kernel, size and the queue's settings, by name. */
  state: v.record(v.string(), v.string()),
  days: v.number(),
  /** Stretches of a second and more that it rests on, and those that were left out, as the disk was slower than it used to be or somebody was held up. */
  stretches: v.number(),
  leftOut: v.number(),
  /** By load: the median over days of each day's median and 99th percentile, of means over a stretch. */
  usual: v.array(
    v.object({
      does: v.picklist(['read', 'write', 'flush']),
      /** The upper bound of the size class, bytes; null for flushes, and for what is larger than all bounds. */
      upToBytes: v.nullable(v.number()),
      /** Requests with the device at once, to the next power of two. */
      depth: v.number(),
      usualMs: v.number(),
      mostMs: v.number(),
      stretches: v.number(),
      days: v.number(),
      /** False where it rests on too little to judge by. */
      tells: v.boolean(),
    }),
  ),
  best: v.object({ operationsPerSecond: v.number(), bytesPerSecond: v.number() }),
  writers: v.array(v.object({ program: v.string(), share: v.number() })),
  /** Of the load that was there for longest, day by day: its median. */
  byDay: v.array(
    v.object({ day: v.string(), usualMs: v.nullable(v.number()), stretches: v.number(), leftOut: v.number() }),
  ),
});

export const BaselineSchema = v.object({
  schema: v.literal('iowitness.baseline/1'),
  tool: v.string(),
  /** Where it is kept. */
  folder: v.string(),
  disks: v.array(
    v.object({
      /** What it is called now, or was when it was last seen. */
      name: v.string(),
      model: v.nullable(v.string()),
      key: v.string(),
      knownBy: v.string(),
      isHere: v.boolean(),
      chapters: v.array(Chapter),
      /** What is different now from the last chapter: the next thing that is learnt begins another one. */
      changedNow: v.array(Changed),
    }),
  ),
  /** Disks of this machine of which nothing is known yet, and those that nothing names for good. */
  without: v.array(v.object({ name: v.string(), why: v.string() })),
});

export type Baseline = v.InferOutput<typeof BaselineSchema>;
export type BaselineDisk = Baseline['disks'][number];
export type BaselineChapter = BaselineDisk['chapters'][number];
