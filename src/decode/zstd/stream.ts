// The bytes of a zstd stream, in whatever pieces they come → what they inflate to, a block at a time. Node.js has this from 22.15 on only.
// A block costs at most what its 128 KiB cost, whatever it claims. Checksums are passed over, dictionaries refused.
//
//   frame: u32 0xfd2fb528 | u8: 2 bits size of the contents' size, 1 whole contents are the window, 1, 1 reserved, 1 checksum, 2 size of the
//   dictionary's number | u8 window | number of the dictionary | size of the contents | blocks | u32 checksum
//   block: u24: 1 last, 2 form (0 plain, 1 one byte repeated, 2 compressed), 21 size | data
//   frame to be skipped: u32 0x184d2a50 to …5f | u32 size | data
//
// Source: RFC 8878, section 3.1.

import { SLACK } from './bits.js';
import { Damaged } from './damaged.js';
import type { HuffmanTable } from './huffman.js';
import { readLiterals } from './literals.js';
import { nothingRemembered, runSequences, type Remembered, type Target } from './sequences.js';

const MAGIC = 0xfd2f_b528;
/** Without its last four bits, which are any. */
const SKIPPED = 0x184d_2a5;
const FORM = { plain: 0, repeated: 1, compressed: 2 } as const;
/** As zstd itself takes without being told to. */
const MOST_WINDOW = 128 * 2 ** 20;
const MOST_BLOCK = 128 * 1024;
const BLOCK_HEAD = 3;
const CHECKSUM_BYTES = 4;

interface Frame {
  readonly window: number;
  readonly hasChecksum: boolean;
  readonly remembered: Remembered;
  huffman: HuffmanTable | undefined;
}

