// iflag=nocache and oflag=nocache: the page cache is let go of behind a copy, in steps, or all of it where nothing is copied.

import { systemWords } from '../../tools/dd/system-errors.js';
import { CallError, FROM, INPUT, type End } from './calls.js';
import type { CopyParts } from './copy-parts.js';

const STEP = 128 * 1024;

export class CacheDrop {
  private readonly parts: CopyParts;
  private readonly end: End;
  private from = 0n;
  private bytes = 0;

  constructor(parts: CopyParts, end: End) {
    this.parts = parts;
    this.end = end;
  }

  /** Undefined where it is not asked for. */
  static asked(parts: CopyParts, end: End): CacheDrop | undefined {
    const { inputFlags, outputFlags } = parts.options;
    return (end === INPUT ? inputFlags : outputFlags).includes('nocache') ? new CacheDrop(parts, end) : undefined;
  }

  /** Copying begins where the descriptor stands now. */
  begin(): void {
    try {
      this.from = this.parts.calls.seek(this.end, 0n, FROM.here);
    } catch {
      // What has no offsets has no cache either.
    }
  }

  /** So many bytes more lie behind. */
  pass(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes < STEP) return;
    try {
      this.parts.calls.dropCache(this.end, this.from, BigInt(this.bytes));
    } catch (error) {
      // It is advice, and no part of the copy.
      if (!(error instanceof CallError)) throw error;
    }
    this.from += BigInt(this.bytes);
    this.bytes = 0;
  }

  /** All of it, which is what was asked for where nothing is copied; false where that failed, which is told. */
  dropAll(): boolean {
    const { calls, ends, quoting, host } = this.parts;
    try {
      calls.dropCache(this.end, 0n, 0n);
      return true;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      const name = quoting.file(this.end === INPUT ? ends.inputName : ends.outputName);
      host.tell(`failed to discard cache for: ${name}: ${systemWords(error.code)}`);
      return false;
    }
  }
}
