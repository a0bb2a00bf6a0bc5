// Rows of fact_sets as RowBinary (ClickHouse's reference, “RowBinary”) → sets of facts. Ten thousand hosts have three million facts, which as JSON take a
// second.
//
//     host        a length as a varint, and as many bytes
//     first_seen  u32, seconds since 1970
//     last_seen   u32
//     facts       a count as a varint, and as many u64, little-endian

import { NumberMap } from '../../base/number-map.js';
import { StoreFailure, type FactSet } from '../port.js';

const MOST_FACTS = 100_000;

class Cursor {
  private readonly bytes: Buffer;
  /** Of millions of numbers it reads each in a tenth of the time. */
  private readonly view: DataView;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  private need(count: number): void {
    if (this.at + count > this.bytes.length)
      throw new StoreFailure('The store broke off its answer about facts: ask again.');
  }

  varint(): number {
    let value = 0;
    for (let shift = 1; shift < 2 ** 49; shift *= 128) {
      this.need(1);
      const byte = this.bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
    throw new StoreFailure('The store’s answer about facts is malformed.');
  }

  text(): string {
    const length = this.varint();
    this.need(length);
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  uint32(): number {
    this.need(4);
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  /** So many numbers below 2^53, each as its place in `places`; those that have none are left out. */
  places(count: number, places: NumberMap): Uint32Array {
    if (count > MOST_FACTS) throw new StoreFailure('The store’s answer about facts is malformed.');
    this.need(count * 8);
    const found = new Uint32Array(count);
    let kept = 0;
    for (let index = 0; index < count; index += 1, this.at += 8) {
      const id = this.view.getUint32(this.at, true) + this.view.getUint32(this.at + 4, true) * 2 ** 32;
      const place = places.get(id);
      if (place !== undefined) found[kept++] = place;
    }
    return found.subarray(0, kept);
  }
}

/** `places`: where the fact of a number stands. Throws a StoreFailure where bytes are missing. */
export function parseFactSets(bytes: Buffer, places: NumberMap): FactSet[] {
  const cursor = new Cursor(bytes);
  const sets: FactSet[] = [];
  while (!cursor.isAtEnd) {
    const host = cursor.text();
    const firstMs = cursor.uint32() * 1000;
    const lastMs = cursor.uint32() * 1000;
    sets.push({ host, firstMs, lastMs, facts: cursor.places(cursor.varint(), places) });
  }
  return sets;
}
