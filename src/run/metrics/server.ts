// The one page that a running recorder serves, by HTTP. Whoever can connect may read it, so it is bound to this machine alone unless an address
// is given, and there answers only who names this machine: a web page that has its own name lead here gets nothing.

import { isIPv4 } from 'node:net';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { TextFormat } from '../../present/export/openmetrics/exposition.js';
import { CONTENT_TYPE, formatFor } from './negotiation.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const MOST_CONNECTIONS = 16;
const HEADERS_MS = 5000;

/** True for a host that can only be this machine. */
export function isLoopback({ host }: Pick<Address, 'host'>): boolean {
  return (isIPv4(host) && host.startsWith('127.')) || host === '::1' || host === 'localhost';
}

/** As it stands in an address of the web. */
export function urlOf({ host, port }: Address): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/metrics`;
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${why}\n`);
}

function answer(request: IncomingMessage, response: ServerResponse, text: (format: TextFormat) => string): void {
  const path = request.url?.split('?')[0];
  if (path !== '/metrics') return refuse(response, 404, 'There is /metrics and nothing else.');
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'GET and HEAD alone.');
  const format = formatFor(request.headers.accept);
  const body = Buffer.from(text(format));
  response.writeHead(200, { 'content-type': CONTENT_TYPE[format], 'content-length': body.length, vary: 'accept' });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Serves what `text` gives until it is closed. Rejects where the address can't be had. */
export async function serveMetrics(address: Address, text: (format: TextFormat) => string): Promise<Server> {
  const local = isLoopback(address);
  const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: HEADERS_MS }, (request, response) => {
    const named = request.headers.host?.replace(/:\d+$/, '') ?? '';
    if (local && !isLoopback({ host: named.replace(/^\[(.*)\]$/, '$1').toLowerCase() }))
      return refuse(response, 403, 'This is served to this machine alone.');
    try {
      return answer(request, response, text);
    } catch (error) {
      return refuse(response, 500, `The metrics could not be made: ${String(error)}`);
    }
  });
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((settle, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, settle);
  });
  return server;
}
