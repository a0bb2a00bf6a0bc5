// `fleet relay`: takes what hosts send, by their certificates, and writes it to the store, until it is interrupted.

import { readCredentials } from '../fleet/credentials.js';
import type { FleetStore } from '../fleet/port.js';
import { RELAY_PORT } from '../fleet/relay-line.js';
import { startRelay } from '../fleet/relay/server.js';
import { portOf } from '../run/serve.js';
import { listenAddress, say } from './context.js';
import { listenForInterrupts } from './interrupts.js';

export interface RelayOptions {
  /** Where hosts reach it. */
  readonly where: string | undefined;
  readonly certificate?: string;
  readonly authority?: string;
  readonly revoked?: string;
  readonly readers?: readonly string[];
}

export async function serveRelay(store: FleetStore, options: RelayOptions): Promise<void> {
  const { where = `0.0.0.0:${RELAY_PORT}`, certificate, authority, revoked, readers = [] } = options;
  const credentials = readCredentials(certificate, authority);
  const interrupts = listenForInterrupts();
  const server = await startRelay({ address: listenAddress(where), credentials, store, revoked, readers, tell: say });
  // A port of 0 is one that the system chooses.
  const at = where.replace(/\d+$/, String(portOf(server)));
  say(`hosts reach the relay at ${at}; it writes to ${store.name}.`);
  await interrupts.interrupted;
  server.closeAllConnections();
  server.close();
  interrupts.release();
}
