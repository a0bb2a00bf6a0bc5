// `fleet fetch HOST NUMBER`: the recording of a host's stall, over the relay, to a folder of this user's. It asks no store.

import { atPlace } from '../base/hold-path.js';
import { UserError } from '../base/errors.js';
import type { HeldFolder } from '../base/held-folder.js';
import { removeTree } from '../base/remove-tree.js';
import { readCredentials } from '../fleet/credentials.js';
import { fetchPacked } from '../fleet/fetch.js';
import { isHostName } from '../fleet/relay/host-name.js';
import { RelayLine } from '../fleet/relay-line.js';
import { renderFleetFetch } from '../present/fleet-host.js';
import { readManifest } from '../recording/manifest.js';
import { makeFolder } from '../recording/new-folder.js';
import { unpack } from '../recording/packed.js';
import { progress, sayDocument, toolName } from './context.js';

export interface FetchOptions {
  readonly relay?: string;
  readonly certificate?: string;
  readonly authority?: string;
  readonly output?: string;
  readonly json: boolean;
}

export async function fetchRecording(host: string, number: number, options: FetchOptions): Promise<void> {
  const { relay, certificate, authority, output: path = `${host}-${number}.iow`, json } = options;
  if (!isHostName(host)) throw new UserError(`${host} is no name of a host, as a certificate has it.`);
  if (relay === undefined)
    throw new UserError('A recording is fetched over the relay: name it, as --relay relay://HOST:9471.');
  const line = new RelayLine(relay, readCredentials(certificate, authority));
  // Whether it can be kept is told before anybody is asked.
  const folder = makeFolder(path);
  try {
    progress.say(`waiting for ${host}, which asks its relay once a minute…`);
    const { packed, share } = await fetchPacked(line, host, number);
    await unpack(packed, folder);
    readManifest(path);
    const document = {
      schema: 'iowitness.fleet-fetch/1' as const,
      tool: toolName(),
      relay: line.name,
      host,
      number,
      share,
      bytes: packed.length,
      path,
    };
    progress.say('');
    sayDocument(document, json, () => renderFleetFetch(document));
  } catch (error) {
    progress.say('');
    remove(folder, path);
    throw error;
  } finally {
    folder.close();
    line.close();
  }
}

/** What came of it is no recording. */
function remove(folder: HeldFolder, path: string): void {
  for (const { name } of folder.list()) removeTree(folder, name);
  atPlace(path.replace(/(?<=.)\/+$/, ''), (parent, name) => parent.removeEmptyFolder(name));
}
