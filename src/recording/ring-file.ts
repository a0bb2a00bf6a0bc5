// A file of a fixed size that holds the newest records of a stream: when it is full, the oldest are written over. All its blocks are taken when it is
// made, so that later a full disk refuses nothing, and a filesystem has nothing to allocate while it is slow. A record is a frame (frame.ts) that begins
// at a block's first byte and has a checksum, so that whatever a kill or a crash left half written is passed over, and everything else is found. What its
// disk refuses is tried again.
//
//   block 0        1        2        3   …
//   [frame 7      ][frame 8 .. .. ][frame 3 ][frame 4 …        the newest record is 8; 3 is the oldest, what came before it is gone

import { closeSync, constants, fstatSync, readSync } from 'node:fs';
import { monotonicNs } from '../base/clock.js';
import { errnoOf } from '../base/errors.js';
import type { HeldFolder } from '../base/held-folder.js';
import { DirectFile } from './direct-file.js';
import { BLOCK, encodeFrame, FRAME, scanFrame } from './frame.js';

const FILL = 64 * BLOCK;
/** Records that may wait for a disk that has stalled, or that refuses them; the newest are kept. */
const MOST_WAITING = 256;

export interface RingRecord {
  /** Grows by one a record, from 0. */
  readonly sequence: number;
  readonly payload: Buffer;
}

interface Found {
  readonly records: readonly RingRecord[];
  /** The block behind the newest record. */
  readonly next: number;
}

/** The records of a ring, the oldest first. A view of `bytes`. */
function recordsIn(bytes: Buffer): Found {
  const found: { readonly record: RingRecord; readonly next: number }[] = [];
  for (let at = 0; at + BLOCK <= bytes.length;) {
    const scan = scanFrame(bytes, at);
    if (scan.kind === 'frame' && scan.head.type === FRAME.record) {
      const next = Math.ceil(scan.next / BLOCK) * BLOCK;
      found.push({ record: { sequence: scan.head.sequence, payload: scan.payload }, next });
      at = next;
    } else at += BLOCK;
  }
  found.sort((a, b) => a.record.sequence - b.record.sequence);
  return { records: found.map(({ record }) => record), next: found.at(-1)?.next ?? 0 };
}

/** Reads a ring's records, the oldest first; none where there is no such file. Throws the system's error. */
export function readRing(folder: HeldFolder, name: string): readonly RingRecord[] {
  return scanRing(folder, name)?.records ?? [];
}

function scanRing(folder: HeldFolder, name: string): (Found & { readonly bytes: number }) | undefined {
  let descriptor: number;
  try {
    descriptor = folder.openSync(name, constants.O_RDONLY);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const bytes = Buffer.alloc(fstatSync(descriptor).size);
    let length = 0;
    for (let count = -1; count !== 0 && length < bytes.length; length += count)
      count = readSync(descriptor, bytes, length, bytes.length - length, length);
    return { ...recordsIn(bytes.subarray(0, length)), bytes: length };
  } finally {
    closeSync(descriptor);
  }
}

export interface RingOptions {
  /** Whole blocks. One that exists keeps its size. */
  readonly bytes: number;
  /** Told when writes begin to fail. What could not be written is tried again with each record that is added. */
  readonly failed: (error: unknown) => void;
  /** Told when all that waited is written behind that, and how many records were given up meanwhile, the oldest: more than may wait. */
  readonly recovered?: (lost: number) => void;
}

export class RingFile {
  private readonly file: DirectFile;
  private readonly bytes: number;
  private readonly options: RingOptions;
  private next: number;
  private sequence: number;
  private waiting: Buffer[] = [];
  private chain: Promise<void> = Promise.resolve();
  private isFailing = false;
  /** Records that were given up since all that waited was written. */
  private lost = 0;

  private constructor(file: DirectFile, bytes: number, options: RingOptions, { records, next }: Found) {
    this.file = file;
    this.bytes = bytes;
    this.options = options;
    this.next = next;
    this.sequence = (records.at(-1)?.sequence ?? -1) + 1;
  }

  /** Makes it, with all its blocks, or goes on behind the newest record of one that is there. Throws the system's error. */
  static async open(folder: HeldFolder, name: string, options: RingOptions): Promise<RingFile> {
    const found = scanRing(folder, name);
    if (found && found.bytes >= BLOCK)
      return new RingFile(await DirectFile.open(folder, name), found.bytes - (found.bytes % BLOCK), options, found);
    if (found) folder.removeSync(name);
    const file = await DirectFile.create(folder, name);
    const empty = Buffer.alloc(FILL);
    try {
      for (let at = 0; at < options.bytes; at += FILL)
        await file.append([empty.subarray(0, Math.min(FILL, options.bytes - at))]);
      await file.sync();
    } catch (error) {
      await file.close();
      folder.removeSync(name);
      throw error;
    }
    return new RingFile(file, options.bytes, options, { records: [], next: 0 });
  }

  /** Adds a record, of at most the ring's size; returns at once. */
  add(payload: Uint8Array): void {
    const frame = encodeFrame({ type: FRAME.record, flags: 0, sequence: this.sequence, atNs: monotonicNs() }, payload);
    const whole = Buffer.alloc(Math.ceil(frame.length / BLOCK) * BLOCK);
    whole.set(frame);
    if (whole.length > this.bytes) throw new RangeError(`a record of ${whole.length} bytes in a ring of ${this.bytes}`);
    this.sequence += 1;
    this.waiting.push(whole);
    if (this.waiting.length > MOST_WAITING) {
      this.waiting.shift();
      this.lost += 1;
    }
    this.chain = this.chain.then(this.writeAll);
  }

  /** Tries again what its disk has refused; returns at once. */
  retry(): void {
    if (this.isFailing) this.chain = this.chain.then(this.writeAll);
  }

  private readonly writeAll = async (): Promise<void> => {
    for (let record = this.waiting.shift(); record; record = this.waiting.shift()) {
      try {
        await this.write(record);
      } catch (error) {
        if (!this.isFailing) this.options.failed(error);
        this.isFailing = true;
        if (this.waiting.length < MOST_WAITING) this.waiting.unshift(record);
        else this.lost += 1;
        return;
      }
    }
    if (this.isFailing || this.lost > 0) this.options.recovered?.(this.lost);
    this.isFailing = false;
    this.lost = 0;
  };

  private async write(record: Buffer): Promise<void> {
    if (this.next + record.length > this.bytes) this.next = 0;
    this.file.seek(this.next);
    await this.file.append([record]);
    this.next += record.length;
    await this.file.sync();
  }

  async close(): Promise<void> {
    await this.chain;
    await this.file.close();
  }
}
