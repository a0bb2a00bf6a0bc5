// The literals of a block: bytes that its sequences copy from.
//
//   bits: 2 form (0 plain, 1 one byte repeated, 2 Huffman's code, 3 the same with the table before), 2 form of the sizes, sizes
//   Huffman's code: table, then one stream, or u16 sizes of three streams and four streams of a quarter each
//
// Source: RFC 8878, section 3.1.1.3.1.

import { Damaged } from './damaged.js';
import { readHuffman, readHuffmanTable, type HuffmanTable } from './huffman.js';

const FORM = { plain: 0, repeated: 1, coded: 2, codedAsBefore: 3 } as const;

interface Head {
  /** Where what follows the sizes begins. */
  readonly at: number;
  /** Bytes of literals. */
  readonly length: number;
  /** Bytes that they take in the block; 0 where that follows from the length. */
  readonly coded: number;
  readonly streams: number;
}

function readHead(data: Uint8Array, at: number, form: number): Head {
  const word = (count: number) => {
    let value = 0;
    for (let index = count - 1; index >= 0; index -= 1) value = value * 256 + (data[at + index] ?? 0);
    return value;
  };
  const sizes = ((data[at] ?? 0) >> 2) & 3;
  if (form === FORM.plain || form === FORM.repeated) {
    const bytes = sizes === 3 ? 3 : sizes === 1 ? 2 : 1;
    return { at: at + bytes, length: word(bytes) >> (bytes === 1 ? 3 : 4), coded: 0, streams: 0 };
  }
  const bits = [10, 10, 14, 18][sizes] ?? 0;
  const bytes = (4 + 2 * bits) / 8;
  const both = Math.floor(word(bytes) / 16);
  return {
    at: at + bytes,
    length: both % 2 ** bits,
    coded: Math.floor(both / 2 ** bits),
    streams: sizes === 0 ? 1 : 4,
  };
}

function readStreams(table: HuffmanTable, data: Uint8Array, from: number, to: number, literals: Uint8Array): void {
  const starts = from + 6;
  if (starts > to) throw new Damaged('literals that are cut off');
  const quarter = (literals.length + 3) >> 2;
  if (3 * quarter > literals.length) throw new Damaged('too few literals for four streams');
  let at = starts;
  for (let stream = 0; stream < 4; stream += 1) {
    const size = (data[from + 2 * stream] ?? 0) | ((data[from + 2 * stream + 1] ?? 0) << 8);
    const end = stream === 3 ? to : at + size;
    if (end > to) throw new Damaged('literals that are cut off');
    readHuffman(
      table,
      data,
      at,
      end,
      literals.subarray(stream * quarter, stream === 3 ? undefined : (stream + 1) * quarter),
    );
    at = end;
  }
}

export interface Literals {
  readonly literals: Uint8Array;
  /** Where the sequences begin. */
  readonly at: number;
  readonly table: HuffmanTable | undefined;
}

/** Reads at most `most` literals at `at` of a block that ends at `end`, `before` being the table that a block before it used. */
export function readLiterals(
  data: Uint8Array,
  start: number,
  end: number,
  most: number,
  before: HuffmanTable | undefined,
): Literals {
  const form = (data[start] ?? 0) & 3;
  const { at, length, coded, streams } = readHead(data, start, form);
  if (length > most) throw new Damaged(`${length} literals in a block`);
  const to = at + (form === FORM.plain ? length : form === FORM.repeated ? 1 : coded);
  if (to > end) throw new Damaged('literals that are cut off');
  if (form === FORM.plain) return { literals: data.subarray(at, to), at: to, table: before };
  const literals = new Uint8Array(length);
  if (form === FORM.repeated) return { literals: literals.fill(data[at] ?? 0), at: to, table: before };
  const read = form === FORM.coded ? readHuffmanTable(data, at, to) : { table: before, at };
  if (!read.table) throw new Damaged('literals in a code that was not told');
  if (streams === 1) readHuffman(read.table, data, read.at, to, literals);
  else readStreams(read.table, data, read.at, to, literals);
  return { literals, at: to, table: read.table };
}
