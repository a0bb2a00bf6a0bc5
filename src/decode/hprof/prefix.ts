// What stands in a dump before its heap: symbols, classes by name, and the frames and stacks of all threads. Symbols are not kept, as a JVM writes its whole
// table of them; whoever needs some asks for them, and the beginning is passed again.

import { UserError } from '../../base/errors.js';
import type { HeapBytes } from './heap-bytes.js';
import { RECORD, RECORD_HEAD } from './layout.js';
import type { Symbols } from './symbols.js';

const CHUNK = 1024 * 1024;
const MAGIC = /^JAVA PROFILE 1\.0\.[123]\0/;
const HEAD = 64;

export interface Head {
  readonly idSize: 4 | 8;
  /** Milliseconds since 1970. */
  readonly takenMs: number;
  /** Where the first record begins. */
  readonly at: number;
}

/** Of all frames, in the order of the file. */
export interface FrameColumns {
  readonly id: number[];
  readonly method: number[];
  readonly signature: number[];
  readonly source: number[];
  readonly classSerial: number[];
  readonly line: number[];
}

export interface StackTrace {
  readonly serial: number;
  /** Ids of frames, innermost first. */
  readonly frames: Float64Array;
}

export interface Prefix {
  readonly head: Head;
  /** By serial number. */
  readonly classes: ReadonlyMap<number, { readonly id: number; readonly name: number }>;
  readonly frames: FrameColumns;
  readonly traces: readonly StackTrace[];
  /** Where the first heap record begins, or where the file ends. */
  readonly heapAt: number;
  /** It ended at a record that is none. */
  readonly isDamaged: boolean;
}

/** Throws a UserError where it is no heap dump. */
export async function readHead(bytes: HeapBytes, name: string): Promise<Head> {
  const buffer = Buffer.alloc(HEAD);
  const head = buffer.subarray(0, await bytes.readAt(buffer, 0));
  const magic = MAGIC.exec(head.toString('latin1'))?.[0];
  const at = magic?.length ?? 0;
  const idSize = at > 0 && head.length >= at + 12 ? head.readUInt32BE(at) : 0;
  if (idSize !== 4 && idSize !== 8)
    throw new UserError(
      `${name} is no heap dump in the HPROF format${bytes.refusal === undefined ? '' : ` (${bytes.refusal})`}: jcmd PID GC.heap_dump makes one.`,
    );
  return { idSize, takenMs: head.readUInt32BE(at + 4) * 0x1_0000_0000 + head.readUInt32BE(at + 8), at: at + 12 };
}

/** Takes a record's body, which lies in `bytes` at `at`; false where that can't be. */
type TakeRecord = (tag: number, bytes: Buffer, at: number, length: number) => boolean;

/** Passes the records from `from` on, up to the heap or the first that can't be taken. Returns where that is, and whether it is one. */
async function passRecords(
  bytes: HeapBytes,
  from: number,
  take: TakeRecord,
): Promise<{ readonly at: number; readonly isDamaged: boolean }> {
  let buffer = Buffer.allocUnsafe(CHUNK);
  let at = from;
  for (;;) {
    const count = await bytes.readAt(buffer, at);
    let here = 0;
    while (here + RECORD_HEAD <= count) {
      const tag = buffer.readUInt8(here);
      const length = buffer.readUInt32BE(here + 5);
      if (tag === RECORD.heapDump || tag === RECORD.heapSegment || tag === RECORD.heapEnd)
        return { at: at + here, isDamaged: false };
      if (tag === 0 || tag > RECORD.heapEnd) return { at: at + here, isDamaged: true };
      if (here + RECORD_HEAD + length > count) break;
      if (!take(tag, buffer, here + RECORD_HEAD, length)) return { at: at + here, isDamaged: true };
      here += RECORD_HEAD + length;
    }
    if (here > 0) at += here;
    else if (count < buffer.length) return { at: at + count, isDamaged: count > 0 };
    // A stack of a hundred thousand frames is larger than a piece; nothing is as large as this.
    else if (buffer.length < 64 * CHUNK) buffer = Buffer.allocUnsafe(buffer.length * 2);
    else return { at, isDamaged: true };
  }
}

export class PrefixReader {
  private readonly bytes: HeapBytes;
  private readonly head: Head;

  constructor(bytes: HeapBytes, head: Head) {
    this.bytes = bytes;
    this.head = head;
  }

  private id(bytes: Buffer, at: number): number {
    return this.head.idSize === 8
      ? bytes.readUInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
      : bytes.readUInt32BE(at);
  }

  async read(): Promise<Prefix> {
    const { idSize } = this.head;
    const classes = new Map<number, { readonly id: number; readonly name: number }>();
    const frames: FrameColumns = { id: [], method: [], signature: [], source: [], classSerial: [], line: [] };
    const traces: StackTrace[] = [];
    const passed = await passRecords(this.bytes, this.head.at, (tag, bytes, at, length) => {
      if (tag === RECORD.loadClass) {
        if (length < 8 + 2 * idSize) return false;
        classes.set(bytes.readUInt32BE(at), { id: this.id(bytes, at + 4), name: this.id(bytes, at + 8 + idSize) });
      } else if (tag === RECORD.frame) {
        if (length < 8 + 4 * idSize) return false;
        frames.id.push(this.id(bytes, at));
        frames.method.push(this.id(bytes, at + idSize));
        frames.signature.push(this.id(bytes, at + 2 * idSize));
        frames.source.push(this.id(bytes, at + 3 * idSize));
        frames.classSerial.push(bytes.readUInt32BE(at + 4 * idSize));
        frames.line.push(bytes.readInt32BE(at + 4 * idSize + 4));
      } else if (tag === RECORD.trace) {
        const count = length < 12 ? Infinity : bytes.readUInt32BE(at + 8);
        if (count * idSize > length - 12) return false;
        const ids = new Float64Array(count);
        for (let each = 0; each < count; each += 1) ids[each] = this.id(bytes, at + 12 + each * idSize);
        traces.push({ serial: bytes.readUInt32BE(at), frames: ids });
      }
      return true;
    });
    return { head: this.head, classes, frames, traces, heapAt: passed.at, isDamaged: passed.isDamaged };
  }

  /** Fills in the texts of symbols, and adds those that say one of `texts`. */
  async fill(symbols: Symbols, texts: ReadonlySet<string>): Promise<void> {
    const { idSize } = this.head;
    const longest = Math.max(...[...texts].map((text) => text.length));
    await passRecords(this.bytes, this.head.at, (tag, bytes, at, length) => {
      if (tag !== RECORD.utf8 || length < idSize) return true;
      const id = this.id(bytes, at);
      const place = symbols.at(id);
      if (place < 0 && length - idSize > longest) return true;
      const text = bytes.toString('utf8', at + idSize, at + length);
      if (place >= 0 || texts.has(text)) symbols.set(id, place, text);
      return true;
    });
  }
}
