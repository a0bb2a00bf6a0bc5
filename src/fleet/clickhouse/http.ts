// ClickHouse over HTTP: a statement out, bytes or rows back, its errors as one sentence each. Understood by servers from 18.16 on. Settings are not touched,
// as a user who may only read may not set any.

import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { gzipSync } from 'node:zlib';
import { errnoOf, messageOf, UserError } from '../../base/errors.js';
import { harmless } from '../../base/format.js';
import { StoreFailure } from '../port.js';
import { wholeBody } from '../whole-body.js';
import { isIdentifier, type Sql } from './sql.js';

const TIMEOUT_MS = 60_000;
/** Answers beyond this are no answers of ours. */
const MOST_BYTES = 1024 ** 3;
const tooLong = () => new StoreFailure('The store’s answer is longer than a fleet’s can be.');
const MOST_COMPLAINT = 300;

/** Where a server is: http://user:password@host:8123/database. */
export interface Address {
  readonly url: URL;
  readonly database: string;
  /** Without the password. */
  readonly shown: string;
}

export function parseAddress(text: string): Address {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new UserError('The store’s address is no URL: give one such as http://127.0.0.1:8123/iowitness.');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new UserError(`The store is spoken to over http or https, not over ${harmless(url.protocol)}`);
  const database = decodeURIComponent(url.pathname.replace(/^\/|\/$/g, '')) || 'iowitness';
  if (!isIdentifier(database))
    throw new UserError(`${harmless(database)} is no name of a database: give letters, digits and _ behind the host.`);
  return { url, database, shown: `${url.protocol}//${url.host}/${database}` };
}

/** The database beside the one at an address that simulated hosts go into. */
export function demoAddress(text: string): string {
  const { url, database } = parseAddress(text);
  const demo = new URL(url);
  demo.pathname = `/${database}_demo`;
  return demo.href;
}

/** What the server's codes mean to whoever asked. */
function sentenceOf(status: number, text: string, { shown, database }: Address): string {
  const code = Number(/Code: (\d+)/.exec(text)?.[1]);
  if (code === 60 || code === 81)
    return `There is no fleet in ${database} at ${shown} yet: iowitness fleet init makes its tables.`;
  if ([192, 193, 194, 516].includes(code) || status === 401 || status === 403)
    return `${shown} refuses this user or password: IOWITNESS_FLEET takes an address with both, http://USER:PASSWORD@HOST:8123/.`;
  if (code === 164 || code === 497) return `This user of ${shown} may not do that (ClickHouse’s error ${code}).`;
  if (code === 279 || code === 210)
    return `A server of the cluster gives no answer to ${shown}, and without what it holds the rest would mislead: bring it back, or take it out of the cluster.`;
  const complaint = harmless(text.trim().replace(/\s+/g, ' ')).slice(0, MOST_COMPLAINT);
  return `${shown} answers with an error (HTTP ${status}): ${complaint}`;
}

export class ClickHouseHttp {
  readonly address: Address;
  private readonly agent: HttpAgent | HttpsAgent;
  private readonly isSecure: boolean;

  constructor(address: Address) {
    this.address = address;
    this.isSecure = address.url.protocol === 'https:';
    this.agent = this.isSecure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  }

  /** Rows of a query as the columns stand in it. Numbers above 2^53 come as text. */
  async rows(query: Sql): Promise<readonly (readonly unknown[])[]> {
    const bytes = await this.send(`${query.text} FORMAT JSONCompact`);
    try {
      const answer: { readonly data: readonly (readonly unknown[])[] } = JSON.parse(bytes.toString('utf8'));
      return answer.data;
    } catch {
      throw new StoreFailure(`${this.address.shown} broke off its answer: ask again.`);
    }
  }

  /** The same as RowBinary. */
  async binary(query: Sql): Promise<Buffer> {
    return this.send(`${query.text} FORMAT RowBinary`);
  }

  async run(statement: Sql): Promise<void> {
    await this.send(statement.text);
  }

  /** Rows as JSON, a line each, compressed; `into` is 'INSERT INTO table (columns)'. */
  async insert(into: Sql, lines: string): Promise<void> {
    await this.send(`${into.text} FORMAT JSONEachRow`, gzipSync(lines));
  }

  close(): void {
    this.agent.destroy();
  }

  /** The statement is the body where there are no rows, and a parameter where there are. */
  private send(statement: string, rows?: Buffer): Promise<Buffer> {
    const { url } = this.address;
    const body = rows ?? Buffer.from(statement);
    const search = new URLSearchParams({ wait_end_of_query: '1', buffer_size: String(64 * 1024 * 1024) });
    if (rows) search.set('query', statement);
    const headers: Record<string, string | number> = {
      'Content-Length': body.length,
      ...(rows && { 'Content-Encoding': 'gzip' }),
      ...(url.username !== '' && { 'X-ClickHouse-User': decodeURIComponent(url.username) }),
      ...(url.password !== '' && { 'X-ClickHouse-Key': decodeURIComponent(url.password) }),
    };
    const options = {
      method: 'POST',
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || (this.isSecure ? 8443 : 8123),
      path: `/?${search.toString()}`,
      headers,
      agent: this.agent,
      timeout: TIMEOUT_MS,
    };
    return new Promise((settle, refuse) => {
      const asked = (this.isSecure ? httpsRequest : httpRequest)(options, (answer) => {
        wholeBody(answer, MOST_BYTES, tooLong).then(
          (bytes) => {
            if (answer.statusCode === 200) settle(bytes);
            else refuse(new StoreFailure(sentenceOf(answer.statusCode ?? 0, bytes.toString('utf8'), this.address)));
          },
          (error: unknown) => refuse(error instanceof StoreFailure ? error : unreachable(error, this.address)),
        );
      });
      asked.on('timeout', () => asked.destroy(new Error(`it gave no answer for ${TIMEOUT_MS / 1000} s`)));
      asked.on('error', (error) => {
        // The server ends connections that are idle, maybe at the moment in which one is used again; what it got twice counts once.
        if (asked.reusedSocket && errnoOf(error) === 'ECONNRESET') settle(this.send(statement, rows));
        else refuse(unreachable(error, this.address));
      });
      asked.end(body);
    });
  }
}

function unreachable(error: unknown, { shown }: Address): StoreFailure {
  const errno = errnoOf(error);
  if (errno === 'ECONNREFUSED')
    return new StoreFailure(`Nobody listens at ${shown}: is the ClickHouse server running?`);
  if (errno === 'ENOTFOUND') return new StoreFailure(`There is no host of that name: ${shown}.`);
  return new StoreFailure(`${shown} can’t be reached: ${harmless(messageOf(error))}.`);
}
