// The nouns of `watch`: what its journal keeps, an entry a record, and the document that `episodes --json` prints. Times of the journal are wall-clock
// times, ISO 8601; how long something took is measured by the monotonic clock.

import * as v from 'valibot';
import { ProcessRefSchema, VerdictSchema } from './diagnosis.js';

const Noticed = v.picklist(['waits', 'starved', 'stopped', 'memory']);

/** A stall that was noticed, with what was found out about it. */
export const EpisodeSchema = v.object({
  /** Counted from 1 in this journal; `episodes show N` opens it. */
  number: v.number(),
  /** The end of the first second that was lost. */
  startedAt: v.string(),
  /** null while it goes on, where the watch ended before it, and where it went on for longer than is waited for. */
  endedAt: v.nullable(v.string()),
  durationMs: v.nullable(v.number()),
  /** Seconds that the victim lost, as the trigger counts them. */
  lostSeconds: v.number(),
  /** What was noticed: 'waits' for a disk or a lock of the kernel, 'starved' of a CPU, 'stopped', or 'memory': nobody got on for want of it. */
  noticed: Noticed,
  /** Who lost most of those seconds; null where the machine did as a whole. */
  victim: v.nullable(ProcessRefSchema),
  /** The recording, a NAME.iow folder; null where none was kept. */
  recording: v.nullable(v.string()),
  /** The diagnosis of the recording; null where there is none (yet): `note` says why. */
  verdict: v.nullable(
    v.pick(VerdictSchema, ['cause', 'layer', 'sureness', 'confidence', 'since', 'victim', 'culprit', 'sentence']),
  ),
  /** The part of the victim's recorded time that the diagnosis counts as lost, ms; null as above. */
  lostMs: v.nullable(v.number()),
  note: v.nullable(v.string()),
});
export type Episode = v.InferOutput<typeof EpisodeSchema>;

/** Time of which nothing is known; within an hour those of one kind are told as one. */
export const GapSchema = v.object({
  from: v.string(),
  to: v.string(),
  /** How long in all. */
  ms: v.number(),
  /** How many these are, where there are several between `from` and `to`. */
  count: v.optional(v.number()),
  /**
   * 'not running': between one watch and the next; 'held up': the process itself got no CPU, memory or disk; 'stopped': it was asleep, and nothing ran that
   * could have woken it, as in a guest that its host stops; 'suspended': the machine slept; 'not kept': somebody watched, and what was found could not be
   * written, or only the newest of it; 'failed': the watch could not read or judge the machine, by a fault of its own.
   */
  why: v.picklist(['not running', 'held up', 'stopped', 'suspended', 'not kept', 'failed']),
  /** How far off the figures may be, ms. */
  withinMs: v.number(),
});

/** Stalls that were noticed and not recorded. */
export const SuppressedSchema = v.object({
  from: v.string(),
  to: v.string(),
  count: v.number(),
  noticed: Noticed,
  /** 'too soon' after another; 'day full': as many as a day may have were recorded; 'busy': the last recording was still being written. */
  why: v.picklist(['too soon', 'day full', 'busy']),
});

export const WatchSchema = v.object({
  from: v.string(),
  /** null while it runs, and where it was killed. */
  to: v.nullable(v.string()),
  tool: v.string(),
  /** Whom it watches, in words. */
  watching: v.string(),
  /** Why there are no kernel events; null where there are. */
  missing: v.nullable(v.string()),
});

/** The wall clock was set; `count` times within the hour from then on, by `steppedMs` in all, where that is told. */
export const ClockStepSchema = v.object({ at: v.string(), steppedMs: v.number(), count: v.optional(v.number()) });

/** A record of the journal. A later one of the same episode or watch replaces an earlier one. */
export const EntrySchema = v.variant('kind', [
  v.object({ kind: v.literal('watch'), ...WatchSchema.entries }),
  v.object({ kind: v.literal('episode'), ...EpisodeSchema.entries }),
  v.object({ kind: v.literal('gap'), ...GapSchema.entries }),
  v.object({ kind: v.literal('suppressed'), ...SuppressedSchema.entries }),
  v.object({ kind: v.literal('clock'), ...ClockStepSchema.entries }),
]);
export type Entry = v.InferOutput<typeof EntrySchema>;

/** What a watch sees in the second that has just ended. */
export interface WatchNow {
  /** ISO 8601. */
  readonly at: string;
  /** Processes that lost the second. */
  readonly lost: number;
  /** The episode that is under way; null where there is none. */
  readonly episode: number | null;
  /** By name, as `episodes history --json` has them. */
  readonly figures: Readonly<Record<string, number>>;
}

export const EpisodesSchema = v.object({
  schema: v.literal('iowitness.episodes/1'),
  tool: v.string(),
  folder: v.string(),
  /** The times in which somebody watched; silence outside of them says nothing. */
  watches: v.array(WatchSchema),
  gaps: v.array(GapSchema),
  suppressed: v.array(SuppressedSchema),
  clockSteps: v.array(ClockStepSchema),
  /** The newest first. */
  episodes: v.array(EpisodeSchema),
});
export type Episodes = v.InferOutput<typeof EpisodesSchema>;

/** Who hears at once of what a watch finds and counts, beside its journal. Must not wait for a disk. */
export interface WatchListener {
  /** An episode began, went on, ended or got its verdict. */
  episode(episode: Episode): void;
  /** The figures of the second that ends at `atMs` of the wall clock, by name, as the history keeps them. */
  second(atMs: number, figures: ReadonlyMap<string, number>): void;
  /** A stall was noticed and is not recorded. */
  suppressed?(why: string): void;
}

/** What shows a watch while it runs, by a process of its own. */
export interface WatchShown {
  /** A second has ended. */
  tell(now: WatchNow): void;
  /** Of that process, whose work never counts as somebody's loss. */
  readonly pid: number | undefined;
  close(): void;
}
