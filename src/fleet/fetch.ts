// Whoever reads: the packed recording of a host's stall, from its relay.

import { UserError } from '../base/errors.js';
import type { Share } from '../model/fleet.js';
import { MOST_PACKED } from '../recording/packed.js';
import { wordsOf, type RelayLine } from './relay-line.js';
import { askedPath, SHARE_HEADER, shareOf } from './share.js';

/** A relay waits for a host to be heard of, and for its recording to be packed: it says so when that is over. */
const TIMEOUT_MS = 300_000;

export interface Fetched {
  readonly packed: Buffer;
  readonly share: Share;
}

/** Rejects with a UserError that says why there is none. */
export async function fetchPacked(line: RelayLine, host: string, number: number): Promise<Fetched> {
  const said = await line.ask({
    method: 'GET',
    path: askedPath(host, number),
    timeoutMs: TIMEOUT_MS,
    mostBytes: MOST_PACKED,
  });
  const share = shareOf(said.headers[SHARE_HEADER]);
  if (said.status !== 200 || share === undefined) throw new UserError(`${line.name} gives none: ${wordsOf(said)}`);
  return { packed: said.body, share };
}
