// The column that tells what kind of I/O it is, in blkparse's order of letters: flush, direction or zone command, FUA, read-ahead,
// synchronous, metadata. Each combination's text is made once.

import { CATEGORY, type RecordBatch } from '../../model/blktrace.js';

const ZONE: readonly (readonly [category: number, text: string])[] = [
  [CATEGORY.zoneAppend, 'ZA'],
  [CATEGORY.zoneReset, 'ZR'],
  [CATEGORY.zoneResetAll, 'ZRA'],
  [CATEGORY.zoneFinish, 'ZF'],
  [CATEGORY.zoneOpen, 'ZO'],
  [CATEGORY.zoneClose, 'ZC'],
];

function directionText(category: number, size: number): string {
  if ((category & CATEGORY.discard) !== 0) return 'D';
  const zone = ZONE.find(([bit]) => (category & bit) !== 0);
  if (zone) return zone[1];
  if ((category & CATEGORY.write) !== 0) return 'W';
  return size > 0 ? 'R' : 'N';
}

function textOf(category: number, size: number): string {
  return [
    (category & CATEGORY.flush) !== 0 ? 'F' : '',
    directionText(category, size),
    (category & CATEGORY.fua) !== 0 ? 'F' : '',
    (category & CATEGORY.ahead) !== 0 ? 'A' : '',
    (category & CATEGORY.sync) !== 0 ? 'S' : '',
    (category & CATEGORY.meta) !== 0 ? 'M' : '',
  ].join('');
}

const ZONE_BITS = ZONE.reduce((bits, [bit]) => bits | bit, 0);
const LETTER_BITS =
  CATEGORY.flush |
  CATEGORY.write |
  CATEGORY.discard |
  CATEGORY.fua |
  CATEGORY.ahead |
  CATEGORY.sync |
  CATEGORY.meta |
  ZONE_BITS;

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
    const key = (category & LETTER_BITS) | (size > 0 ? CATEGORY.read : 0);
    if (key === this.lastKey) return this.last;
    let text = this.known.get(key);
    if (!text) this.known.set(key, (text = new TextEncoder().encode(this.shape(textOf(category, size)))));
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
