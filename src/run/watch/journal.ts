// The journal of `watch`: what it did and found, a record each in a ring of fixed size, so that months of it survive kills and full disks. What an
// older or newer version wrote and this one does not know is passed over.

import * as v from 'valibot';
import type { HeldFolder } from '../../base/held-folder.js';
import {
  ClockStepSchema,
  EntrySchema,
  EpisodeSchema,
  GapSchema,
  SuppressedSchema,
  WatchSchema,
  type Entry,
  type Episodes,
} from '../../model/watch.js';
import { readRing, RingFile, type RingOptions } from '../../recording/ring-file.js';

const JOURNAL = 'journal.ring';
/** A record takes a block of 4 KiB mostly: a thousand. */
const BYTES = 4 * 1024 * 1024;

type Schema =
  typeof EpisodeSchema | typeof WatchSchema | typeof GapSchema | typeof SuppressedSchema | typeof ClockStepSchema;

/** All entries, the oldest first; none where there is no journal. Throws the system's error. */
export function readJournal(folder: HeldFolder): Entry[] {
  return readRing(folder, JOURNAL).flatMap(({ payload }) => {
    const entry = parseEntry(payload);
    return entry ? [entry] : [];
  });
}

function parseEntry(payload: Buffer): Entry | undefined {
  try {
    const parsed = v.safeParse(EntrySchema, JSON.parse(payload.toString('utf8')));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

export class Journal {
  private readonly ring: RingFile;

  private constructor(ring: RingFile) {
    this.ring = ring;
  }

  static async open(folder: HeldFolder, told: Omit<RingOptions, 'bytes'>): Promise<Journal> {
    return new Journal(await RingFile.open(folder, JOURNAL, { bytes: BYTES, ...told }));
  }

  /** Adds an entry; returns at once. */
  add(entry: Entry): void {
    this.ring.add(Buffer.from(JSON.stringify(entry)));
  }

  /** Tries again what its disk has refused; returns at once. */
  retry(): void {
    this.ring.retry();
  }

  async close(): Promise<void> {
    await this.ring.close();
  }
}

/** The entries of each kind, of an episode and a watch the last word. `since`: what ended before, ms since 1970, is left out. */
export function gather(entries: readonly Entry[], since = -Infinity): Omit<Episodes, 'schema' | 'tool' | 'folder'> {
  const of = <S extends Schema>(kind: Entry['kind'], schema: S): v.InferOutput<S>[] =>
    entries.filter((entry) => entry.kind === kind).map((entry) => v.parse(schema, entry));
  const isLater = (time: string | null) => time === null || Date.parse(time) >= since;
  const episodes = new Map(of('episode', EpisodeSchema).map((episode) => [episode.number, episode]));
  const watches = new Map(of('watch', WatchSchema).map((watch) => [watch.from, watch]));
  return {
    watches: [...watches.values()].filter(({ to }) => isLater(to)),
    gaps: of('gap', GapSchema).filter(({ to }) => isLater(to)),
    suppressed: of('suppressed', SuppressedSchema).filter(({ to }) => isLater(to)),
    clockSteps: of('clock', ClockStepSchema).filter(({ at }) => isLater(at)),
    episodes: [...episodes.values()].filter(({ startedAt, endedAt }) => isLater(endedAt ?? startedAt)).toReversed(),
  };
}
