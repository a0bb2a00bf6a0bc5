// The relay: takes batches of hosts over TLS, each known by its certificate, and writes them to the store under that name. It alone has the store's password; a
// host can write its own rows here, and nothing else. Whoever is named as a reader can wait for a recording that a host shares, and can send nothing.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { TLSSocket } from 'node:tls';
import { messageOf, UserError } from '../../base/errors.js';
import { harmless } from '../../base/format.js';
import { refuse, type Address } from '../../run/serve.js';
import type { Credentials } from '../credentials.js';
import type { FleetStore } from '../port.js';
import { parseAskedPath, parseGivenPath, SHARE_HEADER, WANTED_HEADER } from '../share.js';
import { batchOf, type ReadBatch } from './batch.js';
import { bound, Connections, mostConnections } from './connections.js';
import { Gathered } from './gathered.js';
import { isHostName } from './host-name.js';
import { RECORDING_LIMITS, Recordings, type RecordingLimits } from './recordings.js';
import { Revoked } from './revoked.js';

export interface RelayLimits extends RecordingLimits {
  /** How long a host may take for a handshake, for the head of a request, and for all of a batch. */
  readonly handshakeMs: number;
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often that is looked at. */
  readonly checkMs: number;
  /** Of a batch, as it is sent. */
  readonly batchBytes: number;
  /** Of all batches that are on their way at a moment. */
  readonly arrivingBytes: number;
  readonly connections: number;
}

function usualLimits(): RelayLimits {
  return {
    ...RECORDING_LIMITS,
    handshakeMs: 30_000,
    headersMs: 10_000,
    requestMs: 30_000,
    checkMs: 2000,
    batchBytes: 1024 * 1024,
    arrivingBytes: 64 * 1024 * 1024,
    connections: mostConnections(),
  };
}

/** A host sends every minute, and shaking hands anew costs more than what it sends. */
const KEEP_MS = 90_000;

export interface RelayOptions {
  readonly address: Address;
  readonly credentials: Credentials;
  readonly store: Pick<FleetStore, 'add'>;
  /** A file that lists certificates that hold no more; undefined where there is none. */
  readonly revoked?: string | undefined;
  /** Whose certificates may read recordings that hosts share. */
  readonly readers?: readonly string[];
  /** Says what happens, a sentence each. */
  readonly tell: (sentence: string) => void;
  readonly limits?: Partial<RelayLimits>;
}

/** The name that the authority has put into a host's certificate; undefined where that is none of a host. */
export function hostOf(names: string | readonly string[] | undefined): string | undefined {
  return typeof names === 'string' && isHostName(names) ? names : undefined;
}

/** What all hosts are sending at a moment is bounded, as is each batch: a host that is slow holds no more than its part of that. */
class Arriving {
  private readonly limits: Pick<RelayLimits, 'batchBytes' | 'arrivingBytes' | 'requestMs'>;
  private bytes = 0;

  constructor(limits: Pick<RelayLimits, 'batchBytes' | 'arrivingBytes' | 'requestMs'>) {
    this.limits = limits;
  }

  async bodyOf(request: IncomingMessage): Promise<Buffer> {
    const parts: Buffer[] = [];
    let own = 0;
    const timer = setTimeout(() => request.destroy(), this.limits.requestMs);
    try {
      for await (const part of request) {
        if (!Buffer.isBuffer(part)) continue;
        own += part.length;
        this.bytes += part.length;
        if (own > this.limits.batchBytes) throw new UserError('It is too long for a batch.');
        if (this.bytes > this.limits.arrivingBytes)
          throw new UserError('Too much is being sent at this moment: keep it, and send it again.');
        parts.push(part);
      }
      return Buffer.concat(parts);
    } finally {
      clearTimeout(timer);
      this.bytes -= own;
    }
  }
}

class Relay {
  private readonly gathered: Gathered;
  private readonly arriving: Arriving;
  private readonly revoked: Revoked | undefined;
  private readonly recordings: Recordings;
  private readonly tell: RelayOptions['tell'];
  private isFailing = false;

  constructor({ store, tell, revoked, readers = [] }: RelayOptions, limits: RelayLimits) {
    this.gathered = new Gathered(store);
    this.arriving = new Arriving(limits);
    this.revoked = revoked === undefined ? undefined : new Revoked(revoked, tell);
    this.recordings = new Recordings(readers, tell, limits);
    this.tell = tell;
  }

  async take(request: IncomingMessage, response: ServerResponse, socket: TLSSocket): Promise<void> {
    const { subject, serialNumber } = socket.getPeerCertificate();
    const host = hostOf(subject?.CN);
    if (host === undefined) return refuse(response, 403, 'The certificate names no host.');
    if (this.revoked?.has(host, serialNumber)) return refuse(response, 403, 'The certificate has been revoked.');
    const url = request.url ?? '';
    const asked = request.method === 'GET' ? parseAskedPath(url) : undefined;
    if (asked) return this.recordings.ask(host, asked, response);
    if (this.recordings.isReader(host))
      return refuse(response, 403, 'This certificate reads recordings, and sends nothing.');
    const given = request.method === 'POST' ? parseGivenPath(url) : undefined;
    if (given !== undefined) return this.recordings.give(host, given, request, response);
    if (request.method !== 'POST' || url !== '/batch') return refuse(response, 404, 'Batches are posted to /batch.');
    await this.takeBatch(host, request, response);
  }

  private async takeBatch(host: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let read: ReadBatch;
    try {
      read = batchOf(await this.arriving.bodyOf(request), host);
    } catch (error) {
      return refuse(response, 400, messageOf(error));
    }
    // Whether or not the store takes it, the host was heard of.
    const wanted = this.recordings.heard(host, request.headers[SHARE_HEADER]);
    if (wanted !== undefined) response.setHeader(WANTED_HEADER, wanted);
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

function serverOf({ certificate, authority }: Credentials, limits: RelayLimits): Server {
  try {
    return createServer({
      cert: certificate,
      key: certificate,
      ca: authority,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      handshakeTimeout: limits.handshakeMs,
      headersTimeout: limits.headersMs,
      requestTimeout: Math.max(limits.requestMs, limits.sendMs),
      connectionsCheckingInterval: limits.checkMs,
      keepAliveTimeout: KEEP_MS,
    });
  } catch (error) {
    throw new UserError(`The certificate, its key or the authority can’t be used: ${messageOf(error)}.`);
  }
}

/**
 * Serves until it is closed. Rejects where the address can't be had; throws a UserError for certificates that are none, and for a list of revoked ones that can't
 * be read.
 */
export async function startRelay(options: RelayOptions): Promise<Server> {
  const { address, credentials, tell } = options;
  const limits = { ...usualLimits(), ...options.limits };
  const relay = new Relay(options, limits);
  const server = serverOf(credentials, limits);
  const connections = new Connections();
  bound(server, limits.connections, tell);
  server.on('secureConnection', (socket) => {
    // Those that name no host are one, and are told so when they ask for something.
    connections.add(hostOf(socket.getPeerCertificate().subject?.CN) ?? '', socket);
  });
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
