// One copy as dd makes it: skip, seek, block after block by one read(2) and one write(2) each, what is left, and the flush at the end. What it
// says it hands to its host, as it runs in a thread of its own, which a system call may hold for long.

import { ftruncateSync, fstatSync } from 'node:fs';
import type { Conversion, DdOptions, Extent, Flag } from '../../tools/dd/options.js';
import type { Quoting } from '../../tools/dd/quoting.js';
import { OutputClosed } from '../../tools/blkparse/output.js';
import { conversionsOf, type Conversions } from '../../tools/dd/records.js';
import { systemWords } from '../../tools/dd/system-errors.js';
import { CallError, FROM, INPUT, OUTPUT, type Calls, type End } from './calls.js';
import { DdFailure, type Ends } from './ends.js';
import type { Meter } from './meter.js';
import { AT, type SharedState } from './shared-state.js';

/** Where a copy hands what it has to say. */
export interface CopyHost {
  /** A line of dd's, without its name in front. */
  tell(sentence: string): void;
  /** The counts up to here are to be shown, as a read error was passed over. */
  showCounts(): void;
}

export interface CopyParts {
  readonly options: DdOptions;
  readonly quoting: Quoting;
  readonly ends: Ends;
  readonly calls: Calls;
  readonly state: SharedState;
  readonly host: CopyHost;
  /** Measures each write; absent where nobody asks. */
  readonly meter?: Meter;
}

const PAGE = 4096;
const LARGEST_OFFSET = 2n ** 63n - 1n;
/** The page cache is let go of in steps of so many bytes. */
const DROP_STEP = 128 * 1024;
const RETRY_MS = 1;
/** /dev/zero, which gives zeros whatever is read at a time: as many blocks as fit into this are asked for at once. */
const ZERO_DEVICE = (1 << 8) | 5;
const ZERO_BYTES = 64 * 1024;

const nap = new Int32Array(new SharedArrayBuffer(4));

function aligned(at: number): number {
  return Math.ceil(at / PAGE) * PAGE;
}

/** Bytes of memory that a copy needs. */
export function memoryFor({ inputBlock, outputBlock, twoBuffers }: DdOptions): bigint {
  const input = inputBlock > BigInt(ZERO_BYTES) ? inputBlock : BigInt(ZERO_BYTES);
  return input + (twoBuffers ? outputBlock : 0n) + 3n * BigInt(PAGE);
}

/** The page cache of one end, let go of behind the copy. */
interface Dropping {
  readonly end: End;
  from: bigint;
  bytes: number;
}

export class Copy {
  private readonly parts: CopyParts;
  private readonly figures: Float64Array;
  private readonly inputBlock: number;
  private readonly outputBlock: number;
  private readonly inputAt: number;
  private readonly outputAt: number;
  private readonly conversions: Conversions | undefined;
  private readonly fill: number;
  private readonly dropping: readonly [Dropping | undefined, Dropping | undefined];
  private readonly isFullBlock: boolean;
  private readonly isDirectInput: boolean;
  private readonly isDirectOutput: boolean;
  /** conv=sync and conv=noerror, looked up once and not at each block. */
  private readonly pads: boolean;
  private readonly passesOver: boolean;
  /** Bytes that wait for a whole block of output. */
  private held = 0;
  /** Zeros that were read and not passed on; undefined where the input is another. */
  private zeros: number | undefined;
  private isSparse: boolean;
  private endsInHole = false;
  private mayWarnOfPartial: boolean;
  private lastRead = 0;
  private mustSync = false;
  private status = 0;

