// Where a trace's bytes come from: a file, a compressed file, standard input or a FIFO; and the window through which they are seen.
// Only the window holds bytes, so memory stays the same however long the trace is.

import { createReadStream, read as readCallback } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { messageOf, UserError } from '../../base/errors.js';
import { LONGEST_RECORD } from './frame.js';

const readFd = promisify(readCallback);

const CHUNK = 256 * 1024;

export interface ByteSource {
  /** As the user knows it, for reports. */
  readonly name: string;
  /** Why the bytes ended before their time, in the system's words; undefined at a true end. */
  readonly refusal: string | undefined;
  /** Fills the beginning of `into`; 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/** Bytes of a descriptor that somebody else opened and will close. */
export class DescriptorSource implements ByteSource {
  readonly name: string;
  refusal: string | undefined;
  private readonly fd: number;

  constructor(name: string, fd: number) {
    this.name = name;
    this.fd = fd;
  }

  async read(into: Uint8Array): Promise<number> {
    try {
      return (await readFd(this.fd, into, 0, into.length, null)).bytesRead;
    } catch (error) {
      this.refusal = messageOf(error);
      return 0;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function openFile(path: string): Promise<ByteSource> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw new UserError(`${path} can’t be read (${messageOf(error)}).`);
  }
  const source = new DescriptorSource(path, file.fd);
  source.close = () => file.close();
  return source;
}

/** Bytes that a decompressing stream gives, in pieces of its own size. */
class StreamSource implements ByteSource {
  readonly name: string;
  refusal: string | undefined;
  private readonly stream: Readable;
  private readonly pieces: AsyncIterator<Uint8Array>;
  private piece = new Uint8Array(0);

  constructor(name: string, stream: Readable) {
    this.name = name;
    this.stream = stream;
    this.pieces = stream[Symbol.asyncIterator]();
  }

  async read(into: Uint8Array): Promise<number> {
    try {
      while (this.piece.length === 0) {
        const next = await this.pieces.next();
        if (next.done === true) return 0;
        this.piece = new Uint8Array(next.value);
      }
    } catch (error) {
      this.refusal = messageOf(error);
      return 0;
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

function decompress(path: string, through: NodeJS.ReadWriteStream & Readable): ByteSource {
  const file = createReadStream(path, { highWaterMark: CHUNK });
  file.on('error', (error) => through.destroy(error));
  return new StreamSource(path, file.pipe(through));
}

/** Node has zstd from 22.15 on; its types come with that version. */
function zstdDecompressor(path: string): NodeJS.ReadWriteStream & Readable {
  const create: unknown = Reflect.get(zlib, 'createZstdDecompress');
  if (typeof create !== 'function') {
    throw new UserError(
      `${path} is compressed with zstd, which Node.js ${process.versions.node} can’t read (22.15 can): run \`zstd -d\` on it first.`,
    );
  }
  // eslint-disable-next-line -- the function's type is that of createGunzip
  return (create as typeof zlib.createGunzip)({ chunkSize: CHUNK });
}

/** Opens a trace's file; `.gz` and `.zst` are decompressed as they are read. Throws a UserError where that can't be. */
export async function openSource(path: string): Promise<ByteSource> {
  if (path.endsWith('.gz')) return decompress(path, zlib.createGunzip({ chunkSize: CHUNK }));
  if (path.endsWith('.zst')) return decompress(path, zstdDecompressor(path));
  return openFile(path);
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

  constructor(source: ByteSource) {
    this.source = source;
  }

  /** Where `at` stands in the source. */
  get offset(): number {
    return this.base + this.at;
  }

  /**
   * Reads on, dropping what lies before `keepFrom` and moving the rest to the front: offsets into `bytes` shift by `keepFrom`.
   * Grows where what is kept leaves less room than the longest record takes. False at the end of the source.
   */
  async fill(keepFrom = this.at): Promise<boolean> {
    if (this.ended) return false;
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
    const count = await this.source.read(this.bytes.subarray(this.end));
    this.end += count;
    if (count === 0) this.ended = true;
    return count > 0;
  }
}
