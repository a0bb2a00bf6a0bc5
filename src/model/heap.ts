// What `heap` prints as JSON: all that `threads` does, and how much of the file was read for it. A type of its own, as a reader has to see what a damaged dump
// left out.

import * as v from 'valibot';
import { list } from './shapes.js';
import { ThreadsSchema } from './threads.js';

export const HeapSchema = v.object({
  ...ThreadsSchema.entries,
  schema: v.literal('iowitness.heap/1'),
  file: v.object({
    /** Bytes. */
    size: v.number(),
    /** Bytes of what it inflates to; null where it is not compressed. */
    inflated: v.nullable(v.number()),
    /** Bytes of the dump that were read, by pages of 4 KiB. */
    read: v.number(),
    /** `sparse`: only what was needed; `full`: every object was passed. */
    mode: v.picklist(['sparse', 'full']),
    /** Bytes of the dump from its beginning on that are records. */
    covered: v.number(),
    /** The record that ends a dump is there. */
    ended: v.boolean(),
    /** All that the threads' frames refer to could be read: otherwise no monitor's owner is told. */
    rootsWhole: v.boolean(),
    damage: list(v.string()),
  }),
});

export type Heap = v.InferOutput<typeof HeapSchema>;
