// The input of a copy: one read(2) a block, or as many as fill it; a warning where one was short; zeros, which come in any amount.

import { fstatSync } from 'node:fs';
import { CallError, INPUT } from './calls.js';
import { retry, say, type CopyParts } from './copy-parts.js';

/** /dev/zero, which gives zeros whatever is read at a time: as many blocks as fit into this are asked for at once. */
const ZERO_DEVICE = (1 << 8) | 5;
export const ZERO_BYTES = 64 * 1024;

export class CopyInput {
  /** Where in the memory blocks lie. */
  readonly at: number;
  private readonly parts: CopyParts;
  private readonly isFullBlock: boolean;
  private readonly isDirect: boolean;
  private mayWarn: boolean;
  /** Zeros that were read and not passed on; undefined where the input is another. */
  private zeros: number | undefined;
  /** Bytes of the last read(2). */
  last = 0;

  constructor(parts: CopyParts, at: number) {
    this.parts = parts;
    this.at = at;
    const { inputBlock, inputFlags, outputFlags, twoBuffers, skip, count, conversions } = parts.options;
    this.isFullBlock = inputFlags.includes('fullblock');
    this.isDirect = inputFlags.includes('direct');
    // Where the number of records or their size matters, a short one is most often a surprise.
    const isSurprise =
      skip.blocks > 0n || (count?.blocks ?? 0n) > 0n || this.isDirect || outputFlags.includes('direct');
    this.mayWarn = !twoBuffers && !this.isFullBlock && isSurprise;
    const from = fstatSync(parts.ends.input);
    const isZeros = from.isCharacterDevice() && from.rdev === ZERO_DEVICE;
    if (isZeros && !conversions.includes('noerror') && inputBlock < ZERO_BYTES) this.zeros = 0;
  }

  /** A block of so many bytes: how many came, 0 at the end. Throws a CallError. */
  read(bytes: number): number {
    if (this.zeros !== undefined) return this.readZeros(bytes, this.zeros);
    if (!this.isFullBlock) return this.readOnce(this.at, bytes);
    let got = 0;
    while (got < bytes) {
      const more = this.readOnce(this.at + got, bytes - got);
      if (more === 0) break;
      got += more;
    }
    return got;
  }

  private readZeros(bytes: number, there: number): number {
    const zeros = there >= bytes ? there : this.readOnce(this.at, ZERO_BYTES - (ZERO_BYTES % bytes));
    if (zeros < bytes) return zeros;
    this.zeros = zeros - bytes;
    return bytes;
  }

  private readOnce(at: number, bytes: number): number {
    const { calls, meter } = this.parts;
    const begun = meter ? performance.now() : 0;
    let got = -1;
    while (got < 0) {
      try {
        got = calls.read(at, bytes);
      } catch (error) {
        // A direct read behind a short one is refused at the end of some files.
        const isShort = this.isDirect && this.last > 0 && this.last < bytes;
        if (isShort && error instanceof CallError && error.code === 'EINVAL') got = 0;
        else retry(this.parts, INPUT, error);
      }
    }
    if (got > 0) {
      meter?.record('read', performance.now() - begun);
      if (this.mayWarn) this.warnOfPartial(bytes);
    }
    this.last = got;
    return got;
  }

  /** A short read is told when another comes after it: the last one of a file is short as a rule. */
  private warnOfPartial(bytes: number): void {
    const { last } = this;
    if (last === 0 || last >= bytes) return;
    this.mayWarn = false;
    say(this.parts, `warning: partial read (${last} ${last === 1 ? 'byte' : 'bytes'}); suggest iflag=fullblock`);
  }
}
