// The output of a copy: one write(2) a block, holes where they are asked for, blocks put together of what comes in other sizes, and the flush.

import { ftruncateSync, fstatSync } from 'node:fs';
import { systemWords } from '../../tools/dd/system-errors.js';
import { CallError, FROM, OUTPUT } from './calls.js';
import { CacheDrop } from './cache-drop.js';
import { retry, say, type CopyParts } from './copy-parts.js';
import { DdFailure } from './ends.js';
import { AT } from './shared-state.js';

export class CopyOutput {
  readonly cache: CacheDrop | undefined;
  private readonly parts: CopyParts;
  private readonly figures: Float64Array;
  private readonly at: number;
  private readonly block: number;
  private readonly isDirect: boolean;
  private isSparse: boolean;
  private endsInHole = false;
  private mustSync = false;
  /** A block is written whose flush is asked for. */
  private mustFlush = false;
  /** Bytes that wait for a whole block. */
  private held = 0;

  /** `at`: where in the memory blocks are put together. */
  constructor(parts: CopyParts, at: number) {
    this.parts = parts;
    this.at = at;
    this.figures = parts.state.figures;
    this.block = Number(parts.options.outputBlock);
    this.isDirect = parts.options.outputFlags.includes('direct');
    this.isSparse = parts.options.conversions.includes('sparse');
    this.cache = CacheDrop.asked(parts, OUTPUT);
  }

  private count(what: 'fullOut' | 'partialOut'): void {
    this.figures[AT[what]] = (this.figures[AT[what]] ?? 0) + 1;
  }

  private get bytesOut(): number {
    return this.figures[AT.bytesOut] ?? 0;
  }

  /** Says what could not be done with the output. Always false. */
  private fail(what: string, code: string): false {
    const { quoting, ends, host } = this.parts;
    host.tell(`${what} ${quoting.file(ends.outputName)}: ${systemWords(code)}`);
    return false;
  }

  /** Writes a block as it was read; false where that failed, which is told. Throws a DdFailure where its flush is refused. */
  pass(at: number, bytes: number): boolean {
    const refusal = this.write(at, bytes);
    if (refusal !== undefined) return this.fail('error writing', refusal);
    this.count(bytes === this.block ? 'fullOut' : 'partialOut');
    this.flushBlock();
    return true;
  }

  /** Puts bytes behind those that wait, and writes each block that is whole. Throws a DdFailure where that can't be. */
  gather(bytes: Buffer): void {
    const { memory } = this.parts.calls;
    for (let from = 0; from < bytes.length;) {
      const taken = bytes.copy(memory, this.at + this.held, from, from + this.block - this.held);
      from += taken;
      this.held += taken;
      if (this.held < this.block) return;
      const before = this.bytesOut;
      const refusal = this.write(this.at, this.block);
      this.held = 0;
      if (refusal !== undefined) {
        if (this.bytesOut > before) this.count('partialOut');
        const { quoting, ends } = this.parts;
        throw new DdFailure(`writing to ${quoting.file(ends.outputName)}: ${systemWords(refusal)}`, true);
      }
      this.count('fullOut');
      this.flushBlock();
    }
  }

  /** Writes what waits, and gives the file its length where it ends in a hole; false where that failed, which is told. */
  finish(): boolean {
    if (this.held > 0) {
      const before = this.bytesOut;
      const refusal = this.write(this.at, this.held);
      if (this.bytesOut > before) this.count('partialOut');
      if (refusal !== undefined) return this.fail('error writing', refusal);
      this.flushBlock();
    }
    return !this.endsInHole || this.extend();
  }

  private extend(): boolean {
    const { calls, ends } = this.parts;
    const length = calls.seek(OUTPUT, 0n, FROM.here);
    const stat = fstatSync(ends.output);
    if (!stat.isFile() || BigInt(stat.size) >= length) return true;
    try {
      ftruncateSync(ends.output, Number(length));
      return true;
    } catch {
      return this.fail(`failed to truncate to ${length} bytes in output file`, 'EINVAL');
    }
  }

  /** Writes so many bytes, by as many write(2) as it takes; the errno's name where one was refused. */
  private write(at: number, bytes: number): string | undefined {
    const { meter } = this.parts;
    if (this.isSparse && this.leaveHole(at, bytes)) return undefined;
    try {
      if (this.isDirect && bytes < this.block) this.endDirect();
      const begun = meter ? performance.now() : 0;
      for (let done = 0; done < bytes;) {
        const put = this.writeOnce(at + done, bytes - done);
        if (put === 0) return 'ENOSPC';
        done += put;
        this.figures[AT.bytesOut] = (this.figures[AT.bytesOut] ?? 0) + put;
      }
      this.endsInHole = false;
      meter?.record('write', performance.now() - begun);
      this.mustFlush = meter?.syncEach !== undefined;
    } catch (error) {
      if (error instanceof CallError) return error.code;
      throw error;
    }
    this.cache?.pass(bytes);
    return undefined;
  }

  /** Flushes the block that was written where each is to be. Throws a DdFailure. */
  private flushBlock(): void {
    const { calls, meter, quoting, ends } = this.parts;
    if (!this.mustFlush || !meter?.syncEach) return;
    this.mustFlush = false;
    const how = meter.syncEach;
    const begun = performance.now();
    try {
      calls.sync(how);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      const why = error.code === 'EINVAL' ? `${how} is not supported there` : systemWords(error.code);
      throw new DdFailure(`${how} failed for ${quoting.file(ends.outputName)}: ${why}`, true);
    }
    meter.record(how, performance.now() - begun);
  }

  private writeOnce(at: number, bytes: number): number {
    for (;;) {
      try {
        return this.parts.calls.write(at, bytes);
      } catch (error) {
        retry(this.parts, OUTPUT, error);
      }
    }
  }

  /** Passes over a block of zeros, where the output has offsets. */
  private leaveHole(at: number, bytes: number): boolean {
    const { calls } = this.parts;
    const block = calls.memory.subarray(at, at + bytes);
    if (block[0] !== 0 || !block.subarray(1).equals(block.subarray(0, -1))) return false;
    try {
      calls.seek(OUTPUT, BigInt(bytes), FROM.here);
    } catch {
      this.isSparse = false;
      return false;
    }
    this.endsInHole = true;
    this.figures[AT.bytesOut] = this.bytesOut + bytes;
    return true;
  }

  /** A block that is none of the size that O_DIRECT takes goes through the page cache, and to the disk at the end. */
  private endDirect(): void {
    try {
      this.parts.calls.setFlags(OUTPUT, 0);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      const { quoting, ends } = this.parts;
      say(this.parts, `failed to turn off O_DIRECT: ${quoting.file(ends.outputName)}: ${systemWords(error.code)}`);
    }
    this.mustSync = true;
  }

  /** Flushes what conv= asks for; false where that failed, which is told. */
  sync(): boolean {
    const { conversions } = this.parts.options;
    if (this.parts.state.isStopped) return true;
    if (conversions.includes('fdatasync') && !this.flush('fdatasync')) return false;
    return !(conversions.includes('fsync') || this.mustSync) || this.flush('fsync');
  }

  /** What has no data alone is flushed whole. */
  private flush(how: 'fdatasync' | 'fsync'): boolean {
    const { calls, meter } = this.parts;
    const begun = performance.now();
    try {
      calls.sync(how);
      meter?.record(how, performance.now() - begun);
      return true;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (how === 'fdatasync' && (error.code === 'EINVAL' || error.code === 'ENOSYS')) return this.flush('fsync');
      return this.fail(`${how} failed for`, error.code);
    }
  }
}
