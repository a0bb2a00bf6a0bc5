// A host's way to a relay: a batch as compressed JSON over TLS, with the host's certificate, by which the relay knows whose it is.

import { Agent, request, type RequestOptions } from 'node:https';
import { gzipSync } from 'node:zlib';
import { errnoOf, messageOf, UserError } from '../../base/errors.js';
import { harmless } from '../../base/format.js';
import type { Batch } from '../../model/fleet.js';
import type { Credentials } from '../credentials.js';
import type { BatchTarget } from './pusher.js';

const TIMEOUT_MS = 30_000;
const MOST_ANSWER = 1000;
export const RELAY_PORT = 9471;

export class RelayTarget implements BatchTarget {
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
      method: 'POST',
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || RELAY_PORT,
      path: '/batch',
      agent: this.agent,
      timeout: TIMEOUT_MS,
    };
  }

  add(batch: Batch): Promise<void> {
    const body = gzipSync(JSON.stringify(batch));
    const headers = { 'content-length': body.length, 'content-encoding': 'gzip', 'content-type': 'application/json' };
    return new Promise((settle, refuse) => {
      const asked = request({ ...this.options, headers }, (answer) => {
        let said = '';
        answer.setEncoding('utf8').on('data', (part: string) => (said = (said + part).slice(0, MOST_ANSWER)));
        answer.on('end', () => {
          if (answer.statusCode === 204) settle();
          else refuse(new UserError(`${this.name} refuses it: ${harmless(said.trim())}`));
        });
        answer.on('error', refuse);
      });
      asked.on('timeout', () => asked.destroy(new Error(`it gave no answer for ${TIMEOUT_MS / 1000} s`)));
      asked.on('error', (error) => {
        // The relay ends connections that are idle, maybe at the moment in which one is used again; what it got twice counts once.
        if (asked.reusedSocket && errnoOf(error) === 'ECONNRESET') settle(this.add(batch));
        else refuse(new UserError(`${this.name} can’t be reached: ${harmless(messageOf(error))}.`));
      });
      asked.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
