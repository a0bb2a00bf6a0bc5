// The sub-records of a heap segment, one after the other in a piece of it: roots and classes are handed on, objects are passed over by their length
// unless they are wanted. This is the loop that a full walk spends its time in, so it makes nothing and calls nothing for an object
// that nobody asked for.
//
//   21  id  u4 trace  id class  u4 length  fields            22  id  u4 trace  u4 count  id class  ids
//   23  id  u4 trace  u4 count  u1 type  values              20  a class, of which the length has to be counted

import { CLASS_DUMP, FIXED, INSTANCE, OBJECT_ARRAY, PRIMITIVE_ARRAY, sizeOf, TYPE } from './layout.js';

/** Wanted objects larger than this are passed over: names, locks and threads are smaller. */
const MOST_OBJECT = 64 * 1024;
const FILTER = 0xffff;

export interface ClassDump {
  readonly id: number;
  readonly superId: number;
  /** Name and type of each field of its own, in turn. */
  readonly fields: readonly number[];
  /** Name, type and value of static fields that are objects or ints, in turn. */
  readonly statics: readonly number[];
}

export interface SubRecordTaker {
  /** `thread`, `detail`: what stands behind a root of a thread, its serial number and a frame or trace. */
  root(tag: number, id: number, thread: number, detail: number): void;
  classDump(dump: ClassDump): void;
  /** A wanted object: its class, or for an array of values the type of its elements; and its fields or elements. */
  object(id: number, tag: number, classOrType: number, data: Uint8Array): void;
}

/** Ids of objects that are asked for. */
export class Wanted {
  readonly sorted: Float64Array;
  private readonly ids: ReadonlySet<number>;
  private readonly filter = new Uint8Array(FILTER + 1);

  constructor(ids: ReadonlySet<number>) {
    this.ids = ids;
    this.sorted = Float64Array.from(ids).sort();
    for (const id of ids) this.filter[(id >>> 3) & FILTER] = 1;
  }

  has(id: number, low: number): boolean {
    return this.filter[(low >>> 3) & FILTER] === 1 && this.ids.has(id);
  }
}

export class SubRecords {
  readonly idSize: number;
  /** Of the objects that were passed since the last `restart`. */
  least = Infinity;
  greatest = -Infinity;
  /** It stopped at what is no sub-record. */
  isDamaged = false;
  private readonly taker: SubRecordTaker;

  constructor(idSize: number, taker: SubRecordTaker) {
    this.idSize = idSize;
    this.taker = taker;
  }

  restart(): void {
    this.least = Infinity;
    this.greatest = -Infinity;
    this.isDamaged = false;
  }

  /**
   * Passes what is whole in `bytes`. Returns where the first begins that is not, or beyond the end where the last one ends there.
   */
  walk(bytes: Uint8Array, wanted?: Wanted): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const { idSize } = this;
    const end = bytes.length;
    const headOfArray = 9 + idSize;
    const headOfObject = headOfArray + idSize;
    let [least, greatest, at] = [this.least, this.greatest, 0];
    while (at < end) {
      const tag = bytes[at] ?? 0;
      const isPrimitive = tag === PRIMITIVE_ARRAY;
      if (tag !== INSTANCE && !isPrimitive && tag !== OBJECT_ARRAY) {
        const next = tag === CLASS_DUMP ? this.classDump(view, at) : this.fixed(view, at, tag);
        if (next < 0) break;
        at = next;
        continue;
      }
      const head = isPrimitive ? headOfArray + 1 : headOfObject;
      if (at + head > end) break;
      const low = view.getUint32(at + idSize - 3);
      const id = idSize === 8 ? view.getUint32(at + 1) * 0x1_0000_0000 + low : low;
      let length: number;
      if (tag === INSTANCE) length = view.getUint32(at + 5 + 2 * idSize);
      else {
        const size = isPrimitive ? sizeOf(bytes[at + headOfArray] ?? 0, 0) : idSize;
        if (!(size > 0)) {
          this.isDamaged = true;
          break;
        }
        length = view.getUint32(at + 5 + idSize) * size;
      }
      const next = at + head + length;
      if (id < least) least = id;
      if (id > greatest) greatest = id;
      if (wanted !== undefined && length <= MOST_OBJECT && wanted.has(id, low)) {
        if (next > end) break;
        this.object(view, at, id, tag, length);
      }
      at = next;
    }
    this.least = least;
    this.greatest = greatest;
    return at;
  }

  private id(view: DataView, at: number): number {
    return this.idSize === 8 ? view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4) : view.getUint32(at);
  }

  private object(view: DataView, at: number, id: number, tag: number, length: number): void {
    const { idSize } = this;
    const isPrimitive = tag === PRIMITIVE_ARRAY;
    const data = at + 9 + idSize + (isPrimitive ? 1 : idSize);
    const classAt = at + 5 + idSize + (tag === INSTANCE ? 0 : 4);
    const kind = isPrimitive ? view.getUint8(data - 1) : this.id(view, classAt);
    this.taker.object(id, tag, kind, new Uint8Array(view.buffer, view.byteOffset + data, length).slice());
  }

  /** Behind a sub-record of fixed length; -1 where it is not whole, or none. */
  private fixed(view: DataView, at: number, tag: number): number {
    const sizes = FIXED.get(tag);
    if (!sizes) {
      this.isDamaged = true;
      return -1;
    }
    const [ids, others] = sizes;
    const next = at + 1 + ids * this.idSize + others;
    if (next > view.byteLength) return -1;
    const behind = at + 1 + this.idSize;
    if (others === 8) this.taker.root(tag, this.id(view, at + 1), view.getUint32(behind), view.getUint32(behind + 4));
    else if (others === 0) this.taker.root(tag, this.id(view, at + 1), 0, 0);
    return next;
  }

  /** Behind a class; -1 where it is not whole. */
  private classDump(view: DataView, at: number): number {
    const { idSize } = this;
    const fields: number[] = [];
    const statics: number[] = [];
    try {
      let here = at + 1 + 7 * idSize + 8;
      for (let count = view.getUint16(here), constants = ((here += 2), count); constants > 0; constants -= 1)
        here += 3 + this.known(view.getUint8(here + 2));
      let count = view.getUint16(here);
      for (here += 2; count > 0; count -= 1) {
        const type = view.getUint8(here + idSize);
        const value = here + idSize + 1;
        if (type === TYPE.object) statics.push(this.id(view, here), type, this.id(view, value));
        if (type === TYPE.int) statics.push(this.id(view, here), type, view.getInt32(value));
        here = value + this.known(type);
      }
      count = view.getUint16(here);
      for (here += 2; count > 0; count -= 1, here += idSize + 1)
        fields.push(this.id(view, here), view.getUint8(here + idSize));
      if (here > view.byteLength) return -1;
      this.taker.classDump({ id: this.id(view, at + 1), superId: this.id(view, at + 5 + idSize), fields, statics });
      return here;
    } catch (error) {
      // What reaches beyond the piece is not whole.
      if (error instanceof RangeError) return -1;
      throw error;
    }
  }

  private known(type: number): number {
    const size = sizeOf(type, this.idSize);
    if (size === 0) this.isDamaged = true;
    return size;
  }
}
