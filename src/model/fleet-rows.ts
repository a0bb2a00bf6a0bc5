// What a host of the fleet tells of itself: a row a kind, as an agent sends it and a store keeps it. Times are ms since 1970 by the host's own clock but for
// `receivedMs`, which is the store's.

import type * as v from 'valibot';
import type { FactAreaSchema } from './differences.js';

/** A sign of life, once a minute. */
export interface HostRow {
  readonly host: string;
  readonly boot: string;
  /** 'iowitness 0.9.0' */
  readonly agent: string;
  readonly sentMs: number;
  /** An episode goes on. */
  readonly stalling: boolean;
  /** What its queue had no room for, since the agent's start. */
  readonly droppedEpisodes: number;
  readonly droppedMinutes: number;
  /** When the store got it; of what is sent absent but for simulated hosts, as the store knows. */
  readonly receivedMs?: number;
}

export interface HostState extends HostRow {
  readonly receivedMs: number;
}

/** A stall that a host noticed. Host, boot, number and start are the key: a later `revision` replaces an earlier one. */
export interface EpisodeRow {
  readonly host: string;
  readonly boot: string;
  /** As the host's journal counts it. */
  readonly number: number;
  readonly revision: number;
  readonly startedMs: number;
  /** Absent while it goes on, and where nobody saw its end. */
  readonly endedMs?: number;
  /** 'mem.dirty-limit'; empty where there is no verdict (yet). */
  readonly cause: string;
  readonly layer: string;
  /** What kind of thing is the culprit: 'process', 'setting'; empty where there is none. */
  readonly culpritClass: string;
  /** Its name, and the victim's unit, as far as the host's policy lets them out. */
  readonly culprit: string;
  readonly unit: string;
  readonly lostMs: number;
  /** 0 to 1; 0 without a verdict. */
  readonly confidence: number;
  /** The recording's name on the host; empty where none is kept. */
  readonly recording: string;
}

/** What a host's disks were asked for in an hour, as far as it was watched. */
export interface HourRow {
  readonly host: string;
  readonly hourMs: number;
  readonly watchedSeconds: number;
  /** Seconds that somebody lost. */
  readonly lostSeconds: number;
  readonly requests: number;
  readonly kib: number;
}

/** A minute of a device. */
export interface MinuteRow {
  readonly host: string;
  readonly atMs: number;
  readonly device: string;
  readonly reads: number;
  readonly writes: number;
  readonly readKib: number;
  readonly writtenKib: number;
  readonly busyMs: number;
  /** Seconds by their mean wait: from how many µs on, a power of two, and how many seconds. They add up over minutes and hosts. */
  readonly waits: readonly (readonly [fromUs: number, seconds: number])[];
}

/** A fact of a host: 'kernel' of the area 'kernel' is '6.1.0-13-amd64 (Debian 6.1.55-1)'. */
export interface NamedFact {
  readonly name: string;
  readonly area: v.InferOutput<typeof FactAreaSchema>;
  readonly value: string;
}

/** All facts of a host, which held from `firstMs` on, and still did at `lastMs`. */
export interface FactsRow {
  readonly host: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly facts: readonly NamedFact[];
}

/** What is sent at once. */
export interface Batch {
  readonly hosts?: readonly HostRow[];
  readonly episodes?: readonly EpisodeRow[];
  readonly hours?: readonly HourRow[];
  readonly minutes?: readonly MinuteRow[];
  readonly facts?: readonly FactsRow[];
}