  constructor(parts: CopyParts) {
    this.parts = parts;
    const { options, calls, state } = parts;
    this.figures = state.figures;
    this.inputBlock = Number(options.inputBlock);
    this.outputBlock = Number(options.outputBlock);
    this.inputAt = aligned(calls.firstFree);
    this.outputAt = options.twoBuffers ? aligned(this.inputAt + Math.max(this.inputBlock, ZERO_BYTES)) : this.inputAt;
    this.conversions = conversionsOf(options);
    this.fill = this.does('block') || this.does('unblock') ? 0x20 : 0;
    this.isSparse = this.does('sparse');
    const { inputFlags, outputFlags, twoBuffers, skip, count } = options;
    this.isFullBlock = inputFlags.includes('fullblock');
    this.isDirectInput = inputFlags.includes('direct');
    this.isDirectOutput = outputFlags.includes('direct');
    this.pads = this.does('sync');
    this.passesOver = this.does('noerror');
    const from = fstatSync(parts.ends.input);
    if (from.isCharacterDevice() && from.rdev === ZERO_DEVICE && !this.passesOver && this.inputBlock < ZERO_BYTES)
      this.zeros = 0;
    const isDirect = this.isDirectInput || this.isDirectOutput;
    // Where the number of records or their size matters, a short one is most often a surprise.
    this.mayWarnOfPartial = !twoBuffers && !this.isFullBlock && (skip.blocks > 0n || (count?.blocks ?? 0n) > 0n || isDirect);
    this.dropping = [this.droppingOf(INPUT, inputFlags), this.droppingOf(OUTPUT, outputFlags)];
  }

  private does(name: Conversion): boolean {
    return this.parts.options.conversions.includes(name);
  }

  private droppingOf(end: End, flags: readonly Flag[]): Dropping | undefined {
    return flags.includes('nocache') ? { end, from: 0n, bytes: 0 } : undefined;
  }

  /** Copies to the end, or until it is stopped. The exit status of dd, 0 or 1. Throws a DdFailure where dd gives up at once. */
  run(): number {
    const { options } = this.parts;
    this.skipInput(options.skip);
    this.seekOutput(options.seek);
    for (const drop of this.dropping) if (drop) drop.from = this.offsetOf(drop.end);
    if (options.count?.blocks === 0n && options.count.bytes === 0n) {
      for (const drop of this.dropping) if (drop) this.drop(drop.end, 0n, 0n);
    } else this.copyBlocks();
    this.syncOutput();
    return this.status;
  }

  private offsetOf(end: End): bigint {
    try {
      return this.parts.calls.seek(end, 0n, FROM.here);
    } catch {
      return 0n;
    }
  }

  private get isStopped(): boolean {
    return this.parts.state.isStopped;
  }

  // --- reading

  /** One read(2), or as many as fill the block with iflag=fullblock: bytes, 0 at the end. Throws a CallError. */
  private read(bytes: number): number {
    if (this.zeros !== undefined) return this.readZeros(bytes, this.zeros);
    if (!this.isFullBlock) return this.readOnce(this.inputAt, bytes);
    let got = 0;
    while (got < bytes) {
      const more = this.readOnce(this.inputAt + got, bytes - got);
      if (more === 0) break;
      got += more;
    }
    return got;
  }

