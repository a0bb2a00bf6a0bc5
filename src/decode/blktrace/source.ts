// Where a trace's bytes come from: a file, a compressed file, standard input or a FIFO; and the window through which they are seen.
// Only the window holds bytes, so memory stays the same however long the trace is.

import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { messageOf, unreadable } from '../../base/errors.js';
import type { ReadTo } from '../../base/read-to.js';
import { ZstdStream } from '../zstd/stream.js';
import { LONGEST_RECORD } from './frame.js';

const CHUNK = 256 * 1024;

export interface ByteSource {
  /** As the user knows it, for reports. */
  readonly name: string;
  /** Why the bytes ended before their time, in the system's words; undefined at a true end. */
  readonly refusal: string | undefined;
  /** Its bytes, where that is known beforehand. */
  readonly size?: number;
  /** Fills the beginning of `into`, waiting if need be; 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  /** A live source's `read` that does not wait: undefined where nothing has come yet. */
  readNow?(into: Uint8Array): Promise<number | undefined>;
  close(): Promise<void>;
}

/** A file, from its beginning or, for standard input, from where it stands. */
class FileSource implements ByteSource {
  readonly name: string;
  readonly size?: number;
  refusal: string | undefined;
  private readonly fd: number;
  private readonly ours: boolean;
  private readonly readTo: ReadTo | undefined;
  private taken = 0;

  /** `ours`: whether the descriptor is to be closed. */
  constructor(name: string, fd: number, ours: boolean, readTo?: ReadTo) {
    this.readTo = readTo;
    this.name = name;
    this.fd = fd;
    this.ours = ours;
    const stat = fstatSync(fd);
    if (stat.isFile()) this.size = stat.size;
  }

  /** Files are read without a detour over other threads: what a trace is read for can't go on before its bytes are there. */
  read(into: Uint8Array): Promise<number> {
    try {
      const count = readSync(this.fd, into, 0, into.length, null);
      this.readTo?.(this.name, (this.taken += count));
      return Promise.resolve(count);
    } catch (error) {
      this.refusal = messageOf(error);
      return Promise.resolve(0);
    }
  }

  close(): Promise<void> {
    if (this.ours) closeSync(this.fd);
    return Promise.resolve();
  }
}

function openFile(path: string, readTo: ReadTo | undefined): ByteSource {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw unreadable(path, error, 'name a file');
  }
  return new FileSource(path, fd, true, readTo);
}

/** Bytes that a stream gives in pieces of its own size: decompressed ones, or those of a pipe as they come. */
class StreamSource implements ByteSource {
  readonly name: string;
  refusal: string | undefined;
  private readonly stream: Readable;
  private piece: Uint8Array = new Uint8Array(0);
  private ended = false;
  /** Called when bytes, the end or an error have come. */
  private wake: () => void = () => undefined;

  constructor(name: string, stream: Readable) {
    this.name = name;
    this.stream = stream;
    const end = () => {
      this.ended = true;
      this.wake();
    };
    stream.on('readable', () => this.wake());
    stream.on('end', end);
    stream.on('close', end);
    stream.on('error', (error) => {
      this.refusal = messageOf(error);
      end();
    });
  }

  async read(into: Uint8Array): Promise<number> {
    for (;;) {
      const count = this.take(into);
      if (count !== undefined) return count;
      await new Promise<void>((settle) => (this.wake = settle));
    }
  }

  async readNow(into: Uint8Array): Promise<number | undefined> {
    const count = this.take(into);
    if (count !== undefined) return count;
    // What has arrived meanwhile is seen by the event loop's next turn.
    await new Promise((settle) => setImmediate(settle));
    return this.take(into);
  }

  private take(into: Uint8Array): number | undefined {
    if (this.piece.length === 0) {
      const piece: unknown = this.stream.read();
      if (piece instanceof Uint8Array) this.piece = new Uint8Array(piece.buffer, piece.byteOffset, piece.length);
      else return this.ended ? 0 : undefined;
    }
    const count = Math.min(into.length, this.piece.length);
    into.set(this.piece.subarray(0, count));
    this.piece = this.piece.subarray(count);
    return count;
  }

  close(): Promise<void> {
    this.stream.destroy();
    return Promise.resolve();
  }
}

/**
 * What a trace inflates to at most: sixteen times its compressed bytes, and this much besides. Of the 48 bytes of a record no compressor
 * foresees the end of its time and of its number, three bytes at least; real traces shrink to a fifth. What inflates to more is no trace.
 */
const MOST_TIMES = 16;
const MOST_BESIDES = 64 * 1024 * 1024;

/** What a file inflates to as it is read. */
interface Inflating {
  readonly bytes: Readable;
  /** How many bytes of the file have been read. */
  readonly taken: () => number;
}

