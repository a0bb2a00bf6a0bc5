// Numbers, texts and blocks out of a file at a place that moves on. Every length is checked against the file before anything is allocated.

import { readSync } from 'node:fs';

/** What the bytes at an offset can't be. */
export class Malformed extends Error {
  override readonly name = 'Malformed';

  constructor(offset: number, what: string) {
    super(`offset ${offset}: ${what}`);
  }
}

/** A text in a header ends within so many bytes. */
const MOST_TEXT = 4096;

/** Where blocks of bytes come from, by offset. */
export interface Blocks {
  readonly size: number;
  block(offset: number, length: number): Buffer;
}

export function blocksOfFile(fd: number, size: number): Blocks {
  return {
    size,
    block(offset, length) {
      if (offset < 0 || length < 0 || offset + length > size)
        throw new Malformed(offset, `${length} bytes are said to be here, and the file has ${size}`);
      const bytes = Buffer.alloc(length);
      let filled = 0;
      while (filled < length) {
        const count = readSync(fd, bytes, filled, length - filled, offset + filled);
        if (count === 0) throw new Malformed(offset + filled, 'the file ends here');
        filled += count;
      }
      return bytes;
    },
  };
}

export function blocksOf(bytes: Buffer): Blocks {
  return {
    size: bytes.length,
    block(offset, length) {
      if (offset < 0 || length < 0 || offset + length > bytes.length)
        throw new Malformed(offset, `${length} bytes are said to be here, and the section has ${bytes.length}`);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** Little-endian numbers, as nearly every machine writes them. */
export class Cursor {
  at: number;
  readonly blocks: Blocks;

  constructor(blocks: Blocks, at = 0) {
    this.blocks = blocks;
    this.at = at;
  }

  bytes(length: number): Buffer {
    const bytes = this.blocks.block(this.at, length);
    this.at += length;
    return bytes;
  }

  u8(): number {
    return this.bytes(1).readUInt8();
  }

  u16(): number {
    return this.bytes(2).readUInt16LE();
  }

  u32(): number {
    return this.bytes(4).readUInt32LE();
  }

  /** Sizes and offsets: what no double can hold exactly no file has. */
  u64(): number {
    return Number(this.bytes(8).readBigUInt64LE());
  }

  /** A text up to its zero byte. */
  text(): string {
    const length = Math.min(MOST_TEXT, this.blocks.size - this.at);
    const bytes = this.blocks.block(this.at, length);
    const end = bytes.indexOf(0);
    if (end < 0) throw new Malformed(this.at, 'a text has no end');
    this.at += end + 1;
    return bytes.toString('utf8', 0, end);
  }

  /** These very bytes. */
  expect(text: string): void {
    const { at } = this;
    if (this.bytes(text.length).toString('latin1') !== text)
      throw new Malformed(at, `${JSON.stringify(text)} should be here`);
  }
}
