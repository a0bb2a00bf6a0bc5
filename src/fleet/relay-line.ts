// A way to a relay, of a host or of whoever reads: requests over TLS with a certificate, by which the relay knows whose they are, and their answers.

import type { IncomingMessage } from 'node:http';
import { Agent, request, type RequestOptions } from 'node:https';
import { errnoOf, messageOf, UserError } from '../base/errors.js';
import { harmless } from '../base/format.js';
import type { Credentials } from './credentials.js';
import { wholeBody } from './whole-body.js';

export const RELAY_PORT = 9471;
const TIMEOUT_MS = 30_000;
const tooLong = () => new Error('its answer is longer than it may be');
/** Of an answer in words. */
const MOST_WORDS = 1000;

export interface ToRelay {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** How long nothing may come; half a minute unless told. */
  readonly timeoutMs?: number;
  /** Of a good answer's body; of others there are a few words. */
  readonly mostBytes?: number;
}

export interface FromRelay {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** What an answer says, as one harmless line. */
export function wordsOf({ body }: FromRelay): string {
  return harmless(body.subarray(0, MOST_WORDS).toString('utf8').trim());
}

export class RelayLine {
  readonly name: string;
  private readonly options: RequestOptions;
  private readonly agent: Agent;

  /** Throws a UserError for what is no address. */
  constructor(address: string, { certificate, authority }: Credentials) {
    // Of a scheme that it does not know URL does not take the host apart.
    const url = URL.canParse(address) ? new URL(address.replace(/^relay:/, 'https:')) : undefined;
    if (!url?.hostname) throw new UserError('The relay’s address is no URL: give one such as relay://HOST:9471.');
    this.name = `relay://${url.hostname}:${url.port || RELAY_PORT}`;
    this.agent = new Agent({
      keepAlive: true,
      cert: certificate,
      key: certificate,
      ca: authority,
      minVersion: 'TLSv1.2',
    });
    this.options = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || RELAY_PORT,
      agent: this.agent,
    };
  }

  /** Rejects with a UserError where no whole answer comes. */
  ask(asked: ToRelay): Promise<FromRelay> {
    const { method, path, headers = {}, body, timeoutMs = TIMEOUT_MS, mostBytes = MOST_WORDS } = asked;
    const length = body && { 'content-length': String(body.length) };
    const options = { ...this.options, method, path, headers: { ...headers, ...length }, timeout: timeoutMs };
    return new Promise((settle, refuse) => {
      const failed = (error: unknown) =>
        refuse(new UserError(`${this.name} can’t be reached: ${harmless(messageOf(error))}.`));
      const sent = request(options, (answer) => {
        const status = answer.statusCode ?? 0;
        wholeBody(answer, status < 300 ? mostBytes : MOST_WORDS, tooLong).then(
          (bytes) => settle({ status, headers: answer.headers, body: bytes }),
          (error: unknown) =>
            refuse(new UserError(`${this.name} broke off (${harmless(messageOf(error))}): ask again.`)),
        );
      });
      sent.on('timeout', () => sent.destroy(new Error(`it gave no answer for ${timeoutMs / 1000} s`)));
      sent.on('error', (error) => {
        // The relay ends connections that are idle, maybe at the moment in which one is used again; what it got twice counts once.
        if (sent.reusedSocket && errnoOf(error) === 'ECONNRESET') settle(this.ask(asked));
        else failed(error);
      });
      sent.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
