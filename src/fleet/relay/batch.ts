// What a host sent → a batch of rows that are that host's: whatever it calls itself in them, its certificate says who it is. When something came is the
// store's to say, so no row brings it.

import { gunzipSync } from 'node:zlib';
import * as v from 'valibot';
import { UserError } from '../../base/errors.js';
import { FactAreaSchema } from '../../model/differences.js';
import type { Batch } from '../../model/fleet-rows.js';

/** Before it is compressed. A host's batch has a quarter of a MiB of each kind of row, and its facts. */
const MOST_BYTES = 2 * 1024 * 1024;
const MOST_ROWS = 10_000;
const MOST_FACTS = 10_000;
/** Flags of a CPU and options of mounts are the longest. */
const MOST_TEXT = 32_768;
/** Above it a store's columns would not hold it, nor a double exactly. */
const MOST_COUNT = 2 ** 32 - 1;

const Text = v.pipe(v.string(), v.maxLength(MOST_TEXT));
const Count = v.pipe(v.number(), v.minValue(0), v.maxValue(MOST_COUNT));
const Large = v.pipe(v.number(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
/** ms since 1970, as far as seconds of 32 bits go. */
const Moment = v.pipe(v.number(), v.minValue(0), v.maxValue(MOST_COUNT * 1000));
const rows = <T extends v.GenericSchema>(row: T) => v.optional(v.pipe(v.array(row), v.maxLength(MOST_ROWS)));

const BatchSchema = v.object({
  hosts: rows(
    v.object({
      boot: Text,
      agent: Text,
      sentMs: Moment,
      stalling: v.boolean(),
      droppedEpisodes: Count,
      droppedMinutes: Count,
    }),
  ),
  episodes: rows(
    v.object({
      boot: Text,
      number: Count,
      revision: Large,
      startedMs: Moment,
      endedMs: v.optional(Moment),
      cause: Text,
      layer: Text,
      culpritClass: Text,
      culprit: Text,
      unit: Text,
      lostMs: Large,
      confidence: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
      recording: Text,
    }),
  ),
  hours: rows(v.object({ hourMs: Moment, watchedSeconds: Count, lostSeconds: Count, requests: Large, kib: Large })),
  minutes: rows(
    v.object({
      atMs: Moment,
      device: Text,
      reads: Count,
      writes: Count,
      readKib: Large,
      writtenKib: Large,
      busyMs: Count,
      waits: v.pipe(v.array(v.tuple([Count, Count])), v.maxLength(64)),
    }),
  ),
  facts: rows(
    v.object({
      firstMs: Moment,
      lastMs: Moment,
      facts: v.pipe(v.array(v.object({ name: Text, area: FactAreaSchema, value: Text })), v.maxLength(MOST_FACTS)),
    }),
  ),
});

export interface ReadBatch {
  readonly batch: Batch;
  /** Before it was compressed: some bytes of zeros may be millions. */
  readonly bytes: number;
}

/** Throws a UserError that says what is wrong with it. */
export function batchOf(body: Buffer, host: string): ReadBatch {
  let sent: unknown;
  let bytes: number;
  try {
    const text = gunzipSync(body, { maxOutputLength: MOST_BYTES });
    bytes = text.length;
    sent = JSON.parse(text.toString('utf8'));
  } catch {
    throw new UserError('It is no compressed JSON of a batch, or too long for one.');
  }
  const parsed = v.safeParse(BatchSchema, sent);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new UserError(`It is no batch of rows: ${v.getDotPath(issue) ?? 'it'} is not as it has to be.`);
  }
  const { hosts = [], episodes = [], hours = [], minutes = [], facts = [] } = parsed.output;
  const own = <T extends object>(some: readonly T[]) => some.map((row) => ({ ...row, host }));
  const batch = {
    hosts: own(hosts),
    episodes: own(episodes).map(({ endedMs, ...row }) => ({ ...row, ...(endedMs !== undefined && { endedMs }) })),
    hours: own(hours),
    minutes: own(minutes),
    facts: own(facts),
  };
  return { batch, bytes };
}
