// Text fields of events are fixed char arrays; the same few texts come a million times, so each is decoded once.

import { unbounded, type Allowance } from '../../base/allowance.js';
import type { Strings } from '../../model/events.js';

/** Texts of one hash that are looked through: they may have been made to meet. */
const MOST_MEETING = 8;
/** What V8 takes for a text with its bytes and its places in two maps. */
const TEXT_BYTES = 320;

/** Maps the bytes of a NUL-ended char array to a string id without making a string for each event. */
export class TextInterner {
  private readonly byHash = new Map<number, { readonly bytes: Uint8Array; readonly id: number }[]>();

  private readonly strings: Strings;
  private readonly allowance: Allowance;

  constructor(strings: Strings, allowance = unbounded()) {
    this.strings = strings;
    this.allowance = allowance;
  }

  /** The id of the text in at most `size` bytes at `offset`. */
  intern(view: DataView, offset: number, size: number): number {
    let hash = 0x811c9dc5;
    let length = 0;
    while (length < size) {
      const byte = view.getUint8(offset + length);
      if (byte === 0) break;
      hash = Math.imul(hash ^ byte, 0x01000193);
      length += 1;
    }
    const bucket = this.byHash.get(hash);
    if (bucket) {
      for (const entry of bucket) if (same(entry.bytes, view, offset, length)) return entry.id;
    }
    return this.remember(hash, view, offset, length);
  }

  private remember(hash: number, view: DataView, offset: number, length: number): number {
    // The empty text stands for what there is no allowance for.
    if (!this.allowance.take(TEXT_BYTES)) return 0;
    const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
    const id = this.strings.intern(Buffer.from(bytes).toString('utf8'));
    const bucket = this.byHash.get(hash);
    if (bucket && bucket.length < MOST_MEETING) bucket.push({ bytes, id });
    else if (bucket) return id;
    else this.byHash.set(hash, [{ bytes, id }]);
    return id;
  }
}

function same(bytes: Uint8Array, view: DataView, offset: number, length: number): boolean {
  if (bytes.length !== length) return false;
  for (let index = 0; index < length; index += 1) if (bytes[index] !== view.getUint8(offset + index)) return false;
  return true;
}
