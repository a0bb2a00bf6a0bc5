// Where the heap's segments lie in a dump, told by hopping from head to head: one small read a segment. With its length stands what its first sub-record is,
// by which most segments need never be read.

import type { HeapBytes } from './heap-bytes.js';
import { INSTANCE, OBJECT_ARRAY, PRIMITIVE_ARRAY, RECORD, RECORD_HEAD, sizeOf } from './layout.js';
import type { Head } from './prefix.js';

export interface Segment {
  /** Where its sub-records begin. */
  readonly at: number;
  length: number;
  /** The file ends within it. */
  isCut: boolean;
  /** The first sub-record's tag. */
  readonly tag: number;
  /** The first object's id, where it is one. */
  readonly firstId: number;
  /** Bytes of the first sub-record where it is an array. */
  readonly firstLength: number;
}

export interface Segments {
  readonly list: readonly Segment[];
  /** The record that ends a dump was there, or the one heap record of an old dump is whole. */
  readonly ended: boolean;
  /** Up to where records follow each other. */
  readonly covered: number;
  readonly damage: readonly string[];
}

export function isObject(tag: number): boolean {
  return tag === INSTANCE || tag === OBJECT_ARRAY || tag === PRIMITIVE_ARRAY;
}

/** A record's head and the head of an object behind it. */
const SEEN = RECORD_HEAD + 26;
const WRAP = 2 ** 32;

function segmentAt(view: DataView, at: number, length: number, { idSize }: Head): Segment {
  const body = RECORD_HEAD;
  const tag = view.getUint8(body);
  const first = { at: at + body, length, isCut: false, tag, firstId: NaN, firstLength: 0 };
  if (!isObject(tag)) return first;
  const low = view.getUint32(body + idSize - 3);
  const firstId = idSize === 8 ? view.getUint32(body + 1) * WRAP + low : low;
  if (tag === INSTANCE) return { ...first, firstId };
  const isPrimitive = tag === PRIMITIVE_ARRAY;
  const head = 9 + idSize + (isPrimitive ? 1 : idSize);
  const size = isPrimitive ? sizeOf(view.getUint8(body + head - 1), 0) : idSize;
  return { ...first, firstId, firstLength: head + view.getUint32(body + 5 + idSize) * size };
}

export async function hopSegments(bytes: HeapBytes, head: Head, from: number): Promise<Segments> {
  const buffer = Buffer.alloc(SEEN);
  const view = new DataView(buffer.buffer, buffer.byteOffset, SEEN);
  const list: Segment[] = [];
  const damage: string[] = [];
  let [at, ended, isOld] = [from, false, false];
  for (;;) {
    const count = await bytes.readAt(buffer, at);
    if (count < RECORD_HEAD) break;
    const tag = buffer[0] ?? 0;
    let length = view.getUint32(5);
    if (tag === RECORD.heapEnd) {
      ended = true;
      at += RECORD_HEAD;
      break;
    }
    if (tag === 0 || tag > RECORD.heapEnd) {
      damage.push(`At byte ${at} no record begins: what follows is not read.`);
      break;
    }
    const left = bytes.size === undefined ? undefined : bytes.size - at - RECORD_HEAD;
    if (tag === RECORD.heapDump || tag === RECORD.heapSegment) {
      isOld ||= tag === RECORD.heapDump;
      // A writer that died left 0; one of more than 4 GiB told the rest of its length alone.
      const isOpen = length === 0 || (tag === RECORD.heapDump && left !== undefined && (left - length) % WRAP === 0);
      if (isOpen) length = left ?? Number.MAX_SAFE_INTEGER - at;
      buffer.fill(0, count);
      list.push(segmentAt(view, at, length, head));
    }
    at += RECORD_HEAD + length;
  }
  const last = list.at(-1);
  const size = bytes.size ?? at;
  if (last && last.at + last.length > size) {
    last.length = Math.max(0, size - last.at);
    last.isCut = true;
    return { list, ended: false, covered: size, damage };
  }
  return { list, ended: ended || (isOld && at === size), covered: Math.min(at, size), damage };
}
