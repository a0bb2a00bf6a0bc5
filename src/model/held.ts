// What `hold --json` prints when the memory is free again. In bytes; what the kernel does not tell is null.

import * as v from 'valibot';
import { list } from './shapes.js';

/** Before any was taken, once all was, and when it was free again; null where it did not come to that. */
const Three = v.object({
  before: v.nullable(v.number()),
  held: v.nullable(v.number()),
  released: v.nullable(v.number()),
});

export const HeldSchema = v.object({
  schema: v.literal('iowitness.held/1'),
  tool: v.string(),
  how: v.picklist(['tmpfs', 'anonymous', 'cgroup']),
  totalBytes: v.number(),
  askedBytes: v.number(),
  /** What must stay available to others. */
  reserveBytes: v.number(),
  /** At the end, and what was given back before that. */
  heldBytes: v.number(),
  gaveBackBytes: v.number(),
  /** Whether the kernel may have moved it to swap; null where it ended before all was taken. */
  maySwap: v.nullable(v.boolean()),
  availableBytes: Three,
  dirtyLimitBytes: Three,
  dirtyBackgroundBytes: Three,
  /** Since all was taken; null where it did not come to that. */
  seconds: v.nullable(v.number()),
  /** 'time', 'interrupt', 'the command ended'. */
  endedBecause: v.string(),
  /** null where none was run. */
  command: v.nullable(v.object({ status: v.number() })),
  /** What was changed and could not be put back, in sentences. */
  notUndone: list(v.string()),
});

export type Held = v.InferOutput<typeof HeldSchema>;
