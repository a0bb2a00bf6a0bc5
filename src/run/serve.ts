// What a running recorder or watch serves, by HTTP, to whoever may ask: an address of this machine alone answers only who names this machine, so that a web
// page that has its own name lead here gets nothing. Nothing is changed by a request: GET and HEAD alone are answered.

import { createHash, timingSafeEqual } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const packed = promisify(gzip);

const MOST_CONNECTIONS = 16;
const HEADERS_MS = 5000;

/** True for a host that can only be this machine. */
export function isLoopback({ host }: Pick<Address, 'host'>): boolean {
  return (isIPv4(host) && host.startsWith('127.')) || host === '::1' || host === 'localhost';
}

/** As it stands in an address of the web. */
export function urlOf({ host, port }: Address, path: string): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
}

export function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${why}\n`);
}

export type Headers = Readonly<Record<string, string>>;

/** The whole answer; its body is left out where nobody asked for it. */
export function reply(request: IncomingMessage, response: ServerResponse, text: string, headers: Headers): void {
  const body = Buffer.from(text);
  response.writeHead(200, { ...headers, 'content-length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** The same, compressed for whoever takes that: through a tunnel a large page comes sooner so. */
export async function replyPacked(
  request: IncomingMessage,
  response: ServerResponse,
  text: string,
  headers: Headers,
): Promise<void> {
  if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply(request, response, text, headers);
  const body = await packed(text);
  response.writeHead(200, { ...headers, 'content-encoding': 'gzip', 'content-length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Answers a request for a path, without what follows a question mark. */
export type Answer = (path: string, request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Of a page: nothing of it is kept by the browser or told to others. */
const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;
export const JSON_HEADERS = { ...PAGE_HEADERS, 'content-type': 'application/json' } as const;
export const HTML_HEADERS = { ...PAGE_HEADERS, 'content-type': 'text/html; charset=utf-8' } as const;

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Answers below /TOKEN/ alone, with the path behind that; whoever has not got it is told where it is. */
export function behindToken(token: string, printedBy: string, answer: Answer): Answer {
  return (path, request, response) => {
    const [, given = '', ...rest] = path.split('/');
    if (!timingSafeEqual(digest(given), digest(token)))
      return refuse(response, 403, `It asks for its token: open the address that ${printedBy} has printed.`);
    return rest.length === 0
      ? refuse(response, 404, 'There is nothing of that name.')
      : answer(rest.join('/'), request, response);
  };
}

/** Serves until it is closed. Rejects where the address can't be had. */
export async function serve(address: Address, answer: Answer): Promise<Server> {
  const local = isLoopback(address);
  const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: HEADERS_MS }, (request, response) => {
    const named = request.headers.host?.replace(/:\d+$/, '') ?? '';
    if (local && !isLoopback({ host: named.replace(/^\[(.*)\]$/, '$1').toLowerCase() }))
      return refuse(response, 403, 'This is served to this machine alone.');
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'GET and HEAD alone.');
    void answered(answer, request, response);
  });
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((settle, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, settle);
  });
  return server;
}

async function answered(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await answer(request.url?.split('?')[0] ?? '/', request, response);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else refuse(response, 500, `The answer could not be made: ${String(error)}`);
  }
}

/** The port that it has been given. */
export function portOf(server: Server): number {
  const bound = server.address();
  return typeof bound === 'object' && bound ? bound.port : 0;
}
