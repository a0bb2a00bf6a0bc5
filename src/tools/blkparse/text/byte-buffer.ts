// Text as bytes in one buffer that is handed on when it is full. Numbers are written digit by digit: no string is made per line.

const SIZE = 256 * 1024;
/** Room that `reserve` makes. */
const MOST = 4096;
const SPACE = 0x20;
const ZERO = 0x30;
const MINUS = 0x2d;

/** The three digits of 0 to 999, one after the other. */
const TRIPLES = Uint8Array.from({ length: 3000 }, (_, index) => {
  const number = Math.floor(index / 3);
  return ZERO + (Math.floor(number / ([100, 10, 1][index % 3] ?? 1)) % 10);
});

export class ByteBuffer {
  private readonly bytes = new Uint8Array(SIZE);
  private length = 0;
  private readonly write: (bytes: Uint8Array) => void;

  /** `write` must be done with the bytes when it returns. */
  constructor(write: (bytes: Uint8Array) => void) {
    this.write = write;
  }

  flush(): void {
    if (this.length === 0) return;
    const { length } = this;
    this.length = 0;
    this.write(this.bytes.subarray(0, length));
  }

  /** Makes room for a line's fixed parts: `byte`, `short`, `number` and `nineDigits` look at no border themselves. */
  reserve(): void {
    if (this.length + MOST > SIZE) this.flush();
  }

  byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  /** A few bytes as they are. */
  short(source: Uint8Array): void {
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < source.length; index += 1) bytes[at++] = source[index] ?? 0;
    this.length = at;
  }

  /** Any number of bytes as they are. Leaves room for a line's fixed parts, as do `text`, `pad` and `hexByte`. */
  raw(source: Uint8Array): void {
    for (let from = 0; from < source.length; from += MOST) {
      this.reserve();
      const piece = source.subarray(from, from + MOST);
      this.bytes.set(piece, this.length);
      this.length += piece.length;
    }
    this.reserve();
  }

  /** Text of characters below 256, a byte each. */
  text(text: string): void {
    for (let index = 0; index < text.length; index += 1) {
      this.reserve();
      this.byte(text.charCodeAt(index));
    }
    this.reserve();
  }

  pad(count: number, fill = SPACE): void {
    let left = count;
    while (left > 0) {
      this.reserve();
      const piece = Math.min(left, MOST);
      this.bytes.fill(fill, this.length, this.length + piece);
      this.length += piece;
      left -= piece;
    }
    this.reserve();
  }

  /** A whole number with |value| below 2^53, right-aligned in a `width` of less than a hundred columns. */
  number(value: number, width = 0): void {
    const { bytes } = this;
    const magnitude = value < 0 ? -value : value;
    const digits = countDigits(magnitude) + (value < 0 ? 1 : 0);
    let at = this.length;
    for (let left = width - digits; left > 0; left -= 1) bytes[at++] = SPACE;
    if (value < 0) bytes[at] = MINUS;
    at += digits;
    this.length = at;
    let rest = magnitude;
    while (rest >= 0x4000_0000) {
      const upper = Math.floor(rest / 1000);
      at = this.tripleBefore(at, rest - upper * 1000);
      rest = upper;
    }
    let small = rest | 0;
    while (small >= 1000) {
      const upper = (small / 1000) | 0;
      at = this.tripleBefore(at, small - upper * 1000);
      small = upper;
    }
    // The first one to three digits.
    do {
      const upper = (small / 10) | 0;
      bytes[--at] = ZERO + small - upper * 10;
      small = upper;
    } while (small > 0);
  }

  /** Exactly nine digits of a number below 10^9. */
  nineDigits(value: number): void {
    const thousands = (value / 1000) | 0;
    const millions = (value / 1_000_000) | 0;
    this.length += 9;
    const afterMillions = this.tripleBefore(this.length, value - thousands * 1000);
    const afterThousands = this.tripleBefore(afterMillions, thousands - millions * 1000);
    this.tripleBefore(afterThousands, millions);
  }

  /** Two hexadecimal digits. */
  hexByte(value: number): void {
    this.reserve();
    this.bytes[this.length++] = HEX.charCodeAt(value >>> 4);
    this.bytes[this.length++] = HEX.charCodeAt(value & 15);
  }

  /** Three digits that end at `end`; returns where they begin. */
  private tripleBefore(end: number, value: number): number {
    const { bytes } = this;
    const from = value * 3;
    bytes[end - 3] = TRIPLES[from] ?? 0;
    bytes[end - 2] = TRIPLES[from + 1] ?? 0;
    bytes[end - 1] = TRIPLES[from + 2] ?? 0;
    return end - 3;
  }
}

const HEX = '0123456789abcdef';

function countDigits(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1000) return 3;
  if (value < 10_000) return 4;
  if (value < 100_000) return 5;
  if (value < 1_000_000) return 6;
  if (value < 10_000_000) return 7;
  if (value < 100_000_000) return 8;
  if (value < 1_000_000_000) return 9;
  let digits = 10;
  for (let limit = 10_000_000_000; value >= limit; limit *= 10) digits += 1;
  return digits;
}
