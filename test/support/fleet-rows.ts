// Rows that hosts send, of which a test says what it is about.

import type { Batch, EpisodeRow, HostRow } from '../../src/model/fleet-rows.js';

/** A stall without a verdict that goes on, unless told otherwise. */
export function episodeRow(own: Pick<EpisodeRow, 'host' | 'startedMs'>, more: Partial<EpisodeRow> = {}): EpisodeRow {
  return {
    boot: 'b',
    number: 1,
    revision: 1,
    cause: '',
    layer: '',
    culpritClass: '',
    culprit: '',
    unit: '',
    lostMs: 0,
    confidence: 0,
    recording: '',
    ...own,
    ...more,
  };
}

/** The sign of life of a host that is well, unless told otherwise. */
export function hostRow(host: string, sentMs: number, more: Partial<HostRow> = {}): HostRow {
  return {
    host,
    boot: 'b',
    agent: 'x',
    sentMs,
    stalling: false,
    droppedEpisodes: 0,
    droppedMinutes: 0,
    ...more,
  };
}

/** Every moment in whole seconds, as a store has them. */
export function inSeconds(batch: Batch): Batch {
  const whole = (ms: number): number => Math.floor(ms / 1000) * 1000;
  return {
    ...batch,
    ...(batch.hosts && {
      hosts: batch.hosts.map((one) => ({
        ...one,
        sentMs: whole(one.sentMs),
        ...(one.receivedMs !== undefined && { receivedMs: whole(one.receivedMs) }),
      })),
    }),
    ...(batch.episodes && {
      episodes: batch.episodes.map((one) => ({
        ...one,
        revision: Math.round(one.revision),
        startedMs: whole(one.startedMs),
        ...(one.endedMs !== undefined && { endedMs: whole(one.endedMs) }),
        lostMs: Math.round(one.lostMs),
        confidence: Math.round(one.confidence * 1e5) / 1e5,
      })),
    }),
  };
}