/** Bytes of a frame's head whose description is `flags`. */
function headBytes(flags: number): number {
  const isSingle = (flags & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][flags & 3] ?? 0;
  return 5 + (isSingle ? 0 : 1) + dictionary + ([isSingle ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0);
}

function readFrame(head: Buffer): Frame {
  const flags = head.readUInt8(4);
  if ((flags & 8) !== 0) throw new Damaged('a frame of a reserved form');
  if ((flags & 3) !== 0) throw new Damaged('a frame that needs a dictionary');
  const window = windowOf(flags, head.subarray(5));
  if (window > MOST_WINDOW) throw new Damaged(`a frame that needs a window of ${window} bytes`);
  return { window, hasChecksum: (flags & 4) !== 0, remembered: nothingRemembered(), huffman: undefined };
}

/** How many bytes before it a block may copy from. */
function windowOf(flags: number, sizes: Buffer): number {
  if ((flags & 0x20) === 0) {
    const [exponent, eighths] = [sizes.readUInt8() >> 3, sizes.readUInt8() & 7];
    return 2 ** (10 + exponent) * (1 + eighths / 8);
  }
  if (sizes.length === 8) return Number(sizes.readBigUInt64LE());
  return sizes.readUIntLE(0, sizes.length) + (sizes.length === 2 ? 256 : 0);
}

/** The last bytes that a frame gave, as many as its window has, and room for a block behind them. It grows as it is filled. */
class Window {
  bytes = Buffer.alloc(2 * MOST_BLOCK);
  to = 0;

  /** Makes room for a block; returns the first byte that it may copy from. */
  makeRoom(window: number): number {
    if (this.to + MOST_BLOCK > this.bytes.length) {
      const kept = Math.min(this.to, window);
      const isTight = 2 * (kept + MOST_BLOCK) > this.bytes.length;
      const bytes = isTight ? Buffer.alloc(2 * this.bytes.length) : this.bytes;
      this.bytes.copy(bytes, 0, this.to - kept, this.to);
      [this.bytes, this.to] = [bytes, kept];
    }
    return Math.max(0, this.to - window);
  }
}

/** Inflates one stream: whatever is put in gives what it completes. Throws Damaged where it can't be read on. */
export class ZstdStream {
  /** A head or a block as far as it has come, with SLACK around it. */
  private readonly unit = Buffer.alloc(BLOCK_HEAD + MOST_BLOCK + 2 * SLACK);
  private held = 0;
  private skipped = 0;
  private frame: Frame | undefined;
  private readonly window = new Window();

  /** Whether it is whole: no frame lacks its end. */
  get isWhole(): boolean {
    return !this.frame && this.held === 0 && this.skipped === 0;
  }

  /** What `bytes` complete, a block at a time; each piece holds until the next one is asked for. */
  *inflate(bytes: Uint8Array): Generator<Buffer> {
    let at = 0;
    while (at < bytes.length) {
      if (this.skipped > 0) {
        const some = Math.min(this.skipped, bytes.length - at);
        this.skipped -= some;
        at += some;
        continue;
      }
      const needed = this.frame ? this.blockBytes(this.frame) : this.headBytes();
      const some = Math.min(needed - this.held, bytes.length - at);
      this.unit.set(bytes.subarray(at, at + some), SLACK + this.held);
      at += some;
      this.held += some;
      if (this.held < needed || needed < (this.frame ? this.blockBytes(this.frame) : this.headBytes())) continue;
      this.held = 0;
      const unit = this.unit.subarray(SLACK, SLACK + needed);
      const piece = this.frame ? this.block(this.frame, unit) : this.head(unit);
      if (piece && piece.length > 0) yield piece;
    }
  }

  /** Bytes of the head that comes, as far as what is held of it tells. */
  private headBytes(): number {
    if (this.held < 4) return 4;
    const magic = this.unit.readUInt32LE(SLACK);
    if (magic >>> 4 === SKIPPED) return 8;
    if (magic !== MAGIC) throw new Damaged('no frame where one should begin');
    return this.held < 5 ? 5 : headBytes(this.unit.readUInt8(SLACK + 4));
  }

  private head(unit: Buffer): undefined {
    if (unit.readUInt32LE() >>> 4 === SKIPPED) this.skipped = unit.readUInt32LE(4);
    else {
      this.frame = readFrame(unit);
      this.window.to = 0;
    }
  }

  /** Bytes of the block that comes, as far as what is held of it tells. */
  private blockBytes({ window }: Frame): number {
    if (this.held < BLOCK_HEAD) return BLOCK_HEAD;
    const head = this.unit.readUIntLE(SLACK, BLOCK_HEAD);
    const size = head >> 3;
    if (size > Math.min(window, MOST_BLOCK)) throw new Damaged(`a block of ${size} bytes`);
    return BLOCK_HEAD + (((head >> 1) & 3) === FORM.repeated ? 1 : size);
  }

  private block(frame: Frame, unit: Buffer): Buffer {
    const head = unit.readUIntLE(0, BLOCK_HEAD);
    const { window } = this;
    const oldest = window.makeRoom(frame.window);
    const from = window.to;
    const most = Math.min(frame.window, MOST_BLOCK);
    window.to = this.write(frame, (head >> 1) & 3, head >> 3, { bytes: window.bytes, from, oldest, to: from + most });
    if ((head & 1) !== 0) {
      this.skipped = frame.hasChecksum ? CHECKSUM_BYTES : 0;
      this.frame = undefined;
    }
    return window.bytes.subarray(from, window.to);
  }

  /** Writes the contents of the block that is held; returns where they end. */
  private write(frame: Frame, form: number, size: number, target: Target): number {
    const { unit } = this;
    const [start, to] = [SLACK + BLOCK_HEAD, target.from + size];
    if (form === FORM.plain) target.bytes.set(unit.subarray(start, start + size), target.from);
    else if (form === FORM.repeated) target.bytes.fill(unit.readUInt8(start), target.from, to);
    else if (form === FORM.compressed) {
      const end = start + size;
      const { literals, at, table } = readLiterals(unit, start, end, target.to - target.from, frame.huffman);
      frame.huffman = table;
      return runSequences(unit, at, end, literals, frame.remembered, target);
    } else throw new Damaged('a block of a reserved form');
    return to;
  }
}

/** A whole stream of which the size that it inflates to is told; throws Damaged where it has another. */
export function inflateZstd(bytes: Uint8Array, inflatedSize: number): Buffer {
  const stream = new ZstdStream();
  const blocks: Buffer[] = [];
  let size = 0;
  for (const block of stream.inflate(bytes)) {
    size += block.length;
    if (size > inflatedSize) break;
    blocks.push(Buffer.from(block));
  }
  if (size !== inflatedSize || !stream.isWhole)
    throw new Damaged(`a stream that does not inflate to ${inflatedSize} bytes`);
  return Buffer.concat(blocks, size);
}
