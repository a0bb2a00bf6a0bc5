// What commands print as JSON besides the diagnosis, the figures of `blkstats` and the drills: small documents, each with its schema, from which
// its type follows. What is not known is null.

import * as v from 'valibot';
import { VerdictSchema } from './diagnosis.js';
import { list } from './shapes.js';

/** One thing that this machine lets a recorder see, or does not. */
const Ability = v.object({
  name: v.string(),
  /** 'unknown' where the machine does not tell whether it is there. */
  state: v.picklist(['yes', 'partly', 'no', 'unknown']),
  detail: v.string(),
  /** What it shows, or would show. */
  shows: v.string(),
  /** What to do where it is missing; empty where there is nothing to do. */
  remedy: v.string(),
});

export const AbilitiesSchema = v.object({
  schema: v.literal('iowitness.abilities/1'),
  tool: v.string(),
  abilities: list(Ability),
});

export const DrillListSchema = v.object({
  schema: v.literal('iowitness.drill-list/1'),
  tool: v.string(),
  drills: list(v.object({ id: v.string(), about: v.string() })),
});

export const ErrorSchema = v.object({
  schema: v.literal('iowitness.error/1'),
  /** One sentence: what, where, and what to do. */
  message: v.string(),
  /** The exit status. */
  status: v.number(),
});

export const RecordedSchema = v.object({
  schema: v.literal('iowitness.recorded/1'),
  tool: v.string(),
  /** The recording's folder. */
  path: v.string(),
  /** 'time', 'interrupt', 'the command ended with status 0', a full disk. */
  endedBecause: v.string(),
  /** Of its logs, on disk. */
  bytes: v.number(),
  /** null where none was run. */
  command: v.nullable(
    v.object({
      pid: v.number(),
      /** As a shell has it: 128 and the signal's number where it was killed; null where it still runs. */
      status: v.nullable(v.number()),
    }),
  ),
  /** What held the command up; null without a command, and with --no-diagnose. */
  verdict: v.nullable(VerdictSchema),
  /** What the recorder changed and could not put back, in sentences. */
  notUndone: list(v.string()),
});

export const RecordingsSchema = v.object({
  schema: v.literal('iowitness.recordings/1'),
  tool: v.string(),
  /** Newest first. */
  recordings: list(
    v.object({
      path: v.string(),
      startedAt: v.nullable(v.string()),
      /** null where it was not closed. */
      durationMs: v.nullable(v.number()),
      /** 'check /srv', 'record dd of=…' */
      what: v.string(),
    }),
  ),
});

export const TracedSchema = v.object({
  schema: v.literal('iowitness.traced/1'),
  tool: v.string(),
  devices: list(v.string()),
  /** BASE.blktrace.CPU, a file a CPU and device. */
  files: list(v.string()),
  records: v.number(),
  /** Records that the kernel overwrote before they were read, or refused to take. */
  lost: v.object({ overwritten: v.number(), refused: v.number() }),
  /** Bytes of the tracer's output that are no records. */
  passedOverBytes: v.number(),
  notUndone: list(v.string()),
});

export const UndoneSchema = v.object({
  schema: v.literal('iowitness.undone/1'),
  tool: v.string(),
  /** What was put back, and what could not be, in sentences. */
  undone: list(v.string()),
  failed: list(v.string()),
});

export const WrittenSchema = v.object({
  schema: v.literal('iowitness.written/1'),
  tool: v.string(),
  /** What was opened. */
  recording: v.string(),
  format: v.string(),
  /** The file; null where it went to the journal. */
  path: v.nullable(v.string()),
});

export type Ability = v.InferOutput<typeof Ability>;
export type Recorded = v.InferOutput<typeof RecordedSchema>;
export type Traced = v.InferOutput<typeof TracedSchema>;
