// Recordings on their way from a host to whoever waits for one. A host is asked nothing: with the answer to its next batch it is told what somebody waits for,
// and sends that, or why it does not. The bytes are passed on as they come and nothing of them is kept here. Who was given what is told.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { binary, duration, harmless } from '../../base/format.js';
import { messageOf } from '../../base/errors.js';
import type { Share } from '../../model/fleet.js';
import { MOST_PACKED } from '../../recording/packed.js';
import { refuse } from '../../run/serve.js';
import { SHARE_HEADER, shareOf, wantedText, WORDS } from '../share.js';

export interface RecordingLimits {
  /** How long a host may not be heard of while somebody waits. It sends once a minute. */
  readonly silentMs: number;
  /** How long it may take to pack a recording, behind everything else that it does, and to send it. */
  readonly packMs: number;
  readonly sendMs: number;
  /** Between two recordings of a host. */
  readonly pauseMs: number;
}

export const RECORDING_LIMITS: RecordingLimits = {
  silentMs: 90_000,
  packMs: 180_000,
  sendMs: 120_000,
  pauseMs: 60_000,
};

/** Of a reader, at once. */
const MOST_OF_READER = 2;
/** Of a host's reasons. */
const MOST_WHY = 300;

interface Waiting {
  readonly reader: string;
  readonly host: string;
  readonly number: number;
  readonly response: ServerResponse;
  state: 'waits' | 'told' | 'comes';
  timer?: NodeJS.Timeout;
}

export class Recordings {
  private readonly readers: ReadonlySet<string>;
  private readonly tell: (sentence: string) => void;
  private readonly limits: RecordingLimits;
  private readonly byHost = new Map<string, Waiting>();
  /** When a host gave one, by the process's clock, ms. */
  private readonly givenMs = new Map<string, number>();
  private lastStranger = '';

  constructor(readers: readonly string[], tell: (sentence: string) => void, limits: RecordingLimits) {
    this.readers = new Set(readers);
    this.tell = tell;
    this.limits = limits;
  }

  isReader(name: string): boolean {
    return this.readers.has(name);
  }

  /** Somebody asks: the answer comes when the host has sent it. Who is no reader learns nothing, not even whether there is such a host. */
  ask(reader: string, { host, number }: { readonly host: string; readonly number: number }, response: ServerResponse) {
    if (!this.isReader(reader)) {
      // Whoever tries on and on is told once.
      if (this.lastStranger !== reader) this.tell(`${reader} asked for a recording and is no reader.`);
      this.lastStranger = reader;
      return refuse(response, 403, 'This certificate may not read recordings.');
    }
    const full = this.refusalOf(reader, host);
    if (full !== undefined) return refuse(response, 429, full);
    const waiting: Waiting = { reader, host, number, response, state: 'waits' };
    this.byHost.set(host, waiting);
    response.once('close', () => this.end(waiting));
    const { silentMs } = this.limits;
    this.expect(
      waiting,
      silentMs,
      `nothing was heard of ${host} for ${duration(silentMs)}: it is silent, or does not send to this relay.`,
    );
  }

  private refusalOf(reader: string, host: string): string | undefined {
    if (this.byHost.has(host)) return `Somebody waits for a recording of ${host} already: ask again in a minute.`;
    if ([...this.byHost.values()].filter((one) => one.reader === reader).length >= MOST_OF_READER)
      return `You wait for ${MOST_OF_READER} recordings already: ask again when one of them is there.`;
    const leftMs = (this.givenMs.get(host) ?? -Infinity) + this.limits.pauseMs - performance.now();
    return leftMs > 0 ? `${host} gave a recording a moment ago: ask again in ${duration(leftMs)}.` : undefined;
  }

  private end(waiting: Waiting): void {
    clearTimeout(waiting.timer);
    if (this.byHost.get(waiting.host) === waiting) this.byHost.delete(waiting.host);
  }

  /** Unless it goes on meanwhile, whoever waits is told why not. */
  private expect(waiting: Waiting, ms: number, why: string): void {
    clearTimeout(waiting.timer);
    waiting.timer = setTimeout(() => this.fail(waiting, 504, why), ms);
  }

  private fail(waiting: Waiting, status: number, why: string): void {
    const { reader, host, number, response } = waiting;
    this.end(waiting);
    this.tell(`${reader} was not given ${host}’s recording of stall ${number}: ${why}`);
    refuse(response, status, why);
  }

  /** A host has sent something: what it is to be told with the answer. `share`: in which form it shares recordings, if it does. */
  heard(host: string, share: unknown): string | undefined {
    const waiting = this.byHost.get(host);
    if (!waiting || waiting.state === 'comes') return undefined;
    if (shareOf(share) === undefined) {
      this.fail(waiting, 403, `${host} shares no recordings: its watch was started without --share.`);
      return undefined;
    }
    const { packMs } = this.limits;
    if (waiting.state === 'waits')
      this.expect(waiting, packMs, `${host} was told of it and sent nothing for ${duration(packMs)}.`);
    waiting.state = 'told';
    return wantedText(waiting);
  }

  /** A host sends one, or why it does not. */
  async give(host: string, number: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const waiting = this.byHost.get(host);
    if (waiting?.number !== number || waiting.state === 'comes') return refuse(response, 404, 'Nobody waits for it.');
    waiting.state = 'comes';
    const { sendMs } = this.limits;
    clearTimeout(waiting.timer);
    waiting.timer = setTimeout(() => request.destroy(new Error(`it was not there after ${duration(sendMs)}`)), sendMs);
    try {
      if (request.headers['content-type'] === WORDS)
        this.fail(waiting, 409, `${host} does not give it: ${await wordsOf(request)}`);
      else if (!(await this.passOn(waiting, request, response))) return;
      response.writeHead(204).end();
    } catch (error) {
      this.tell(
        `${waiting.reader} was given a part of ${host}’s recording of stall ${number}: ${harmless(messageOf(error))}.`,
      );
      waiting.response.destroy();
      request.destroy();
    }
  }

  private async passOn(waiting: Waiting, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { reader, host, number } = waiting;
    const share = shareOf(request.headers[SHARE_HEADER]);
    const bytes = Number(request.headers['content-length']);
    const wrong = faultOf(share, bytes);
    if (share === undefined || wrong !== undefined) {
      this.fail(waiting, 502, `${host} sent what is no recording.`);
      refuse(response, 400, wrong ?? '');
      return false;
    }
    waiting.response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': bytes,
      [SHARE_HEADER]: share,
    });
    await pipeline(request, waiting.response);
    this.givenMs.set(host, performance.now());
    this.tell(`${reader} was given ${host}’s recording of stall ${number} (${binary(bytes)}, ${share}).`);
    return true;
  }
}

/** The length is what the server holds a body to, so it has to be told. */
function faultOf(share: Share | undefined, bytes: number): string | undefined {
  if (share === undefined) return 'It does not say in which form it is.';
  if (!Number.isInteger(bytes)) return 'It does not say how long it is.';
  return bytes > MOST_PACKED ? 'It is too long for a recording.' : undefined;
}

async function wordsOf(request: IncomingMessage): Promise<string> {
  let words = '';
  for await (const part of request)
    if (Buffer.isBuffer(part) && words.length < MOST_WHY) words += part.toString('utf8');
  return harmless(words.trim()).slice(0, MOST_WHY);
}
