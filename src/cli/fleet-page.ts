// `fleet page`: what the store knows, in a browser of this machine, until it is interrupted.

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { UserError } from '../base/errors.js';
import { fleetAnswers } from '../fleet/page/answers.js';
import type { FleetStore } from '../fleet/port.js';
import type { FetchWay } from '../present/fleet-host.js';
import { behindToken, isLoopback, portOf, serve, urlOf } from '../run/serve.js';
import { reportAssets } from './conclude.js';
import { listenAddress, say, toolName } from './context.js';
import { listenForInterrupts } from './interrupts.js';
import { knownList } from './known-list.js';

const PAGE_PORT = 9472;

export interface PageOptions extends FetchWay {
  /** A port of this machine, maybe with one of its own addresses. */
  readonly where: string | undefined;
  readonly sinceMs: number;
  /** Where this machine's watch keeps what it finds. */
  readonly dir: string;
}

export async function servePage(store: FleetStore, options: PageOptions): Promise<void> {
  const { where = String(PAGE_PORT), sinceMs, dir, relay, certificate, authority } = options;
  const address = listenAddress(where);
  if (!isLoopback(address))
    throw new UserError(
      `The page is served to this machine alone, and ${address.host} is not its own address: use ssh -L to look from elsewhere.`,
    );
  // Whether it can be asked at all is told at once.
  await store.hosts();
  const here = { host: hostname(), folder: dir };
  const answers = fleetAnswers({
    store,
    tool: toolName(),
    sinceMs,
    known: knownList(),
    here,
    way: { relay, certificate, authority },
    assets: reportAssets('fleet'),
  });
  const token = randomBytes(16).toString('hex');
  const interrupts = listenForInterrupts();
  const server = await serve(address, behindToken(token, '`iowitness fleet page`', answers));
  say(`the page is at ${urlOf({ ...address, port: portOf(server) }, `/${token}/`)}`);
  await interrupts.interrupted;
  server.closeAllConnections();
  server.close();
  interrupts.release();
}
