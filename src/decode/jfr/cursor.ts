// Bytes of a flight recording, seen through a window on its file → numbers and texts. Only the window holds bytes, so memory stays the same however
// long the file is. What lies behind the file's end reads as zeros: whoever decodes compares where it ended with where it should have.
//
// A number is LEB128 of up to 9 bytes, of which the ninth has all eight bits (src/hotspot/share/jfr/writers/jfrBigEndianWriter.hpp and
// jfrEncoders.hpp of OpenJDK 17). A text is its form's byte, then: 0 null, 1 empty, 2 a number in the pool of texts, 3 UTF-8, 4 characters each a number,
// 5 Latin-1, the last three behind their length (jdk.jfr.internal.EventWriter and consumer.StringParser).

import { KnownBytes } from '../../base/known-bytes.js';

/** Reads so many bytes from a place in the file on; fewer where it ends. */
export type ReadAt = (into: Uint8Array, position: number) => number;

/** Whole chunks of the usual 12 MB are read once. */
const WINDOW = 16 * 1024 * 1024;
/** A text is no longer; a thread dump in an event may be. */
const MOST_OF_TEXT = 1024 * 1024;
/** Texts that are remembered by their bytes, and the longest such: most are paths, each of many writes. */
const MOST_KNOWN = 4096;
const LONGEST_KNOWN = 512;
const FORM = { null: 0, empty: 1, pooled: 2, utf8: 3, chars: 4, latin1: 5 } as const;

/** A text's bytes behind its length → the text, by its form. */
const MAKE: Readonly<Record<number, (bytes: Buffer) => string>> = {
  [FORM.utf8]: (bytes) => bytes.toString('utf8'),
  [FORM.chars]: charactersOf,
  [FORM.latin1]: (bytes) => bytes.toString('latin1'),
};

function charactersOf(bytes: Buffer): string {
  const cursor = new Cursor((into, position) => bytes.copy(into, 0, position), bytes.length);
  cursor.seek(0, bytes.length);
  let text = '';
  while (cursor.position < bytes.length) text += String.fromCharCode(cursor.long() & 0xffff);
  return text;
}

/** A text that stands in the pool of texts by this number. */
export interface PooledText {
  readonly key: number;
}

export class Cursor {
  private readonly readAt: ReadAt;
  private readonly bytes: Buffer;
  private readonly view: DataView;
  /** By form. */
  private readonly known: KnownBytes<string>[] = [];
  /** Where in the file the window begins. */
  private base = 0;
  private filled = 0;
  /** The file ends where the window does. */
  private atEnd = false;
  private at = 0;

  constructor(readAt: ReadAt, windowBytes = WINDOW) {
    this.readAt = readAt;
    this.bytes = Buffer.allocUnsafe(windowBytes);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, windowBytes);
  }

  /** The most that can be seen at once. */
  get most(): number {
    return this.bytes.length;
  }

  get position(): number {
    return this.base + this.at;
  }

  /** Goes to a place in the file, from which on as much is to be seen as is asked for, or as the file has. True where it has that much. */
  seek(position: number, need: number): boolean {
    const at = position - this.base;
    if (at < 0 || at > this.filled || (at + need > this.filled && !this.atEnd)) this.fill(position);
    this.at = position - this.base;
    return this.at + need <= this.filled;
  }

  /** Whether what was read goes on behind what there is. */
  get isBehind(): boolean {
    return this.at > this.filled;
  }

  /** Moves the window to a place in the file, and goes there. */
  fill(position: number): void {
    this.base = position;
    this.at = 0;
    this.filled = 0;
    this.atEnd = false;
    while (this.filled < this.bytes.length && !this.atEnd) {
      const count = this.readAt(this.bytes.subarray(this.filled), position + this.filled);
      this.atEnd = count === 0;
      this.filled += count;
    }
  }

  private next(): number {
    const at = this.at++;
    return at < this.filled ? (this.bytes[at] ?? 0) : 0;
  }

  byte(): number {
    return this.next();
  }

  /** A number, signed where it takes nine bytes; rounded from 2^53 on. */
  long(): number {
    let { at } = this;
    if (at + 4 > this.filled) return this.longAtEnd();
    const { bytes } = this;
    let byte = bytes[at++] ?? 0;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80 && shift < 28; shift += 7) {
      byte = bytes[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
    }
    this.at = at;
    return byte < 0x80 ? value : this.longer(value);
  }

  /** The same where the window ends. */
  private longAtEnd(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.next();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return this.longer(value);
  }

  private longer(low: number): number {
    let value = low;
    let scale = 2 ** 28;
    for (let count = 4; count < 8; count += 1) {
      const byte = this.next();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    const last = this.next();
    return value + (last < 0x80 ? last : last - 0x100) * scale;
  }

  /** False where there are not as many. */
  skipLongs(many: number): boolean {
    if (!(many >= 0)) this.skip(many);
    const { bytes, filled } = this;
    let { at } = this;
    let left = many;
    for (; left > 0 && at < filled; left -= 1) {
      const most = at + 9;
      while (((bytes[at++] ?? 0) & 0x80) !== 0 && at < most && at < filled);
    }
    this.at = at;
    return left === 0 && (at < filled || ((bytes[at - 1] ?? 0) & 0x80) === 0);
  }

  /** A number that is none of bytes leads behind all that there is. */
  skip(bytes: number): void {
    this.at += bytes >= 0 ? bytes : Infinity;
  }

  /** As big-endian, of a chunk's header. */
  uint16(): number {
    return this.next() * 0x100 + this.next();
  }

  uint64(): bigint {
    let value = 0n;
    for (let count = 0; count < 8; count += 1) value = value * 0x100n + BigInt(this.next());
    return value;
  }

  skipText(): void {
    const form = this.next();
    if (form === FORM.pooled) this.skipLongs(1);
    else if (form === FORM.utf8 || form === FORM.latin1) this.skip(this.long());
    else if (form === FORM.chars) this.skipLongs(this.long());
    else if (form !== FORM.null && form !== FORM.empty) this.at = Infinity;
  }

  /** null where there is none; undefined where it is none that is known. */
  text(): string | PooledText | null | undefined {
    const form = this.next();
    if (form === FORM.null) return null;
    if (form === FORM.empty) return '';
    if (form === FORM.pooled) return { key: this.long() };
    const make = MAKE[form];
    const length = this.long();
    if (!make || !(length >= 0) || length > MOST_OF_TEXT) return undefined;
    const from = this.at;
    let isWhole = true;
    if (form === FORM.chars) isWhole = this.skipLongs(length);
    else this.skip(length);
    if (!isWhole || this.at > this.filled) return undefined;
    if (this.at - from > LONGEST_KNOWN) return make(this.bytes.subarray(from, this.at));
    return (this.known[form] ??= new KnownBytes(MOST_KNOWN, make)).of(this.view, from, this.at);
  }

  /** Where these bytes come next, from here on and before `end`; below 0 where they don't. */
  find(sought: Uint8Array, end: number): number {
    for (let from = this.position; from < end;) {
      this.seek(from, sought.length);
      const found = this.bytes.subarray(0, this.filled).indexOf(sought, this.at);
      if (found >= 0) return this.base + found < end ? this.base + found : -1;
      const next = this.base + this.filled - sought.length + 1;
      if (next <= from) return -1;
      from = next;
    }
    return -1;
  }
}
