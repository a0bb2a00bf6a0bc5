// One copy as dd makes it: skip, seek, block after block, what is left, and the flush at the end. It runs in a thread of its own, which a system
// call may hold for long.

import { conversionsOf, type Conversions } from '../../tools/dd/records.js';
import { FROM, INPUT } from './calls.js';
import { CacheDrop } from './cache-drop.js';
import { readError, type CopyParts } from './copy-parts.js';
import { CopyInput, AHEAD_BYTES } from './input.js';
import { CopyOutput } from './output.js';
import { AT } from './shared-state.js';
import { seekOutput, skipInput } from './skipping.js';
import type { DdOptions } from '../../tools/dd/options.js';

const PAGE = 4096;
const BLANK = 0x20;

function aligned(at: number): number {
  return Math.ceil(at / PAGE) * PAGE;
}

/** Bytes of memory that a copy needs. */
export function memoryFor({ inputBlock, outputBlock, twoBuffers }: DdOptions): bigint {
  const input = inputBlock > BigInt(AHEAD_BYTES) ? inputBlock : BigInt(AHEAD_BYTES);
  return input + (twoBuffers ? outputBlock : 0n) + 3n * BigInt(PAGE);
}

export class Copy {
  private readonly parts: CopyParts;
  private readonly figures: Float64Array;
  private readonly block: number;
  private readonly input: CopyInput;
  private readonly output: CopyOutput;
  private readonly conversions: Conversions | undefined;
  private readonly cache: CacheDrop | undefined;
  /** conv=sync and conv=noerror, looked up once and not at each block. */
  private readonly pads: boolean;
  private readonly passesOver: boolean;
  private readonly fill: number;
  private status = 0;

  constructor(parts: CopyParts) {
    const { options, calls, state } = parts;
    this.parts = parts;
    this.figures = state.figures;
    this.block = Number(options.inputBlock);
    const at = aligned(calls.firstFree);
    this.input = new CopyInput(parts, at);
    this.output = new CopyOutput(parts, options.twoBuffers ? aligned(at + Math.max(this.block, AHEAD_BYTES)) : at);
    this.conversions = conversionsOf(options);
    this.cache = CacheDrop.asked(parts, INPUT);
    const { conversions } = options;
    this.pads = conversions.includes('sync');
    this.passesOver = conversions.includes('noerror');
    this.fill = conversions.includes('block') || conversions.includes('unblock') ? BLANK : 0;
  }

  /** Copies to the end, or until it is stopped. The exit status of dd, 0 or 1. Throws a DdFailure where dd gives up at once. */
  run(): number {
    const { count } = this.parts.options;
    skipInput(this.parts, this.input);
    seekOutput(this.parts);
    if (count?.blocks === 0n && count.bytes === 0n) {
      for (const cache of [this.cache, this.output.cache]) if (cache && !cache.dropAll()) this.status = 1;
    } else this.copyAll();
    if (!this.syncOutput()) this.status = 1;
    return this.status;
  }

  /** Flushes what conv= asks for; false where that failed, which is told. */
  syncOutput(): boolean {
    return this.output.sync();
  }

  private copyAll(): void {
    try {
      this.copyBlocks();
    } finally {
      this.input.giveBack();
    }
  }

  private copyBlocks(): void {
    const { count } = this.parts.options;
    const { state } = this.parts;
    const blocks = count ? Number(count.blocks) : Infinity;
    const more = count ? Number(count.bytes) : 0;
    const most = blocks + (more > 0 ? 1 : 0);
    const { figures, block } = this;
    this.cache?.begin();
    this.output.cache?.begin();
    let records = 0;
    while (records < most && !state.isStopped) {
      const got = this.readBlock(records < blocks ? block : more);
      if (got === undefined) break;
      if (got < 0) continue;
      records = (figures[AT.fullIn] ?? 0) + (figures[AT.partialIn] ?? 0);
      if (!this.passOn(got)) {
        this.status = 1;
        return;
      }
    }
    if (!state.isStopped) this.finish();
  }

  /** Bytes of the next block, padded where that is asked for; undefined at the end, -1 where there is none because of a read error that is passed over. */
  private readBlock(bytes: number): number | undefined {
    const { figures, block, pads, passesOver, input } = this;
    const { memory } = this.parts.calls;
    if (pads && passesOver) memory.fill(this.fill, input.at, input.at + block);
    let got: number;
    try {
      got = input.read(bytes);
    } catch (error) {
      return this.readFailed(error);
    }
    if (got === 0) return undefined;
    this.cache?.pass(got);
    if (got === block) {
      figures[AT.fullIn] = (figures[AT.fullIn] ?? 0) + 1;
      return got;
    }
    figures[AT.partialIn] = (figures[AT.partialIn] ?? 0) + 1;
    if (!pads) return got;
    if (!passesOver) memory.fill(this.fill, input.at + got, input.at + block);
    return block;
  }

  /** Tells a read error. Where it is passed over, padding stands for the block, unless a part of that has been passed on. */
  private readFailed(error: unknown): number | undefined {
    const { passesOver, input, block, figures } = this;
    const { options, host, calls } = this.parts;
    const sentence = readError(this.parts, error);
    if (!passesOver || options.status !== 'none') host.tell(sentence);
    if (!passesOver) {
      this.status = 1;
      return undefined;
    }
    host.showCounts();
    const short = input.last < block ? input.last : 0;
    input.last = 0;
    try {
      calls.seek(INPUT, BigInt(block - short), FROM.here);
    } catch {
      this.status = 1;
    }
    if (!this.pads || short > 0) return -1;
    figures[AT.partialIn] = (figures[AT.partialIn] ?? 0) + 1;
    return block;
  }

  /** Hands a block that was read on to the output: as it is, or to what is put together for it. False where that failed. */
  private passOn(bytes: number): boolean {
    const { input, output, conversions } = this;
    if (!this.parts.options.twoBuffers) return output.pass(input.at, bytes);
    const block = this.parts.calls.memory.subarray(input.at, input.at + bytes);
    output.gather(conversions ? conversions.take(block) : block);
    this.figures[AT.truncated] = conversions?.truncated ?? 0;
    return true;
  }

  private finish(): void {
    if (this.conversions) {
      this.output.gather(this.conversions.end());
      this.figures[AT.truncated] = this.conversions.truncated;
    }
    if (!this.output.finish()) this.status = 1;
  }
}
