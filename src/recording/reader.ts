// A recording as it is read: manifest, readings, trace pages. Damage and truncation are losses, never exceptions; only what is no
// recording at all, or a newer one, is refused, with one sentence. Memory stays bounded whatever the files' sizes.

import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import * as v from 'valibot';
import { messageOf, UserError } from '../base/errors.js';
import type { Loss } from '../model/losses.js';
import { RECORDING_VERSION, type Manifest, type Reading } from '../model/recording.js';
import { DEFLATED, FRAME, type FrameHead } from './frame.js';
import { readFrames, readHeads } from './log-reader.js';
import { decodeReadings, type IsWanted } from './tape.js';
import { readingUpgrade, upgradedManifest } from './upgrades/upgrades.js';

/** What a frame of readings may inflate to: far more than the writer puts into one. */
const MOST_INFLATED = 64 * 1024 * 1024;
const MOST_MANIFEST = 1024 * 1024;
/** The largest file by far is the packed symbol table, some megabytes. */
const MOST_FILE = 256 * 1024 * 1024;

const Clock = v.object({
  monotonicNs: v.pipe(v.string(), v.regex(/^\d+$/)),
  wallMs: v.number(),
  bootSeconds: v.exactOptional(v.number()),
});

/** What every version's manifest has. */
const AnyVersion = v.looseObject({
  format: v.literal('iowitness-recording'),
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
});

const ManifestSchema = v.object({
  format: v.literal('iowitness-recording'),
  version: v.literal(RECORDING_VERSION),
  tool: v.string(),
  id: v.string(),
  host: v.string(),
  kernel: v.string(),
  recorderPid: v.exactOptional(v.number()),
  pageBytes: v.exactOptional(v.pipe(v.number(), v.minValue(1))),
  ticksPerSecond: v.exactOptional(v.pipe(v.number(), v.minValue(1))),
  plan: v.object({
    command: v.picklist(['check', 'record']),
    hz: v.number(),
    events: v.boolean(),
    directory: v.exactOptional(v.string()),
    argv: v.exactOptional(v.array(v.string())),
  }),
  start: Clock,
  end: v.exactOptional(Clock),
  endedBecause: v.exactOptional(v.string()),
});

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

/** The size of a plain file; undefined for what is missing, a link, a pipe or a device. */
function plainSize(path: string): number | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : undefined;
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

function manifestText(path: string): string {
  const folder = statSync(path, { throwIfNoEntry: false });
  if (!folder) throw new UserError(`There is no recording ${path}: name a NAME.iow folder.`);
  if (!folder.isDirectory())
    throw new UserError(`${path} is a file and no recording: a recording is a NAME.iow folder.`);
  const file = join(path, 'manifest.json');
  const size = plainSize(file);
  if (size === undefined) throw new UserError(`${path} is no recording: it has no manifest.json.`);
  if (size > MOST_MANIFEST) throw new UserError(`${file} is no manifest of a recording: it has ${size} bytes.`);
  return readFileSync(file, 'utf8');
}

/** The manifest as our version has it, and the version that it was written in. */
interface ReadManifest {
  readonly manifest: Manifest;
  readonly version: number;
}

function parseManifest(path: string, text: string): ReadManifest {
  const file = join(path, 'manifest.json');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file} is cut off or damaged (${messageOf(error)}): copy the recording again.`);
  }
  const any = v.safeParse(AnyVersion, value);
  if (any.success && any.output.version > RECORDING_VERSION) {
    const { version } = any.output;
    throw new UserError(
      `${path} was written by a newer iowitness (format ${version}); this one reads up to ${RECORDING_VERSION}: update iowitness.`,
    );
  }
  const ours = any.success ? upgradedManifest(any.output, any.output.version) : value;
  const parsed = v.safeParse(ManifestSchema, ours);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new UserError(
      `${file} is no manifest of a recording (${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}).`,
    );
  }
  return { manifest: parsed.output, version: any.success ? any.output.version : RECORDING_VERSION };
}

function readManifest(path: string): ReadManifest {
  try {
    return parseManifest(path, manifestText(path));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${path} can’t be read (${messageOf(error)}): read it as the user who made it.`);
  }
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
