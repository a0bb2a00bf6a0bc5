// The relay: takes batches of hosts over TLS, each known by its certificate, and writes them to the store under that name. It alone has the store's password; a
// host can write its own rows here, and nothing else.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { TLSSocket } from 'node:tls';
import { messageOf, UserError } from '../../base/errors.js';
import { harmless } from '../../base/format.js';
import type { Batch } from '../../model/fleet.js';
import { refuse, type Address } from '../../run/serve.js';
import type { Credentials } from '../credentials.js';
import type { FleetStore } from '../port.js';
import { batchOf } from './batch.js';
import { Gathered } from './gathered.js';

/** Compressed. */
const MOST_BYTES = 1024 * 1024;
const HEADERS_MS = 10_000;
const REQUEST_MS = 60_000;
/** A host sends every minute, and shaking hands anew costs more than what it sends. */
const KEEP_MS = 90_000;
const MOST_CONNECTIONS = 20_000;

export interface RelayOptions {
  readonly address: Address;
  readonly credentials: Credentials;
  readonly store: Pick<FleetStore, 'add'>;
  /** Says what happens, a sentence each. */
  readonly tell: (sentence: string) => void;
}

/** The name that the authority has put into a host's certificate; undefined where that is none of a host. */
export function hostOf(names: string | readonly string[] | undefined): string | undefined {
  return typeof names === 'string' && /^[\w.-]{1,253}$/.test(names) ? names : undefined;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) continue;
    bytes += part.length;
    if (bytes > MOST_BYTES) throw new UserError('It is too long for a batch.');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

class Relay {
  private readonly gathered: Gathered;
  private readonly tell: RelayOptions['tell'];
  private isFailing = false;

  constructor({ store, tell }: RelayOptions) {
    this.gathered = new Gathered(store);
    this.tell = tell;
  }

  async take(request: IncomingMessage, response: ServerResponse, socket: TLSSocket): Promise<void> {
    const host = hostOf(socket.getPeerCertificate().subject?.CN);
    if (host === undefined) return refuse(response, 403, 'The certificate names no host.');
    if (request.method !== 'POST' || request.url !== '/batch')
      return refuse(response, 404, 'Batches are posted to /batch.');
    let read: { readonly batch: Batch; readonly bytes: number };
    try {
      const body = await bodyOf(request);
      read = { batch: batchOf(body, host), bytes: body.length };
    } catch (error) {
      return refuse(response, 400, messageOf(error));
    }
    try {
      await this.gathered.add(read.batch, read.bytes);
      if (this.isFailing) this.tell('the store takes what is sent again.');
      this.isFailing = false;
      response.writeHead(204).end();
    } catch (error) {
      if (!this.isFailing) this.tell(`hosts have to keep what they send: ${messageOf(error)}`);
      this.isFailing = true;
      // What the store said may name what is none of a host's business.
      refuse(response, 503, 'The store does not take it now: keep it, and send it again.');
    }
  }
}

/** Serves until it is closed. Rejects where the address can't be had; throws a UserError for certificates that are none. */
export async function startRelay(options: RelayOptions): Promise<Server> {
  const { address, credentials, tell } = options;
  const relay = new Relay(options);
  let server: Server;
  try {
    server = createServer({
      cert: credentials.certificate,
      key: credentials.certificate,
      ca: credentials.authority,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_MS,
    });
  } catch (error) {
    throw new UserError(`The certificate, its key or the authority can’t be used: ${messageOf(error)}.`);
  }
  server.maxConnections = MOST_CONNECTIONS;
  server.on('request', (request, response) => {
    if (request.socket instanceof TLSSocket) void relay.take(request, response, request.socket);
    else response.destroy();
  });
  let last = '';
  server.on('tlsClientError', (error, socket) => {
    const refused = `${socket.remoteAddress ?? 'somebody'} was refused: ${harmless(messageOf(error))}`;
    // Whoever tries on and on is told once.
    if (refused !== last) tell(refused);
    last = refused;
  });
  await new Promise<void>((settle, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, settle);
  });
  return server;
}
