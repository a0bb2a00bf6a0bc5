// A heap dump that HotSpot compressed itself → its bytes at any place. HotSpot (JDK 15 and later, `jcmd PID GC.heap_dump -gz=1`) writes one member of
// gzip for each piece of BLOCKSIZE bytes at most, and begins every heap segment with a new one, so that any place costs one member. Source:
// src/hotspot/share/services/heapDumperCompression.cpp.
//
//   1f 8b 08  10  00000000 xx xx  "HPROF BLOCKSIZE=1048576" 0     of a file's first member (flag 10: a comment), of each part's in a parallel dump
//   1f 8b 08  00  00000000 xx xx                                  of the others; at the end CRC-32 and length, little-endian

import { constants, gunzipSync, inflateRawSync } from 'node:zlib';
import { greatestNotAbove } from '../../base/sorted.js';
import type { HeapBytes } from './heap-bytes.js';
import { Pages } from './pages.js';

const COMMENT = /^HPROF BLOCKSIZE=(\d{1,8})\0/;
const HEADER = 10;
const TRAILER = 8;
const CHUNK = 1024 * 1024;
const MOST_BLOCK = 64 * 1024 * 1024;
/** Compressed bytes that always hold the first bytes of a member. */
const HEAD_IN = 4096;
const HEAD_OUT = 256;
const MAGIC = Buffer.from([0x1f, 0x8b, 0x08]);

/** Whether a member as HotSpot writes them begins there: no time, no name, and known flags. */
function isHeader(bytes: Buffer, at: number): boolean {
  const flags = bytes[at + 3];
  return (flags === 0 || flags === 0x10) && bytes.readUInt32LE(at + 4) === 0 && (bytes[at + 8] ?? 9) <= 4;
}

/** Offsets of the members' beginnings. */
async function beginnings(file: HeapBytes): Promise<number[]> {
  const found: number[] = [];
  const chunk = Buffer.allocUnsafe(CHUNK);
  for (let at = 0; at < file.fileSize; at += CHUNK - HEADER) {
    const bytes = chunk.subarray(0, await file.readAt(chunk, at));
    for (let here = bytes.indexOf(MAGIC); here >= 0; here = bytes.indexOf(MAGIC, here + 1)) {
      if (here + HEADER > bytes.length) break;
      if (isHeader(bytes, here) && found.at(-1) !== at + here) found.push(at + here);
    }
  }
  return found;
}

export class GzipMembers implements HeapBytes {
  readonly isCompressed = true;
  readonly fileSize: number;
  size = 0;
  readonly pages = new Pages();
  refusal: string | undefined;
  private readonly file: HeapBytes;
  private readonly block: number;
  /** Where each begins in the file, and in what it inflates to; both end with the end. */
  private at: Float64Array = new Float64Array(0);
  private inflatedAt: Float64Array = new Float64Array(0);
  private cachedMember = -1;
  private cached: Buffer = Buffer.alloc(0);
  private isIndexed = false;

  private constructor(file: HeapBytes, block: number) {
    this.file = file;
    this.block = block;
    this.fileSize = file.fileSize;
  }

  /** Undefined where HotSpot did not compress it. */
  static of(file: HeapBytes, head: Buffer): GzipMembers | undefined {
    const block = Number(COMMENT.exec(head.toString('latin1', HEADER))?.[1]);
    return (head[3] ?? 0) === 0x10 && block > 0 && block <= MOST_BLOCK ? new GzipMembers(file, block) : undefined;
  }

  async readAt(into: Uint8Array, at: number): Promise<number> {
    if (!this.isIndexed) await this.index();
    let filled = 0;
    while (filled < into.length && at + filled < this.size) {
      const member = greatestNotAbove(this.inflatedAt, at + filled, this.at.length - 1);
      const from = at + filled - (this.inflatedAt[member] ?? 0);
      const wanted = into.length - filled;
      const bytes = from + wanted <= HEAD_OUT ? await this.head(member) : await this.whole(member);
      if (from >= bytes.length) break;
      const piece = bytes.subarray(from, from + wanted);
      into.set(piece, filled);
      filled += piece.length;
    }
    this.pages.add(at, filled);
    return filled;
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async index(): Promise<void> {
    this.isIndexed = true;
    const starts = await beginnings(this.file);
    const lengths: number[] = [];
    const length = Buffer.alloc(4);
    for (let each = 1; each < starts.length; each += 1) {
      await this.file.readAt(length, (starts[each] ?? 0) - 4);
      lengths.push(length.readUInt32LE(0));
    }
    // What stands before a header that is none is no length: the two are one member.
    const isLength = (value: number | undefined): boolean => value !== undefined && value > 0 && value <= this.block;
    const members = starts.filter((_, each) => each === 0 || isLength(lengths[each - 1]));
    this.at = Float64Array.from(members.concat(this.fileSize));
    this.inflatedAt = new Float64Array(members.length + 1);
    lengths
      .filter(isLength)
      .forEach((each, index) => (this.inflatedAt[index + 1] = (this.inflatedAt[index] ?? 0) + each));
    const last = members.length - 1;
    this.inflatedAt[last + 1] = Infinity;
    const bytes = await this.whole(last);
    this.size = (this.inflatedAt[last] ?? 0) + bytes.length;
    this.inflatedAt[last + 1] = this.size;
  }

  private async compressed(member: number, most: number): Promise<Buffer> {
    const from = this.at[member] ?? 0;
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min((this.at[member + 1] ?? from) - from, most)));
    return bytes.subarray(0, await this.file.readAt(bytes, from));
  }

  /** Where the compressed bytes of a member begin. */
  private static dataAt(bytes: Buffer): number {
    return bytes[3] === 0x10 ? bytes.indexOf(0, HEADER) + 1 : HEADER;
  }

  /** The first bytes of a member, of which nobody has tried the checksum. */
  private async head(member: number): Promise<Buffer> {
    if (member === this.cachedMember) return this.cached;
    const bytes = await this.compressed(member, HEAD_IN);
    return partOf(bytes.subarray(GzipMembers.dataAt(bytes)));
  }

  private async whole(member: number): Promise<Buffer> {
    if (member === this.cachedMember) return this.cached;
    const bytes = await this.compressed(member, 2 * this.block + HEAD_IN);
    const isLast = member === this.at.length - 2;
    this.cachedMember = member;
    try {
      this.cached = gunzipSync(bytes, { maxOutputLength: this.block });
    } catch {
      this.refusal = `what is compressed from byte ${this.at[member]} of the file on is damaged`;
      // Of the last one as much as there is counts, as of any file that is cut.
      this.cached = isLast ? partOf(bytes.subarray(GzipMembers.dataAt(bytes), -TRAILER)) : Buffer.alloc(0);
    }
    return this.cached;
  }
}

function partOf(bytes: Buffer): Buffer {
  try {
    return inflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}
