// What stands in a dump before its heap: symbols, classes by name, and the frames and stacks of all threads. Symbols are not kept, as a JVM writes its whole
// table of them; whoever needs some asks for them, and the beginning is passed again.

import { UserError } from '../../base/errors.js';
import type { HeapBytes } from './heap-bytes.js';
import { RECORD, RECORD_HEAD } from './layout.js';

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

/** Passes the records from `from` on; `take` returns false for the one that ends it. Returns where that is, and whether it is one. */
async function passRecords(
  bytes: HeapBytes,
  from: number,
  take: (tag: number, view: DataView) => boolean,
): Promise<{ readonly at: number; readonly isDamaged: boolean }> {
  let buffer = Buffer.allocUnsafe(CHUNK);
  let at = from;
  for (;;) {
    const count = await bytes.readAt(buffer, at);
    const view = new DataView(buffer.buffer, buffer.byteOffset, count);
    let here = 0;
    while (here + RECORD_HEAD <= count) {
      const tag = view.getUint8(here);
      const length = view.getUint32(here + 5);
      if (tag === RECORD.heapDump || tag === RECORD.heapSegment || tag === RECORD.heapEnd)
        return { at: at + here, isDamaged: false };
      if (tag === 0 || tag > RECORD.heapEnd) return { at: at + here, isDamaged: true };
      if (here + RECORD_HEAD + length > count) break;
      if (!take(tag, new DataView(view.buffer, view.byteOffset + here + RECORD_HEAD, length)))
        return { at: at + here, isDamaged: true };
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

  private id(view: DataView, at: number): number {
    return this.head.idSize === 8 ? view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4) : view.getUint32(at);
  }

  async read(): Promise<Prefix> {
    const { idSize } = this.head;
    const classes = new Map<number, { readonly id: number; readonly name: number }>();
    const frames: FrameColumns = { id: [], method: [], signature: [], source: [], classSerial: [], line: [] };
    const traces: StackTrace[] = [];
    const { at, isDamaged } = await passRecords(this.bytes, this.head.at, (tag, view) => {
      const length = view.byteLength;
      if (tag === RECORD.loadClass) {
        if (length < 8 + 2 * idSize) return false;
        classes.set(view.getUint32(0), { id: this.id(view, 4), name: this.id(view, 8 + idSize) });
      } else if (tag === RECORD.frame) {
        if (length < 8 + 4 * idSize) return false;
        frames.id.push(this.id(view, 0));
        frames.method.push(this.id(view, idSize));
        frames.signature.push(this.id(view, 2 * idSize));
        frames.source.push(this.id(view, 3 * idSize));
        frames.classSerial.push(view.getUint32(4 * idSize));
        frames.line.push(view.getInt32(4 * idSize + 4));
      } else if (tag === RECORD.trace) {
        if (length < 12 || view.getUint32(8) * idSize > length - 12) return false;
        const ids = Float64Array.from({ length: view.getUint32(8) }, (_, each) => this.id(view, 12 + each * idSize));
        traces.push({ serial: view.getUint32(0), frames: ids });
      }
      return true;
    });
    return { head: this.head, classes, frames, traces, heapAt: at, isDamaged };
  }

  /** The texts of these symbols, and of those that say one of `texts`; what is not there is missing. */
  async symbols(ids: ReadonlySet<number>, texts: ReadonlySet<string>): Promise<Map<number, string>> {
    const { idSize, at } = this.head;
    const longest = Math.max(...[...texts].map((text) => text.length));
    const found = new Map<number, string>();
    await passRecords(this.bytes, at, (tag, view) => {
      if (tag !== RECORD.utf8 || view.byteLength < idSize) return true;
      const id = this.id(view, 0);
      const isShort = view.byteLength - idSize <= longest;
      if (!isShort && !ids.has(id)) return true;
      const text = textOf(view, idSize);
      if (ids.has(id) || texts.has(text)) found.set(id, text);
      return true;
    });
    return found;
  }
}

function textOf(view: DataView, from: number): string {
  return Buffer.from(view.buffer, view.byteOffset + from, view.byteLength - from).toString('utf8');
}
