// What `who` tells of one folder or disk: what was written and read there, by program and file, what programs asked for by their calls beside what
// reached the disk, and what still waits. The schema is the published contract of `who --json`; the types follow from it.

import * as v from 'valibot';
import { WriterSchema, type Writer } from './diagnosis.js';
import { list } from './shapes.js';

const Bytes = v.object({ writeBytes: v.number(), readBytes: v.number() });

/** One process that did anything there. */
const Program = v.object({
  process: v.string(),
  pid: v.number(),
  /** By its calls, to and from whatever file, pipe or socket (wchar and rchar of /proc/PID/io); null where that could not be read. */
  calledWriteBytes: v.nullable(v.number()),
  calledReadBytes: v.nullable(v.number()),
  /** What reached this disk for it; with `source` 'counters' what it asked all disks for (write_bytes, read_bytes). */
  writeBytes: v.number(),
  readBytes: v.number(),
});

export const WhoSchema = v.object({
  schema: v.literal('iowitness.who/1'),
  tool: v.string(),
  /** As it was asked for. */
  path: v.string(),
  device: v.string(),
  /** 'disk', 'partition of sda', 'loop on FILE', 'dm on sda, sdb'. */
  layer: v.string(),
  /** The folder below which files count as here, or the file that does; null for all of the disk. */
  folder: v.nullable(v.string()),
  /** True where that is one file. */
  isFile: v.boolean(),
  seconds: v.number(),
  /** 'events': who and which file; 'counters': what processes asked all disks for, as nobody without root may know more. */
  source: v.picklist(['events', 'counters']),
  /** By /proc/diskstats, of the whole disk. */
  counted: v.object({ ...Bytes.entries, writes: v.number(), reads: v.number(), flushes: v.nullable(v.number()) }),
  /** Of this disk and here, most bytes first; empty with `source` 'counters'. */
  writers: list(WriterSchema),
  /** On the same disk in other folders; null where all of it counts as here. */
  elsewhere: v.nullable(Bytes),
  programs: list(Program),
  /** Null where no program was seen to write by calls. */
  amplification: v.nullable(
    v.object({
      /** By calls of the programs whose bytes reached the disk. */
      calledBytes: v.number(),
      /** Of the disk, and of what it consists. */
      deviceBytes: v.number(),
      of: v.object({
        data: v.number(),
        journal: v.number(),
        metadata: v.number(),
        /** Nobody was seen to make it dirty: unless events were lost, that was before the recording began, and nobody called for it since. */
        before: v.number(),
        unattributed: v.number(),
      }),
      /** Device bytes, but for those of before, for each byte that was called for; null where less than all of it may have come. */
      ratio: v.nullable(v.number()),
      /** Why there is none, or what it leaves open. */
      but: list(v.string()),
    }),
  ),
  /** Dirty when it ended: of the disk, or of the whole machine where the kernel does not tell it of the disk; null where neither is told. */
  waiting: v.nullable(v.object({ bytes: v.number(), of: v.picklist(['disk', 'machine']) })),
  /** True where events of dirtying were lost: then what nobody was seen to make dirty may have been so since the beginning. */
  hasLost: v.boolean(),
  /** What is not known, in sentences. */
  limits: list(v.string()),
  notUndone: list(v.string()),
});

export type Who = v.InferOutput<typeof WhoSchema>;
export type WhoProgram = v.InferOutput<typeof Program>;

/**
 * True for what nobody was seen to make dirty: before the recording began, or by an event that was lost. Of a file that nobody has open any more no process
 * is known: then it is the flusher’s.
 */
export function isOfBefore({ via, process }: Pick<Writer, 'via' | 'process'>): boolean {
  return via === 'holder' || (via === 'unattributed' && process === 'flusher');
}
