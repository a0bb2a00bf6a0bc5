// A recording as it is read: manifest, readings, trace pages. Damage and truncation are losses, never exceptions; only what is no
// recording at all, or a newer one, is refused, with one sentence. Memory stays bounded whatever the files' sizes.

import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import * as v from 'valibot';
import { messageOf, UserError } from '../base/errors.js';
import type { Loss } from '../model/losses.js';
import { RECORDING_VERSION, type Manifest, type Reading } from '../model/recording.js';
import { DEFLATED, findMagic, FRAME, FRAME_HEADER, scanFrame, type FrameHead } from './frame.js';
import { decodeReadings } from './tape.js';

const CHUNK = 1024 * 1024;
/** What a frame of readings may inflate to: far more than a second of readings. */
const MOST_INFLATED = 64 * 1024 * 1024;

const Clock = v.object({
  monotonicNs: v.pipe(v.string(), v.regex(/^\d+$/)),
  wallMs: v.number(),
  bootSeconds: v.exactOptional(v.number()),
});

const ManifestSchema = v.object({
  format: v.literal('iowitness-recording'),
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  tool: v.string(),
  id: v.string(),
  host: v.string(),
  kernel: v.string(),
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
  /** The end of the last frame of the tape, ns since the start; grows while `readings` is walked. */
  readonly endNs: number;
  /** What was damaged or cut off, as far as the streams have been walked. */
  readonly losses: readonly Loss[];
  readings(): Iterable<Reading>;
  traceStreams(): { readonly instance: string; readonly cpu: number }[];
  /** Payloads of trimmed trace pages, in the order of their writing. */
  pages(instance: string, cpu: number): Iterable<Uint8Array>;
  file(name: string): Uint8Array | undefined;
  /** Names of the files below a folder of the recording. */
  files(prefix: string): string[];
}

function readManifest(path: string): Manifest {
  if (!existsSync(path)) throw new UserError(`There is no recording ${path}: name a NAME.iow folder.`);
  if (!statSync(path).isDirectory())
    throw new UserError(`${path} is a file and no recording: a recording is a NAME.iow folder.`);
  const file = join(path, 'manifest.json');
  if (!existsSync(file)) throw new UserError(`${path} is no recording: it has no manifest.json.`);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(`${file} can’t be read (${messageOf(error)}): copy the recording again.`);
  }
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  if (typeof version === 'number' && version > RECORDING_VERSION) {
    throw new UserError(
      `${path} was written by a newer iowitness (format ${version}, this one reads up to ${RECORDING_VERSION}): update iowitness.`,
    );
  }
  const parsed = v.safeParse(ManifestSchema, value);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new UserError(
      `${file} is no manifest of a recording (${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}).`,
    );
  }
  return parsed.output;
}

/** The frames of one log, in order. Damage is passed over up to the next magic and told through `loss`. */
function* frames(path: string, loss: (loss: Loss) => void): Generator<{ head: FrameHead; payload: Buffer }> {
  const fd = openSync(path, 'r');
  const name = basename(path);
  try {
    let buffer: Buffer = Buffer.alloc(0);
    let at = 0;
    let offset = 0;
    let wanted = CHUNK;
    const readOn = (): boolean => {
      const chunk = Buffer.allocUnsafe(Math.max(CHUNK, wanted));
      const count = readSync(fd, chunk, 0, chunk.length, null);
      buffer = Buffer.concat([buffer.subarray(at), chunk.subarray(0, count)]);
      offset += at;
      at = 0;
      return count > 0;
    };
    for (;;) {
      const found = scanFrame(buffer, at);
      if (found.kind === 'frame') {
        yield {
          head: found.head,
          payload: Buffer.from(found.payload.buffer, found.payload.byteOffset, found.payload.byteLength),
        };
        at = found.next;
      } else if (found.kind === 'more') {
        wanted = found.needed;
        if (readOn()) continue;
        // A damaged length reaches past the end; a frame behind it says that it is damage, not the end.
        const behind = findMagic(buffer, at + 1);
        if (behind >= 0) {
          loss({ code: 'log-damaged', where: `${name}, offset ${offset + at}`, count: behind - at });
          at = behind;
          wanted = CHUNK;
          continue;
        }
        const rest = buffer.subarray(at);
        if (rest.some((byte) => byte !== 0))
          loss({ code: 'log-truncated', where: `${name}, offset ${offset + at}`, count: rest.length });
        return;
      } else {
        const begin = offset + at;
        let next = findMagic(buffer, at + 1);
        while (next < 0) {
          // A magic may lie across the border: its first bytes are kept.
          at = Math.max(at, buffer.length - FRAME_HEADER);
          if (!readOn()) break;
          next = findMagic(buffer, at);
        }
        at = next < 0 ? buffer.length : next;
        loss({ code: 'log-damaged', where: `${name}, offset ${begin}`, count: offset + at - begin });
        if (next < 0) return;
      }
    }
  } finally {
    closeSync(fd);
  }
}

class Recording implements OpenRecording {
  readonly path: string;
  readonly manifest: Manifest;
  readonly losses: Loss[] = [];
  endNs = 0;

  constructor(path: string) {
    this.path = path;
    this.manifest = readManifest(path);
  }

  get complete(): boolean {
    return this.manifest.end !== undefined;
  }

  private readonly note = (loss: Loss): void => {
    this.losses.push(loss);
  };

  *readings(): Generator<Reading> {
    const path = join(this.path, 'machine.log');
    if (!existsSync(path)) return;
    const startNs = BigInt(this.manifest.start.monotonicNs);
    for (const { head, payload } of frames(path, this.note)) {
      this.endNs = Math.max(this.endNs, Number(head.atNs - startNs));
      if (head.type !== FRAME.readings) continue;
      const { readings, complete } = this.unpack(head, payload);
      if (!complete) this.note({ code: 'log-damaged', where: `machine.log, frame ${head.sequence}` });
      yield* readings;
    }
  }

  private unpack(head: FrameHead, payload: Buffer): ReturnType<typeof decodeReadings> {
    try {
      return decodeReadings(
        (head.flags & DEFLATED) === 0 ? payload : inflateRawSync(payload, { maxOutputLength: MOST_INFLATED }),
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

  *pages(instance: string, cpu: number): Generator<Uint8Array> {
    const path = join(this.path, 'trace', `${instance}.cpu${cpu}.log`);
    for (const { head, payload } of frames(path, this.note)) if (head.type === FRAME.pages) yield payload;
  }

  file(name: string): Uint8Array | undefined {
    const path = join(this.path, name);
    return existsSync(path) ? readFileSync(path) : undefined;
  }

  files(prefix: string): string[] {
    const folder = join(this.path, prefix);
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(prefix, name))
      .sort();
  }
}

/** Opens a recording. Throws a UserError, one sentence, where it is none or newer than this program. */
export function openRecording(path: string): OpenRecording {
  return new Recording(path);
}
