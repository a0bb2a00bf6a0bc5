// Whether the recording of a host's stall lies on this machine: by the journal of its watch, never by what a store says of a path.

import { basename } from 'node:path';
import { errnoOf } from '../base/errors.js';
import { inFolder } from '../base/hold-path.js';
import type { FleetEpisode } from '../model/fleet.js';
import { gather, readJournal } from '../run/watch/journal.js';

export interface Here {
  /** This machine's name, as its watch tells it. */
  readonly host: string;
  /** Where its watch keeps what it finds. */
  readonly folder: string;
}

/** Its path; undefined where it lies elsewhere, is not kept, or is not to be read by this user. */
export function recordingHere({ host, number, recording }: FleetEpisode, here: Here): string | undefined {
  if (recording === null || host !== here.host) return undefined;
  try {
    const { episodes } = inFolder(here.folder, (held) => gather(readJournal(held)));
    const kept = episodes.find((one) => one.number === number)?.recording ?? undefined;
    return kept !== undefined && basename(kept) === recording ? kept : undefined;
  } catch (error) {
    if (['ENOENT', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
