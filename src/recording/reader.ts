// A recording as it is read: manifest, readings, trace pages. Damage and truncation are losses, never exceptions; only what is no
// recording at all, or a newer one, is refused, with one sentence. Memory stays bounded whatever the files' sizes.

import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import type { Loss } from '../model/losses.js';
import type { Manifest, Reading } from '../model/recording.js';
import { DEFLATED, FRAME, type FrameHead } from './frame.js';
import { readFrames, readHeads } from './log-reader.js';
import { plainSize, readManifest } from './manifest.js';
import { decodeReadings, type IsWanted } from './tape.js';
import { readingUpgrade } from './upgrades/upgrades.js';

/** What a frame of readings may inflate to: far more than the writer puts into one. */
const MOST_INFLATED = 64 * 1024 * 1024;
/** The largest file by far is the packed symbol table, some megabytes. */
const MOST_FILE = 256 * 1024 * 1024;

export interface OpenRecording {
  readonly path: string;
  readonly manifest: Manifest;
  /** False where the recorder was killed or is still running. */
  readonly complete: boolean;
  /** The end of the last frame of the tape, ns since the start. Only heads are read. */
  tapeEndNs(): number;
  /** What was damaged or cut off, as far as the streams have been walked. */
  readonly losses: readonly Loss[];
  /** In the order of the tape; of those that are not wanted no text is made. */
  readings(isWanted?: IsWanted): Iterable<Reading>;
  traceStreams(): { readonly instance: string; readonly cpu: number }[];
  /** Payloads of trimmed trace pages, in the order of their writing, without those that were all written before `fromNs` since the start. */
  pages(instance: string, cpu: number, fromNs?: number): Iterable<Uint8Array>;
  /** Tells of each frame of trace pages when it was written, ns since the start, and the bytes of its pages. Only heads are read. */
  traceSizes(take: (atNs: number, bytes: number) => void): void;
  file(name: string): Uint8Array | undefined;
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
  readonly losses: Loss[] = [];
  private readonly upgrade: (reading: Reading) => Reading;

  constructor(path: string) {
    this.path = path;
    const { manifest, version } = readManifest(path);
    this.manifest = manifest;
    this.upgrade = readingUpgrade(version);
  }

  get complete(): boolean {
    return this.manifest.end !== undefined;
  }

  private readonly note = (loss: Loss): void => {
    this.losses.push(loss);
  };

  *readings(isWanted?: IsWanted): Generator<Reading> {
    const path = join(this.path, 'machine.log');
    // A recorder that was killed at its very start has left a manifest alone.
    if (!existsSync(path)) return;
    for (const { head, payload, offset } of readFrames(path, this.note)) {
      if (head.type !== FRAME.readings) continue;
      const { readings, complete } = this.unpack(head, payload, isWanted);
      if (!complete)
        this.note({ code: 'log-damaged', where: `machine.log, offset ${offset}: its readings do not decode` });
      for (const reading of readings) yield this.upgrade(reading);
    }
  }

  tapeEndNs(): number {
    const path = join(this.path, 'machine.log');
    const startNs = BigInt(this.manifest.start.monotonicNs);
    let end = 0;
    if (existsSync(path)) readHeads(path, ({ atNs }) => (end = Math.max(end, Number(atNs - startNs))));
    return end;
  }

  private unpack(head: FrameHead, payload: Buffer, isWanted?: IsWanted): ReturnType<typeof decodeReadings> {
    try {
      return decodeReadings(
        (head.flags & DEFLATED) === 0 ? payload : inflateRawSync(payload, { maxOutputLength: MOST_INFLATED }),
        isWanted,
      );
    } catch {
      return { readings: [], complete: false };
    }
  }

  traceStreams(): { instance: string; cpu: number }[] {
    return this.files('trace/').flatMap((name) => {
      const match = /^trace\/([a-z]+)\.cpu(\d+)\.log$/.exec(name);
      return match ? [{ instance: match[1] ?? '', cpu: Number(match[2]) }] : [];
    });
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
    for (const { head, payload, offset } of readFrames(path, this.note, isWanted)) {
      const pages = this.inflated(head, payload);
      if (pages) yield pages;
      else this.note({ code: 'log-damaged', where: `${basename(path)}, offset ${offset}: its pages do not inflate` });
    }
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

  file(name: string): Uint8Array | undefined {
    const path = join(this.path, name);
    const size = isPlainFolder(this.path, dirname(name)) ? plainSize(path) : undefined;
    if (size === undefined) return undefined;
    if (size > MOST_FILE) {
      this.note({ code: 'log-damaged', where: `${name} is larger than any file of a recording`, count: size });
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

/** Opens a recording. Throws a UserError, one sentence, where it is none or newer than this program. */
export function openRecording(path: string): OpenRecording {
  return new Recording(path);
}
