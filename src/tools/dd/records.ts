// What dd makes of bytes between reading and writing: other characters, swapped pairs, lines as records of one length (conv=block) and back
// (unblock). Bytes in, bytes out; what is left at the end comes with `end`.

import { recordCharacters, translation, type RecordCharacters } from './characters.js';
import type { DdOptions } from './options.js';

export interface Conversions {
  /** The bytes of a block that was read, converted. */
  take(block: Buffer): Buffer;
  end(): Buffer;
  /** Records of conv=block that were longer than cbs. */
  readonly truncated: number;
}

const NOTHING = Buffer.alloc(0);

/** Pairs are swapped over the whole of what is read; a last one alone stays. */
class Swab {
  private held: number | undefined;

  take(block: Buffer): Buffer {
    const bytes = this.held === undefined ? block : Buffer.concat([Buffer.of(this.held), block]);
    const isOdd = bytes.length % 2 === 1;
    this.held = isOdd ? bytes[bytes.length - 1] : undefined;
    return Buffer.from(isOdd ? bytes.subarray(0, -1) : bytes).swap16();
  }

  end(): Buffer {
    return this.held === undefined ? NOTHING : Buffer.of(this.held);
  }
}

/** Lines to records: each padded with blanks, or cut. */
class Block {
  private readonly size: number;
  private readonly characters: RecordCharacters;
  private column = 0;
  truncated = 0;

  constructor(size: number, characters: RecordCharacters) {
    this.size = size;
    this.characters = characters;
  }

  take(block: Buffer): Buffer {
    const made: Buffer[] = [];
    let from = 0;
    for (;;) {
      const found = block.indexOf(this.characters.lineEnd, from);
      const line = block.subarray(from, found < 0 ? block.length : found);
      made.push(line.subarray(0, Math.max(0, this.size - this.column)));
      if (this.column <= this.size && this.column + line.length > this.size) this.truncated += 1;
      this.column += line.length;
      if (found < 0) return Buffer.concat(made);
      made.push(this.padding());
      this.column = 0;
      from = found + 1;
    }
  }

  private padding(): Buffer {
    return Buffer.alloc(Math.max(0, this.size - this.column), this.characters.blank);
  }

  end(): Buffer {
    return this.column > 0 ? this.padding() : NOTHING;
  }
}

/** Records to lines: without the blanks at their end. A record is a line once there is more behind it, or the end. */
class Unblock {
  private readonly size: number;
  private readonly characters: RecordCharacters;
  private column = 0;
  private blanks = 0;

  constructor(size: number, characters: RecordCharacters) {
    this.size = size;
    this.characters = characters;
  }

  take(block: Buffer): Buffer {
    const { blank, lineEnd } = this.characters;
    const made: number[] = [];
    for (const byte of block) {
      if (this.column === this.size) {
        made.push(lineEnd);
        this.column = this.blanks = 0;
      }
      this.column += 1;
      if (byte === blank) this.blanks += 1;
      else {
        for (; this.blanks > 0; this.blanks -= 1) made.push(blank);
        made.push(byte);
      }
    }
    return Buffer.from(made);
  }

  end(): Buffer {
    return this.column > 0 ? Buffer.of(this.characters.lineEnd) : NOTHING;
  }
}

/** Undefined where bytes are written as they were read. */
export function conversionsOf({ conversions, recordSize }: DdOptions): Conversions | undefined {
  const table = translation(conversions);
  const swab = conversions.includes('swab') ? new Swab() : undefined;
  const characters = recordCharacters(conversions);
  const size = Number(recordSize);
  const block = conversions.includes('block') ? new Block(size, characters) : undefined;
  const records = block ?? (conversions.includes('unblock') ? new Unblock(size, characters) : undefined);
  if (!table && !swab && !records) return undefined;
  const shaped = (bytes: Buffer): Buffer => {
    const swapped = swab ? swab.take(bytes) : bytes;
    return records ? records.take(swapped) : swapped;
  };
  return {
    take: (bytes) => shaped(table ? Buffer.from(bytes.map((byte) => table[byte] ?? 0)) : bytes),
    end() {
      const last = swab?.end() ?? NOTHING;
      return records ? Buffer.concat([records.take(last), records.end()]) : last;
    },
    get truncated() {
      return block?.truncated ?? 0;
    },
  };
}
