// The stalls of all hosts as a list: the document that `fleet episodes` prints.

import { isoMoment } from '../base/format.js';
import type { EpisodeRow } from '../model/fleet-rows.js';
import type { FleetEpisode, FleetEpisodes } from '../model/fleet.js';
import type { FleetStore } from './port.js';

export interface EpisodesAsked {
  readonly sinceMs: number;
  readonly limit: number;
  readonly cause?: string;
  readonly unit?: string;
}

/** A host's clock may be ahead of the store's. */
export const AHEAD_MS = 86_400_000;

const known = (text: string): string | null => (text === '' ? null : text);

export function toldEpisode(one: EpisodeRow): FleetEpisode {
  return {
    host: one.host,
    number: one.number,
    startedAt: isoMoment(one.startedMs),
    endedAt: one.endedMs === undefined ? null : isoMoment(one.endedMs),
    cause: known(one.cause),
    layer: known(one.layer),
    culpritClass: known(one.culpritClass),
    culprit: known(one.culprit),
    unit: known(one.unit),
    lostMs: one.lostMs,
    confidence: one.confidence,
    recording: known(one.recording),
  };
}

export async function episodesOf(
  store: FleetStore,
  tool: string,
  { sinceMs, limit, ...filter }: EpisodesAsked,
): Promise<FleetEpisodes> {
  const nowMs = await store.nowMs();
  const period = { fromMs: nowMs - sinceMs, toMs: nowMs + AHEAD_MS };
  const [found, newest] = await Promise.all([
    store.countEpisodes({ ...period, ...filter }),
    store.episodes({ ...period, ...filter, limit }),
  ]);
  return {
    schema: 'iowitness.fleet-episodes/1',
    tool,
    store: store.name,
    from: isoMoment(period.fromMs),
    to: isoMoment(nowMs),
    found,
    episodes: newest.map(toldEpisode),
  };
}
