// Bits that are read from the last byte of a stretch to its first, as zstd's entropy coders write them: the highest bit that is set in the
// last byte only marks the end. Source: RFC 8878, section 4.1.1.

import { Damaged } from './damaged.js';
import { highestBit } from './fse.js';

/** What a stretch needs before and behind it in its array, so that numbers are read from whole bytes. */
export const SLACK = 16;
/** Bits that one reading can give. */
const AT_ONCE = 24;

export class BackwardBits {
  private readonly data: Uint8Array;
  private readonly first: number;
  /** Bits from the beginning of the array up to where the next ones end. */
  private at: number;

  /** Of the bytes from `from` to `to`, with at least SLACK bytes around them in `data`. */
  constructor(data: Uint8Array, from: number, to: number) {
    const last = to > from ? (data[to - 1] ?? 0) : 0;
    if (last === 0) throw new Damaged('bits without an end');
    this.data = data;
    this.first = from * 8;
    this.at = (to - 1) * 8 + highestBit(last);
  }

  /** How many are left; below 0, how many too many were read. */
  get left(): number {
    return this.at - this.first;
  }

  /** The next bits as a number; where there are none left, those are any. */
  peek(count: number): number {
    const { data } = this;
    const bit = this.at - count;
    const byte = bit >> 3;
    const some =
      (data[byte] ?? 0) | ((data[byte + 1] ?? 0) << 8) | ((data[byte + 2] ?? 0) << 16) | ((data[byte + 3] ?? 0) << 24);
    return (some >>> (bit & 7)) & ((1 << count) - 1);
  }

  pass(count: number): void {
    this.at -= count;
  }

  /** The next up to 32 bits. */
  read(count: number): number {
    if (count > AT_ONCE) return this.read(count - AT_ONCE) * 2 ** AT_ONCE + this.read(AT_ONCE);
    const value = this.peek(count);
    this.at -= count;
    return value;
  }
}
