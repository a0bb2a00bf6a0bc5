// Rows that hosts send, of which a test says what it is about.

import type { EpisodeRow, HostRow } from '../../src/model/fleet.js';

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
