// The input of a copy: one read(2) a block, or as many as fill it, and a warning where one was short. Of what gives the same however it is asked, which
// is a file or zeros, several blocks are read at once, as a call costs more than the 512 bytes that it brings.

import { fstatSync } from 'node:fs';
import { CallError, FROM, INPUT } from './calls.js';
import { retry, say, type CopyParts } from './copy-parts.js';

/** /dev/zero, Documentation/admin-guide/devices.txt. */
const ZERO_DEVICE = (1 << 8) | 5;
/** So much at most is read at once where several blocks are. */
export const AHEAD_BYTES = 64 * 1024;
/** Reads that are asked to go to the disk, or to leave no trace in the page cache, are made as they are asked for. */
const BY_BLOCK = ['direct', 'sync', 'dsync', 'nonblock', 'nocache'] as const;

export class CopyInput {
  /** Where in the memory the block lies that was read last. */
  at: number;
  private readonly start: number;
  private readonly parts: CopyParts;
  private readonly isFullBlock: boolean;
  private readonly isDirect: boolean;
  private mayWarn: boolean;
  /** Bytes that were read and not passed on. */
  private ahead = 0;
  /** What was asked for is more than a short block that it left, which is to be made whole. */
  private mayComplete = false;
  /** How many blocks are asked for at once: as many as were before it, so that little is read in vain. 0: only ever one. */
  private blocks: number;
  /** Bytes of the last read(2). */
  last = 0;

  constructor(parts: CopyParts, at: number) {
    this.parts = parts;
    this.at = at;
    this.start = at;
    const { inputFlags, outputFlags, twoBuffers, skip, count } = parts.options;
    this.isFullBlock = inputFlags.includes('fullblock');
    this.isDirect = inputFlags.includes('direct');
    // Where the number of records or their size matters, a short one is most often a surprise.
    const isSurprise =
      skip.blocks > 0n || (count?.blocks ?? 0n) > 0n || this.isDirect || outputFlags.includes('direct');
    this.mayWarn = !twoBuffers && !this.isFullBlock && isSurprise;
    this.blocks = readsAhead(parts) ? 1 : 0;
  }

  /** A block of so many bytes: how many came, 0 at the end. Throws a CallError. */
  read(bytes: number): number {
    if (this.blocks > 0) return this.readAhead(bytes);
    if (!this.isFullBlock) return this.readOnce(this.at, bytes);
    let got = 0;
    while (got < bytes) {
      const more = this.readOnce(this.at + got, bytes - got);
      if (more === 0) break;
      got += more;
    }
    return got;
  }

  private readAhead(bytes: number): number {
    const { last } = this;
    if (this.ahead === 0) {
      this.at = this.start;
      this.ahead = this.readOnce(this.start, bytes * this.blocks, bytes);
      this.mayComplete = this.isFullBlock || this.blocks > 1;
      this.blocks = Math.min(this.blocks * 2, Math.floor(AHEAD_BYTES / bytes));
    } else this.at += last;
    // What is completed is no short read that a warning tells of.
    this.last = last;
    if (this.ahead > 0 && this.ahead < bytes && this.mayComplete) this.complete(bytes);
    this.last = Math.min(bytes, this.ahead);
    this.ahead -= this.last;
    return this.last;
  }

  /**
   * Reads what a block lacks. Most often a read of many blocks is short as the file ends there, but a filesystem may give less than there is: a read of
   * this block alone would have been whole.
   */
  private complete(bytes: number): void {
    const { isFullBlock, parts } = this;
    // Without fullblock one more call is made, as dd makes one.
    const wanted = isFullBlock ? bytes : 0;
    parts.calls.memory.copyWithin(this.start, this.at, this.at + this.ahead);
    this.at = this.start;
    this.mayComplete = isFullBlock;
    do {
      let more = 0;
      try {
        more = this.readOnce(this.start + this.ahead, bytes - this.ahead, bytes);
      } catch (error) {
        // What came before a refusal is a short block, and the next read is refused.
        if (isFullBlock || !(error instanceof CallError)) throw error;
      }
      if (more === 0) return;
      this.ahead += more;
    } while (this.ahead < wanted);
  }

  /** Lets whoever shares the descriptor go on behind the last block that was passed on. */
  giveBack(): void {
    if (this.ahead === 0) return;
    try {
      this.parts.calls.seek(INPUT, BigInt(-this.ahead), FROM.here);
    } catch (error) {
      // What has no offsets gives nothing twice.
      if (!(error instanceof CallError)) throw error;
    }
    this.ahead = 0;
  }

  private readOnce(at: number, bytes: number, block = bytes): number {
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
      if (this.mayWarn) this.warnOfPartial(block);
    }
    this.last = got;
    return got;
  }

  /** A short read is told when another comes after it: the last one of a file is short as a rule. */
  private warnOfPartial(block: number): void {
    const { last } = this;
    if (last === 0 || last >= block) return;
    this.mayWarn = false;
    say(this.parts, `warning: partial read (${last} ${last === 1 ? 'byte' : 'bytes'}); suggest iflag=fullblock`);
  }
}

/** Where a call that fails, or how long each takes, is not what is asked about. */
function readsAhead({ ends, meter, options }: CopyParts): boolean {
  const { conversions, inputBlock, inputFlags } = options;
  if (conversions.includes('noerror') || inputBlock >= AHEAD_BYTES) return false;
  const from = fstatSync(ends.input);
  if (from.isCharacterDevice()) return from.rdev === ZERO_DEVICE;
  const to = fstatSync(ends.output);
  // A file that is copied into itself is read behind what was written to it.
  if (from.dev === to.dev && from.ino === to.ino) return false;
  // Files without a size, as those of /proc, may give what depends on how much is asked for.
  return from.isFile() && from.size > 0 && !meter && !BY_BLOCK.some((flag) => inputFlags.includes(flag));
}
