// Readings ↔ the payload of a frame. A frame decodes by itself: it names each path once, then refers to it by number.
//
//   u32 count of paths, then each: u16 length, UTF-8 path
//   then readings: u32 path number (bit 31 set: the reading failed and the text is the errno's name), f64 ns since the recording's
//   start, u32 length, bytes
//
// The texts of one file differ little from tick to tick, so a frame of a second deflates to a tenth of its size.

import type { Reading } from '../model/recording.js';

const FAILED = 0x8000_0000;
/** A frame is ended when its readings have this size; the writer drops a text that is larger by itself. */
export const MOST_TEXT = 4 * 1024 * 1024;
/** What a frame inflates to at most: readings of just under that and a text as large, and as much again for the frames of earlier writers. */
export const MOST_INFLATED = 4 * MOST_TEXT;
/** No path is longer (PATH_MAX in include/uapi/linux/limits.h). */
const MOST_PATH = 4096;
/** Bytes before each text: path number, time, length. */
const HEAD = 16;

/** Bytes that a reading takes at most besides its text. */
export function readingOverhead(path: string): number {
  return HEAD + 2 + path.length;
}

/** Whether a reading is wanted, by its path and its time in ns since the start; asked once for each, in the tape's order. */
export type IsWanted = (path: string, atNs: number) => boolean;

/** A reading whose text is still bytes. */
export interface RawReading {
  readonly path: string;
  readonly atNs: number;
  readonly bytes: Uint8Array;
  readonly failed: boolean;
}

export function encodeReadings(readings: readonly RawReading[]): Buffer {
  const numbers = new Map<string, number>();
  const parts: Buffer[] = [];
  for (const { path } of readings) {
    if (numbers.has(path)) continue;
    numbers.set(path, numbers.size);
    const name = Buffer.from(path);
    const length = Buffer.alloc(2);
    length.writeUInt16LE(name.length);
    parts.push(length, name);
  }
  const count = Buffer.alloc(4);
  count.writeUInt32LE(numbers.size);
  parts.unshift(count);
  for (const { path, atNs, bytes, failed } of readings) {
    const head = Buffer.alloc(HEAD);
    head.writeUInt32LE(((numbers.get(path) ?? 0) | (failed ? FAILED : 0)) >>> 0, 0);
    head.writeDoubleLE(atNs, 4);
    head.writeUInt32LE(bytes.length, 12);
    parts.push(head, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
  return Buffer.concat(parts);
}

/**
 * The readings of a payload that are wanted, up to the first that does not fit; `complete` is false where one does not. A text that is not
 * wanted is never made. Never throws.
 */
export function decodeReadings(
  payload: Buffer,
  isWanted: IsWanted = () => true,
): { readonly readings: Reading[]; readonly complete: boolean } {
  const readings: Reading[] = [];
  const paths: string[] = [];
  let at = 4;
  if (payload.length < at) return { readings, complete: false };
  const count = payload.readUInt32LE(0);
  // Every path stands there because a reading names it.
  if (count * (2 + HEAD) > payload.length) return { readings, complete: false };
  for (let index = 0; index < count; index += 1) {
    const length = at + 2 > payload.length ? Infinity : payload.readUInt16LE(at);
    if (length > MOST_PATH || at + 2 + length > payload.length) return { readings, complete: false };
    paths.push(payload.toString('utf8', at + 2, at + 2 + length));
    at += 2 + length;
  }
  while (at + HEAD <= payload.length) {
    const word = payload.readUInt32LE(at);
    const length = payload.readUInt32LE(at + 12);
    const path = paths[word & 0x7fff_ffff];
    const atNs = payload.readDoubleLE(at + 4);
    if (path === undefined || !Number.isFinite(atNs) || length > MOST_TEXT || at + HEAD + length > payload.length)
      return { readings, complete: false };
    if (isWanted(path, atNs)) {
      const text = payload.toString('utf8', at + HEAD, at + HEAD + length);
      readings.push({ path, atNs, text, failed: (word & FAILED) !== 0 });
    }
    at += HEAD + length;
  }
  return { readings, complete: at === payload.length };
}
