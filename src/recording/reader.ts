// A recording as it is read: manifest, readings, trace pages. Damage and truncation are losses, never exceptions; only what is no
// recording at all, or a newer one, is refused, with one sentence. Memory stays bounded whatever the files' sizes.

import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { Allowance } from '../base/allowance.js';
import type { ReadTo } from '../base/read-to.js';
import type { Loss } from '../model/losses.js';
import type { Manifest, Reading } from '../model/recording.js';
import { DEFLATED, FRAME, type FrameHead } from './frame.js';
import { readFrames, readHeads } from './log-reader.js';
import { plainSize, readManifest } from './manifest.js';
import { decodeReadings, MOST_INFLATED, type IsWanted } from './tape.js';
import { readingUpgrade } from './upgrades/upgrades.js';

/**
 * What the tape inflates to at most: so many times its bytes, and this much besides. Texts of one second of an idle machine, taken a
 * hundred times, shrink to a fiftieth at the writer's level of deflate, those of a busy one to a tenth.
 */
const MOST_TIMES = 64;
const MOST_BESIDES = 48 * 1024 * 1024;
/** What trace pages inflate to, in the same way: those of a busy machine shrink to a sixth or so, and repeat themselves less than texts. */
const MOST_PAGES_TIMES = 32;
/** Deflate makes no more of a byte (https://zlib.net/zlib_tech.html). */
const DEFLATE_TIMES = 1032;
/** Each reading counts as this much at least. */
const READING_BYTES = 128;
/** The largest file by far is the packed symbol table: a megabyte and a half where a distribution's kernel has all its modules. */
const MOST_FILE = 32 * 1024 * 1024;

export interface OpenRecording {
  readonly path: string;
  readonly manifest: Manifest;
  /** False where the recorder was killed or is still running. */
  readonly complete: boolean;
  /** The end of the last frame of the tape, ns since the start. Only heads are read. */
  tapeEndNs(): number;
  /** Bytes of the tape's frames of readings as they lie on disk, so far as `readings` has been walked, in all walks together. */
  readonly tapeBytes: number;
  /** The same of the frames of trace pages, by `pages`. */
  readonly traceBytes: number;
  /** Told how far each log has been read. */
  readTo: ReadTo | undefined;
  /** The tape and the logs of trace pages: what is large of it. */
  logs(): string[];
  /** What was damaged or cut off, as far as the streams have been walked. */
  readonly losses: readonly Loss[];
  /** In the order of the tape; of those that are not wanted no text is made. */
  readings(isWanted?: IsWanted): Iterable<Reading>;
  traceStreams(): { readonly instance: string; readonly cpu: number }[];
  /** Payloads of trimmed trace pages, in the order of their writing, without those that were all written before `fromNs` since the start. */
  pages(instance: string, cpu: number, fromNs?: number): Iterable<Uint8Array>;
  /** Tells of each frame of trace pages when it was written, ns since the start, and the bytes of its pages. Only heads are read. */
  traceSizes(take: (atNs: number, bytes: number) => void): void;
  /** A whole file; undefined where there is none, or where it has more than `most` bytes, which is a loss. */
  file(name: string, most?: number): Uint8Array | undefined;
  /** Names of the files below a folder of the recording. */
  files(prefix: string): string[];
}

/** Whether a folder of a recording is there, and no link leads to it: a recording from elsewhere could lead anywhere through one. */
function isPlainFolder(recording: string, name: string): boolean {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  return parts.every((_, index) => {
    // Without a slash behind it, after which a link is followed.
    const folder = join(recording, ...parts.slice(0, index + 1));
    return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  });
}

class Recording implements OpenRecording {
  readonly path: string;
  readonly manifest: Manifest;
  readonly complete: boolean;
  readonly losses: Loss[] = [];
  tapeBytes = 0;
  traceBytes = 0;
  readTo: ReadTo | undefined;
  private readonly inflation = new Allowance(MOST_BESIDES, MOST_PAGES_TIMES);
  private readonly upgrade: (reading: Reading) => Reading;

  constructor(path: string) {
    this.path = path;
    const { manifest, version, isClosed } = readManifest(path);
    this.manifest = manifest;
    this.complete = isClosed;
    this.upgrade = readingUpgrade(version);
    if (isClosed && !manifest.end) this.note({ code: 'log-damaged', where: 'manifest.json: no clock shows its end' });
  }

  private readonly note = (loss: Loss): void => {
    this.losses.push(loss);
  };

  *readings(isWanted?: IsWanted): Generator<Reading> {
    const path = join(this.path, 'machine.log');
    // A recorder that was killed at its very start has left a manifest alone.
    if (!existsSync(path)) return;
    const inflation = new Allowance(MOST_BESIDES, MOST_TIMES);
    for (const { head, payload, offset } of readFrames(path, this.note, undefined, this.readTo)) {
      if (head.type !== FRAME.readings) continue;
      this.tapeBytes += payload.length;
      inflation.grow(payload.length);
      const found = unpack(head, payload, inflation, isWanted);
      if (found?.complete === false)
        this.note({ code: 'log-damaged', where: `machine.log, offset ${offset}: its readings do not decode` });
      for (const reading of found?.readings ?? []) yield this.upgrade(reading);
    }
    if (inflation.refused > 0)
      this.note({ code: 'beyond-bounds', where: 'machine.log: what its frames inflate to', count: inflation.refused });
  }

