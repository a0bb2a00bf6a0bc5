// The letters of the kind of I/O as bytes, plain and as the default line's column. Each combination's text is made once.

import type { RecordBatch } from '../../../model/blktrace.js';
import { rwbsKey, rwbsText } from '../../../model/rwbs.js';

/** Texts that are made once for each combination, by what `shape` makes of them. */
class Shapes {
  private readonly known = new Map<number, Uint8Array>();
  private readonly shape: (text: string) => string;
  private lastKey = -1;
  private last: Uint8Array = new Uint8Array(0);

  constructor(shape: (text: string) => string) {
    this.shape = shape;
  }

  of(batch: RecordBatch, row: number): Uint8Array {
    const category = batch.category[row] ?? 0;
    const size = batch.size[row] ?? 0;
    const key = rwbsKey(category, size);
    if (key === this.lastKey) return this.last;
    let text = this.known.get(key);
    if (!text) this.known.set(key, (text = new TextEncoder().encode(this.shape(rwbsText(category, size)))));
    this.lastKey = key;
    this.last = text;
    return text;
  }
}

const plain = new Shapes((text) => text);
const column = new Shapes((text) => `${text.padStart(3)} `);

/** The letters of row `row`, as bytes. */
export function rwbsOf(batch: RecordBatch, row: number): Uint8Array {
  return plain.of(batch, row);
}

/** The same in a default line's column, with the space behind it. */
export function rwbsColumn(batch: RecordBatch, row: number): Uint8Array {
  return column.of(batch, row);
}
