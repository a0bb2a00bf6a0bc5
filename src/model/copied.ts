// What `dd --json` prints at its end: the counts of GNU dd, how long its calls took, and what became of what was expected.

import * as v from 'valibot';
import { list } from './shapes.js';

const Records = v.object({ full: v.number(), partial: v.number() });

export const CopiedSchema = v.object({
  schema: v.literal('iowitness.copied/1'),
  tool: v.string(),
  /** All is copied or dd gave up; whoever read the output has gone; SIGINT; throughput has fallen for good. */
  endedBecause: v.picklist(['done', 'closed', 'interrupt', 'fall']),
  /** dd's own: 0 where all was copied, 1 where something failed. */
  status: v.number(),
  /** What dd said of that, without the counts. */
  messages: list(v.string()),
  /** Of the last copy, as dd counts them. */
  recordsIn: Records,
  recordsOut: Records,
  truncatedRecords: v.number(),
  bytes: v.number(),
  seconds: v.number(),
  /** Of all copies of --repeat and --until-degraded, without the time between them. */
  inAll: v.object({ bytes: v.number(), seconds: v.number() }),
  /** Each kind of system call that was made, of all copies, µs. */
  calls: list(
    v.object({
      call: v.picklist(['write', 'read', 'fdatasync', 'fsync', 'open']),
      count: v.number(),
      meanUs: v.number(),
      p50Us: v.number(),
      p99Us: v.number(),
      maxUs: v.number(),
    }),
  ),
  expectations: list(
    v.object({ text: v.string(), outcome: v.picklist(['met', 'not met', 'no verdict']), found: v.string() }),
  ),
  /** Since when throughput has fallen for good; null where it has not, or nobody asked. */
  fall: v.nullable(
    v.object({ since: v.nullable(v.string()), bytesPerSecondBefore: v.number(), bytesPerSecondSince: v.number() }),
  ),
});

export type Copied = v.InferOutput<typeof CopiedSchema>;