  private readZeros(bytes: number, there: number): number {
    const zeros = there >= bytes ? there : this.readOnce(this.inputAt, ZERO_BYTES - (ZERO_BYTES % bytes));
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
        got = this.refused(INPUT, error, bytes);
      }
    }
    if (got > 0) meter?.record('read', performance.now() - begun);
    if (got > 0 && this.mayWarnOfPartial) this.warnOfPartial(bytes);
    this.lastRead = got;
    return got;
  }

  /** A short read is told when another comes after it: the last one of a file is short as a rule. */
  private warnOfPartial(bytes: number): void {
    const { lastRead } = this;
    if (lastRead === 0 || lastRead >= bytes) return;
    this.mayWarnOfPartial = false;
    const unit = lastRead === 1 ? 'byte' : 'bytes';
    this.say(`warning: partial read (${lastRead} ${unit}); suggest iflag=fullblock`);
  }

  /** Says what dd says at all levels but `none`. */
  private say(sentence: string): void {
    if (this.parts.options.status !== 'none') this.parts.host.tell(sentence);
  }

  /**
   * What a refused call comes to: -1 to try it again, 0 for the end of the input; anything else is thrown. A descriptor that another has made
   * non-blocking is waited for; one that was asked to be is not.
   */
  private refused(end: End, error: unknown, bytes: number): number {
    if (!(error instanceof CallError)) throw error;
    const { inputFlags, outputFlags } = this.parts.options;
    // A direct read behind a short one is refused at the end of some files.
    const isEnd = end === INPUT && this.isDirectInput && this.lastRead > 0 && this.lastRead < bytes;
    if (error.code === 'EINVAL' && isEnd) return 0;
    if (error.code === 'EPIPE' && end === OUTPUT) throw new OutputClosed();
    const isAsked = (end === INPUT ? inputFlags : outputFlags).includes('nonblock');
    if (error.code !== 'EAGAIN' || isAsked || this.isStopped) throw error;
    Atomics.wait(nap, 0, 0, RETRY_MS);
    return -1;
  }

  // --- skip and seek

  private skipInput(skip: Extent): void {
    if (skip.blocks === 0n && skip.bytes === 0n) return;
    const { quoting, ends } = this.parts;
    const wanted = skip.blocks * this.parts.options.inputBlock + skip.bytes;
    if (!this.skip(INPUT, skip, wanted)) this.say(`${quoting.bareFile(ends.inputName)}: cannot skip to specified offset`);
  }

  /** Moves an end on by seeking, or by reading where it has no offsets; false where there is less. */
  private skip(end: End, extent: Extent, bytes: bigint): boolean {
    const { calls, ends } = this.parts;
    let refusal: string;
    try {
      if (bytes > LARGEST_OFFSET) throw new CallError('EOVERFLOW');
      const offset = calls.seek(end, bytes, FROM.here);
      const stat = fstatSync(end === INPUT ? ends.input : ends.output);
      if (end === OUTPUT || !stat.isFile() || offset <= BigInt(stat.size)) return true;
      calls.seek(end, 0n, FROM.end);
      return false;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      refusal = error.code;
    }
    return this.skipWithoutOffsets(end, extent, refusal);
  }

  private skipWithoutOffsets(end: End, extent: Extent, refusal: string): boolean {
    const { calls, ends, quoting } = this.parts;
    const name = quoting.bareFile(end === INPUT ? ends.inputName : ends.outputName);
    const verb = end === INPUT ? 'skip' : 'seek';
    try {
      calls.seek(end, 0n, FROM.end);
    } catch {
      if (end === OUTPUT) throw new DdFailure(`${name}: cannot seek: ${systemWords(refusal)}`, true);
      return this.readOver(extent);
    }
    throw new DdFailure(`${name}: cannot ${verb}: ${systemWords(refusal)}`, true);
  }

  private readOver({ blocks, bytes }: Extent): boolean {
    let isShort = false;
    for (let left = blocks; left > 0n && !this.isStopped; left -= 1n) {
      const got = this.readOrFail(this.inputBlock);
      if (got === 0) return false;
      isShort ||= got < this.inputBlock;
    }
    if (bytes === 0n || this.isStopped) return !isShort;
    return this.readOrFail(Number(bytes)) === Number(bytes) && !isShort;
  }

  private readOrFail(bytes: number): number {
    try {
      return this.read(bytes);
    } catch (error) {
      throw new DdFailure(this.readError(error), true);
    }
  }

  private readError(error: unknown): string {
    if (!(error instanceof CallError)) throw error;
    const { quoting, ends } = this.parts;
    return `error reading ${quoting.file(ends.inputName)}: ${systemWords(error.code)}`;
  }

  private seekOutput(seek: Extent): void {
    if (seek.blocks === 0n && seek.bytes === 0n) return;
    this.skip(OUTPUT, seek, seek.blocks * this.parts.options.outputBlock + seek.bytes);
  }

  // --- the blocks

  private copyBlocks(): void {
    const { count, inputBlock } = this.parts.options;
    const blocks = count ? Number(count.blocks) : Infinity;
    const more = count ? Number(count.bytes) : 0;
    const most = blocks + (more > 0 ? 1 : 0);
    const block = Number(inputBlock);
    const { figures } = this;
    let records = 0;
    while (records < most && !this.isStopped) {
      const got = this.readBlock(records < blocks ? block : more);
      if (got === undefined) break;
      if (got < 0) continue;
      records = (figures[AT.fullIn] ?? 0) + (figures[AT.partialIn] ?? 0);
      if (!this.passOn(got)) return;
    }
    if (!this.isStopped) this.finish();
  }

  /** Bytes of the next block, padded where that is asked for; undefined at the end, -1 where there is none because of a read error that is passed over. */
  private readBlock(bytes: number): number | undefined {
    const { figures, inputAt, inputBlock, pads, passesOver } = this;
    const { memory } = this.parts.calls;
    if (pads && passesOver) memory.fill(this.fill, inputAt, inputAt + inputBlock);
    let got: number;
    try {
      got = this.read(bytes);
    } catch (error) {
      got = this.passOverError(error, passesOver, pads);
      if (got < 0) return passesOver ? -1 : undefined;
      if (got === 0) {
        figures[AT.partialIn] = (figures[AT.partialIn] ?? 0) + 1;
        return inputBlock;
      }
    }
    if (got === 0) return undefined;
    this.dropBehind(INPUT, got);
    if (got === inputBlock) figures[AT.fullIn] = (figures[AT.fullIn] ?? 0) + 1;
    else {
      figures[AT.partialIn] = (figures[AT.partialIn] ?? 0) + 1;
      if (pads) {
        if (!passesOver) memory.fill(this.fill, inputAt + got, inputAt + inputBlock);
        return inputBlock;
      }
    }
    return got;
  }

  /** Tells a read error. -1: nothing came; 0: zeros stand for the block that did not. */
  private passOverError(error: unknown, passesOver: boolean, pads: boolean): number {
    const sentence = this.readError(error);
    const { status } = this.parts.options;
    if (!passesOver || status !== 'none') this.parts.host.tell(sentence);
    if (!passesOver) {
      this.status = 1;
      return -1;
    }
    this.parts.host.showCounts();
    const short = this.lastRead < this.inputBlock ? this.lastRead : 0;
    this.lastRead = 0;
    try {
      this.parts.calls.seek(INPUT, BigInt(this.inputBlock - short), FROM.here);
    } catch {
      this.status = 1;
    }
    return pads && short === 0 ? 0 : -1;
  }

  /** Hands a block that was read on to the output: as it is, or to what is put together for it. False where that failed. */
  private passOn(bytes: number): boolean {
    const { twoBuffers } = this.parts.options;
    if (!twoBuffers) return this.writeAsRead(bytes);
    const { memory } = this.parts.calls;
    const block = memory.subarray(this.inputAt, this.inputAt + bytes);
    this.gather(this.conversions ? this.conversions.take(block) : block);
    this.figures[AT.truncated] = this.conversions?.truncated ?? 0;
    return true;
  }

  private writeAsRead(bytes: number): boolean {
    const { figures } = this;
    const refusal = this.write(this.inputAt, bytes);
    if (refusal !== undefined) {
      this.fail('error writing', refusal);
      return false;
    }
    const at = bytes === this.inputBlock ? AT.fullOut : AT.partialOut;
    figures[at] = (figures[at] ?? 0) + 1;
    return true;
  }

  /** Puts bytes behind those that wait, and writes each block that is whole. Throws a DdFailure where that can't be. */
  private gather(bytes: Buffer): void {
    const { memory } = this.parts.calls;
    for (let from = 0; from < bytes.length;) {
      const taken = bytes.copy(memory, this.outputAt + this.held, from, from + this.outputBlock - this.held);
      from += taken;
      this.held += taken;
      if (this.held < this.outputBlock) return;
      const before = this.figures[AT.bytesOut] ?? 0;
      const refusal = this.write(this.outputAt, this.outputBlock);
      this.held = 0;
      if (refusal !== undefined) {
        if ((this.figures[AT.bytesOut] ?? 0) > before) this.countPartialOut();
        const { quoting, ends } = this.parts;
        throw new DdFailure(`writing to ${quoting.file(ends.outputName)}: ${systemWords(refusal)}`, true);
      }
      this.figures[AT.fullOut] = (this.figures[AT.fullOut] ?? 0) + 1;
    }
  }

  private countPartialOut(): void {
    this.figures[AT.partialOut] = (this.figures[AT.partialOut] ?? 0) + 1;
  }

  private fail(what: string, code: string): void {
    const { quoting, ends, host } = this.parts;
    host.tell(`${what} ${quoting.file(ends.outputName)}: ${systemWords(code)}`);
    this.status = 1;
  }

  // --- writing

  /** Writes so many bytes, by as many write(2) as it takes; the errno's name where one was refused. */
  private write(at: number, bytes: number): string | undefined {
    const { calls, meter } = this.parts;
    if (this.isSparse && this.leaveHole(at, bytes)) return undefined;
    try {
      if (this.isDirectOutput && bytes < this.outputBlock) this.endDirect();
      const begun = meter ? performance.now() : 0;
      for (let done = 0; done < bytes;) {
        let put: number;
        try {
          put = calls.write(at + done, bytes - done);
        } catch (error) {
          put = this.refused(OUTPUT, error, bytes);
        }
        if (put === 0) return 'ENOSPC';
        if (put < 0) continue;
        done += put;
        this.figures[AT.bytesOut] = (this.figures[AT.bytesOut] ?? 0) + put;
      }
      this.endsInHole = false;
      meter?.wrote(begun, calls);
    } catch (error) {
      if (error instanceof CallError) return error.code;
      throw error;
    }
    this.dropBehind(OUTPUT, bytes);
    return undefined;
  }

  /** Passes over a block of zeros, where the output has offsets. */
  private leaveHole(at: number, bytes: number): boolean {
    const { memory, seek } = { memory: this.parts.calls.memory, seek: this.parts.calls };
    const block = memory.subarray(at, at + bytes);
    if (block[0] !== 0 || !block.subarray(1).equals(block.subarray(0, -1))) return false;
    try {
      seek.seek(OUTPUT, BigInt(bytes), FROM.here);
    } catch {
      this.isSparse = false;
      return false;
    }
    this.endsInHole = true;
    this.figures[AT.bytesOut] = (this.figures[AT.bytesOut] ?? 0) + bytes;
    return true;
  }

  /** A block that is none of the size that O_DIRECT takes goes through the page cache, and to the disk at the end. */
  private endDirect(): void {
    try {
      this.parts.calls.setFlags(OUTPUT, 0);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      const { quoting, ends } = this.parts;
      this.say(`failed to turn off O_DIRECT: ${quoting.file(ends.outputName)}: ${systemWords(error.code)}`);
    }
    this.mustSync = true;
  }

  // --- the end

  private finish(): void {
    const { ends, quoting } = this.parts;
    if (this.conversions) {
      this.gather(this.conversions.end());
      this.figures[AT.truncated] = this.conversions.truncated;
    }
    if (this.held > 0) {
      const before = this.figures[AT.bytesOut] ?? 0;
      const refusal = this.write(this.outputAt, this.held);
      if ((this.figures[AT.bytesOut] ?? 0) > before) this.countPartialOut();
      if (refusal !== undefined) {
        this.fail('error writing', refusal);
        return;
      }
    }
    if (!this.endsInHole) return;
    const length = this.offsetOf(OUTPUT);
    const stat = fstatSync(ends.output);
    if (!stat.isFile() || BigInt(stat.size) >= length) return;
    try {
      ftruncateSync(ends.output, Number(length));
    } catch {
      this.fail(`failed to truncate to ${length} bytes in output file ${quoting.file(ends.outputName)}`, 'EINVAL');
    }
  }

  /** Flushes what conv= asks for; false where that failed, which is told. */
  syncOutput(): boolean {
    if (this.isStopped) return true;
    if (this.does('fdatasync') && !this.sync('fdatasync')) return false;
    return !(this.does('fsync') || this.mustSync) || this.sync('fsync');
  }

  /** False where it failed, which is told. What has no data alone is flushed whole. */
  private sync(how: 'fdatasync' | 'fsync'): boolean {
    const { calls, meter } = this.parts;
    const begun = performance.now();
    try {
      calls.sync(how);
      meter?.record(how, performance.now() - begun);
      return true;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (how === 'fdatasync' && (error.code === 'EINVAL' || error.code === 'ENOSYS')) return this.sync('fsync');
      this.fail(`${how} failed for`, error.code);
      return false;
    }
  }

  // --- nocache

  private dropBehind(end: End, bytes: number): void {
    const drop = this.dropping[end];
    if (!drop) return;
    drop.bytes += bytes;
    if (drop.bytes < DROP_STEP) return;
    this.drop(end, drop.from, BigInt(drop.bytes));
    drop.from += BigInt(drop.bytes);
    drop.bytes = 0;
  }

  private drop(end: End, from: bigint, bytes: bigint): void {
    const { calls, ends, quoting, host } = this.parts;
    try {
      calls.dropCache(end, from, bytes);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      // Only where nothing else was asked for is it an error.
      if (bytes > 0n) return;
      const name = quoting.file(end === INPUT ? ends.inputName : ends.outputName);
      host.tell(`failed to discard cache for: ${name}: ${systemWords(error.code)}`);
      this.status = 1;
    }
  }
}
