// A stall of a watch's journal → the row that the fleet has of it.

import type { EpisodeRow } from '../../model/fleet-rows.js';
import type { Episode } from '../../model/watch.js';
import { culpritTold, unitTold, type NamePolicy } from './names.js';

/** Who tells it. */
export interface Teller {
  readonly host: string;
  readonly boot: string;
  readonly names: NamePolicy;
}

/** `revision`: a later one replaces an earlier one. */
export function episodeRowOf(episode: Episode, { host, boot, names }: Teller, revision: number): EpisodeRow {
  const { number, startedAt, endedAt, verdict, lostMs, lostSeconds, recording } = episode;
  return {
    host,
    boot,
    number,
    revision,
    startedMs: Date.parse(startedAt),
    ...(endedAt !== null && { endedMs: Date.parse(endedAt) }),
    cause: verdict?.cause ?? '',
    layer: verdict?.layer ?? '',
    culpritClass: verdict?.culprit?.kind ?? '',
    culprit: culpritTold(episode, names),
    unit: unitTold(episode, names),
    lostMs: lostMs ?? lostSeconds * 1000,
    confidence: verdict?.confidence ?? 0,
    recording: recording?.split('/').at(-1) ?? '',
  };
}
