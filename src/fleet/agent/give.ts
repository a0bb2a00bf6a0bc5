// A recording of this host's watch → its relay, for whoever waits there: found by its stall's number in the journal alone, redacted unless its owner said
// otherwise, packed and sent. Done by an errand's process, so that the watch stays as small as it was.

import { existsSync } from 'node:fs';
import { UserError } from '../../base/errors.js';
import { inFolder } from '../../base/hold-path.js';
import type { Share } from '../../model/fleet.js';
import { pseudonyms } from '../../pipeline.js';
import { copyFiles } from '../../recording/copy/copy-recording.js';
import { isRecordingFile, MOST_WHOLE, Packing, TooLarge } from '../../recording/packed.js';
import { openRecording, type OpenRecording } from '../../recording/reader.js';
import { gather, readJournal } from '../../run/watch/journal.js';
import type { Credentials } from '../credentials.js';
import { RelayLine, wordsOf } from '../relay-line.js';
import { givenPath, refuseRecording, SHARE_HEADER } from '../share.js';

export interface GiveErrand {
  readonly kind: 'give';
  /** The relay's address, and this host's certificate. */
  readonly relay: string;
  readonly credentials: Credentials;
  /** Where the watch keeps what it finds. */
  readonly folder: string;
  readonly number: number;
  readonly share: Share;
}

export interface Given {
  readonly kind: 'given';
  /** As they were sent. */
  readonly bytes: number;
}

/** Why there is nothing to send, for whoever asked: it names nothing of this machine. */
class NotGiven extends UserError {}

function pathOf(folder: string, number: number): string {
  const { episodes } = inFolder(folder, (held) => gather(readJournal(held)));
  const one = episodes.find((episode) => episode.number === number);
  if (!one) throw new NotGiven(`Its watch knows of no stall ${number} (any more).`);
  if (one.recording === null) throw new NotGiven(`Nothing was recorded of stall ${number}.`);
  return one.recording;
}

function requireKept(path: string, number: number): void {
  if (!existsSync(`${path}/manifest.json`))
    throw new NotGiven(`The recording of stall ${number} was removed to make room for newer ones.`);
}

/** Every file as it is. */
function packWhole(original: OpenRecording, packing: Packing): void {
  for (const name of original.files('').filter(isRecordingFile)) {
    const content = original.file(name, MOST_WHOLE);
    if (!content) throw new TooLarge();
    packing.add(name, content);
  }
}

/** Throws a UserError where it can't be packed. */
export function packRecording(path: string, share: Share): Buffer {
  const packing = new Packing();
  const original = openRecording(path);
  if (share === 'whole') packWhole(original, packing);
  else copyFiles(original, { names: pseudonyms() }, (name, content) => packing.add(name, content));
  return packing.end();
}

function packed({ folder, number, share }: GiveErrand): Buffer {
  const path = pathOf(folder, number);
  requireKept(path, number);
  try {
    return packRecording(path, share);
  } finally {
    // Room may have been made meanwhile, and a part of a recording would mislead.
    requireKept(path, number);
  }
}

/** Rejects in words where it could not be given; whoever waits has been told then. */
export async function give(errand: GiveErrand): Promise<Given> {
  const { relay, credentials, number, share } = errand;
  const line = new RelayLine(relay, credentials);
  try {
    const body = packed(errand);
    const headers = { 'content-type': 'application/octet-stream', [SHARE_HEADER]: share };
    const said = await line.ask({ method: 'POST', path: givenPath(number), headers, body });
    if (said.status !== 204) throw new Error(wordsOf(said));
    return { kind: 'given', bytes: body.length };
  } catch (error) {
    const isSaid = error instanceof NotGiven || error instanceof TooLarge;
    const why = isSaid ? error.message : 'It could not be packed there; its log says why.';
    // A relay that can't be reached has told whoever waited.
    await refuseRecording(line, number, why).catch(() => {});
    throw error;
  } finally {
    line.close();
  }
}