  tapeEndNs(): number {
    const path = join(this.path, 'machine.log');
    const startNs = BigInt(this.manifest.start.monotonicNs);
    let end = 0;
    if (existsSync(path)) readHeads(path, ({ atNs }) => (end = Math.max(end, Number(atNs - startNs))));
    return end;
  }

  traceStreams(): { instance: string; cpu: number }[] {
    return this.files('trace/').flatMap((name) => {
      const match = /^trace\/([a-z]+)\.cpu(\d+)\.log$/.exec(name);
      return match ? [{ instance: match[1] ?? '', cpu: Number(match[2]) }] : [];
    });
  }

  logs(): string[] {
    const traces = this.traceStreams().map(({ instance, cpu }) => this.traceFile(instance, cpu));
    return [join(this.path, 'machine.log'), ...traces];
  }

  private traceFile(instance: string, cpu: number): string {
    return join(this.path, 'trace', `${instance}.cpu${cpu}.log`);
  }

  *pages(instance: string, cpu: number, fromNs?: number): Generator<Uint8Array> {
    const path = this.traceFile(instance, cpu);
    const startNs = BigInt(this.manifest.start.monotonicNs);
    const from = startNs + BigInt(Math.floor(fromNs ?? 0));
    // A frame is sealed when its pages have been read, so all that they tell is older. Copies of version 1 were sealed before they began.
    const isWanted = ({ type, atNs }: FrameHead) => type === FRAME.pages && (atNs >= from || atNs <= startNs);
    for (const { head, payload, offset } of readFrames(path, this.note, isWanted, this.readTo)) {
      this.traceBytes += payload.length;
      this.inflation.grow(payload.length);
      if (!this.inflation.take((head.flags & DEFLATED) === 0 ? 0 : (head.inflated ?? 0))) continue;
      const pages = this.inflated(head, payload);
      if (pages) yield pages;
      else this.note({ code: 'log-damaged', where: `${basename(path)}, offset ${offset}: its pages do not inflate` });
    }
    const { refused } = this.inflation;
    this.inflation.refused = 0;
    if (refused > 0)
      this.note({ code: 'beyond-bounds', where: `${basename(path)}: what its frames inflate to`, count: refused });
  }

  private inflated({ flags, inflated = 0 }: FrameHead, payload: Buffer): Buffer | undefined {
    if ((flags & DEFLATED) === 0) return payload;
    try {
      const pages = inflateRawSync(payload, { maxOutputLength: Math.max(1, inflated) });
      return Math.ceil(pages.length / 8) * 8 === inflated ? pages : undefined;
    } catch {
      return undefined;
    }
  }

  traceSizes(take: (atNs: number, bytes: number) => void): void {
    const startNs = BigInt(this.manifest.start.monotonicNs);
    for (const { instance, cpu } of this.traceStreams()) {
      readHeads(this.traceFile(instance, cpu), ({ type, flags, length, inflated = 0, atNs }) => {
        if (type === FRAME.pages) take(Number(atNs - startNs), (flags & DEFLATED) === 0 ? length : inflated);
      });
    }
  }

  file(name: string, most = MOST_FILE): Uint8Array | undefined {
    const path = join(this.path, name);
    const size = isPlainFolder(this.path, dirname(name)) ? plainSize(path) : undefined;
    if (size === undefined) return undefined;
    if (size > most) {
      this.note({ code: 'beyond-bounds', where: `${name}, bytes`, count: size });
      return undefined;
    }
    return readFileSync(path);
  }

  files(prefix: string): string[] {
    if (!isPlainFolder(this.path, prefix)) return [];
    const folder = join(this.path, prefix);
    // Listed with types, as that way no link is followed.
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.path, join(entry.parentPath, entry.name)))
      .sort();
  }
}

/** A frame's readings; undefined where there is no room to inflate them. */
function unpack(
  head: FrameHead,
  payload: Buffer,
  inflation: Allowance,
  isWanted?: IsWanted,
): ReturnType<typeof decodeReadings> | undefined {
  if (!inflation.take(MOST_INFLATED)) return undefined;
  let inflated = payload;
  try {
    if ((head.flags & DEFLATED) !== 0) inflated = inflateRawSync(payload, { maxOutputLength: MOST_INFLATED });
  } catch {
    // Nonsense, or more than a frame holds: as much was inflated as it can be.
    inflation.giveBack(Math.max(0, MOST_INFLATED - DEFLATE_TIMES * payload.length));
    return { readings: [], complete: false };
  }
  const found = decodeReadings(inflated, isWanted);
  inflation.giveBack(MOST_INFLATED - inflated.length - READING_BYTES * found.readings.length);
  return found;
}

/** Opens a recording. Throws a UserError, one sentence, where it is none or newer than this program. */
export function openRecording(path: string): OpenRecording {
  return new Recording(path);
}