function gunzipping(path: string): Inflating {
  const inflater = zlib.createGunzip({ chunkSize: CHUNK });
  const file = createReadStream(path, { highWaterMark: CHUNK });
  file.on('error', (error) => inflater.destroy(error));
  return { bytes: file.pipe(inflater), taken: () => inflater.bytesWritten };
}

function unzstding(path: string): Inflating {
  let taken = 0;
  async function* blocks(): AsyncGenerator<Buffer> {
    const inflater = new ZstdStream();
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK })) {
      const bytes: Buffer = chunk;
      taken += bytes.length;
      for (const block of inflater.inflate(bytes)) yield Buffer.from(block);
    }
    if (!inflater.isWhole) throw new Error('the zstd stream is cut off');
  }
  return { bytes: Readable.from(blocks(), { objectMode: false, highWaterMark: CHUNK }), taken: () => taken };
}

/** A compressed file, up to what a trace of its size inflates to. */
class InflatedSource extends StreamSource {
  private readonly taken: () => number;
  private readonly mostTimes: number;
  private readonly readTo: ReadTo | undefined;
  private inflated = 0;

  constructor(path: string, { bytes, taken }: Inflating, readTo: ReadTo | undefined, mostTimes: number) {
    super(path, bytes);
    this.taken = taken;
    this.mostTimes = mostTimes;
    this.readTo = readTo;
  }

  override async read(into: Uint8Array): Promise<number> {
    if (this.refusal !== undefined) return 0;
    const count = await super.read(into);
    this.inflated += count;
    this.readTo?.(this.name, this.taken());
    if (this.inflated <= MOST_BESIDES + this.mostTimes * this.taken()) return count;
    this.refusal = `it inflates to ${this.mostTimes} times its size and more, which no trace does`;
    await this.close();
    return 0;
  }
}

/**
 * Opens a trace's file; `.gz` and `.zst` are decompressed as they are read. `readTo` is told how far; more than `mostTimes` their size are
 * refused. Throws a UserError where that can't be.
 */
export function openSource(path: string, readTo?: ReadTo, mostTimes = MOST_TIMES): ByteSource {
  if (path.endsWith('.gz')) return new InflatedSource(path, gunzipping(path), readTo, mostTimes);
  if (path.endsWith('.zst')) return new InflatedSource(path, unzstding(path), readTo, mostTimes);
  return openFile(path, readTo);
}

/** What comes through a pipe, or what standard input else may be: a file, a terminal. `fd` must be open. */
export function openStream(name: string, fd: number): ByteSource {
  const stat = fstatSync(fd);
  if (!stat.isFIFO() && !stat.isSocket()) return new FileSource(name, fd, false);
  return new StreamSource(name, new Socket({ fd, readable: true, writable: false }));
}

/** The part of a source that is in memory: `bytes` from `at` to `end` are unread. */
export class ByteWindow {
  readonly source: ByteSource;
  bytes = new Uint8Array(CHUNK);
  view = new DataView(this.bytes.buffer);
  at = 0;
  end = 0;
  /** Whether the source has no more. */
  ended = false;
  private base = 0;
  private gaveUp: string | undefined;

  constructor(source: ByteSource) {
    this.source = source;
  }

  /** Why the bytes ended before their time; undefined at a true end. */
  get refusal(): string | undefined {
    return this.gaveUp ?? this.source.refusal;
  }

  /** Takes what is there for the end. */
  giveUp(why: string): void {
    this.gaveUp = why;
    this.ended = true;
  }

  /** Where `at` stands in the source. */
  get offset(): number {
    return this.base + this.at;
  }

  /**
   * Reads on, dropping what lies before `keepFrom` and moving the rest to the front: offsets into `bytes` shift by `keepFrom`.
   * Grows where what is kept leaves less room than the longest record takes. With `wait` false a live source may have nothing yet.
   */
  async fill(keepFrom = this.at, wait = true): Promise<'bytes' | 'end' | 'nothing yet'> {
    const kept = this.end - keepFrom;
    if (this.bytes.length - kept < LONGEST_RECORD) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes.subarray(keepFrom, this.end));
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    } else this.bytes.copyWithin(0, keepFrom, this.end);
    this.base += keepFrom;
    this.at -= keepFrom;
    this.end = kept;
    if (this.ended) return 'end';
    const room = this.bytes.subarray(this.end);
    const { source } = this;
    const count = !wait && source.readNow ? await source.readNow(room) : await source.read(room);
    if (count === undefined) return 'nothing yet';
    this.end += count;
    if (count === 0) this.ended = true;
    return count > 0 ? 'bytes' : 'end';
  }
}
