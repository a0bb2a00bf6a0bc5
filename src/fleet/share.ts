// How a host, its relay and whoever reads tell each other of a recording that is to be fetched: headers and paths.

import { SHARES, type Share } from '../model/fleet.js';
import type { RelayLine } from './relay-line.js';

/** From a host, with each batch and each recording: in which form it shares recordings; absent where it shares none. */
export const SHARE_HEADER = 'iowitness-share';
/** To a host, with the answer to a batch: what somebody waits for. */
export const WANTED_HEADER = 'iowitness-wanted';
/** Of a host's own words in the place of a recording. */
export const WORDS = 'text/plain; charset=utf-8';

/** A recording that somebody waits for. */
export interface Wanted {
  /** Of its stall, as the host's watch counts them. */
  readonly number: number;
  readonly reader: string;
}

export function shareOf(text: unknown): Share | undefined {
  return SHARES.find((one) => one === text);
}

export function wantedText({ number, reader }: Wanted): string {
  return `${number} ${reader}`;
}

export function parseWanted(text: unknown): Wanted | undefined {
  const [, number, reader] = typeof text === 'string' ? (/^(\d{1,9}) ([\w.-]{1,253})$/.exec(text) ?? []) : [];
  return number === undefined || reader === undefined ? undefined : { number: Number(number), reader };
}

/** Where a reader asks for it. */
export function askedPath(host: string, number: number): string {
  return `/recording/${host}/${number}`;
}

/** Where its host puts it. */
export function givenPath(number: number): string {
  return `/recording/${number}`;
}

export function parseAskedPath(path: string): { readonly host: string; readonly number: number } | undefined {
  const [, host, number] = /^\/recording\/([\w.-]{1,253})\/(\d{1,9})$/.exec(path) ?? [];
  return host === undefined ? undefined : { host, number: Number(number) };
}

export function parseGivenPath(path: string): number | undefined {
  const [, number] = /^\/recording\/(\d{1,9})$/.exec(path) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** Tells whoever waits why it does not come. */
export async function refuseRecording(line: RelayLine, number: number, why: string): Promise<void> {
  await line.ask({
    method: 'POST',
    path: givenPath(number),
    headers: { 'content-type': WORDS },
    body: Buffer.from(why),
  });
}
