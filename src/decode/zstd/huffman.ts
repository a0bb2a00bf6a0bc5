// Literals in Huffman's code: the weights of its symbols → the table by which the next bits give a symbol and how many of them are its own.
//
//   u8 n: up to 127, bytes of weights in finite state entropy; above, n − 127 weights of 4 bits
//   the last symbol's weight is not told: it makes the sum of 2 ** (weight − 1) a power of two
//
// Source: RFC 8878, section 4.2.

import { BackwardBits } from './bits.js';
import { Damaged } from './damaged.js';
import { highestBit, readStateTable, type StateTable } from './fse.js';

const MOST_BITS = 11;
const MOST_WEIGHTS = 255;
const WEIGHTS_ACCURACY = 6;

export interface HuffmanTable {
  /** Bits of the longest code, by which the table is looked up. */
  readonly most: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
}

/** Two states take turns until the bits are used up. */
function weightsBy(table: StateTable, bits: BackwardBits): number[] {
  const weights: number[] = [];
  const states = [bits.read(table.accuracy), bits.read(table.accuracy)];
  for (let turn = 0; weights.length < MOST_WEIGHTS; turn ^= 1) {
    const state = states[turn] ?? 0;
    weights.push(table.symbols[state] ?? 0);
    states[turn] = (table.bases[state] ?? 0) + bits.read(table.bits[state] ?? 0);
    if (bits.left < 0) {
      weights.push(table.symbols[states[turn ^ 1] ?? 0] ?? 0);
      return weights;
    }
  }
  throw new Damaged('weights without an end');
}

function readWeights(data: Uint8Array, at: number, end: number): { readonly weights: number[]; readonly at: number } {
  const head = data[at] ?? 0;
  if (head > 127) {
    const count = head - 127;
    const next = at + 1 + ((count + 1) >> 1);
    if (next > end) throw new Damaged('weights that are cut off');
    const weight = (index: number) => ((data[at + 1 + (index >> 1)] ?? 0) >> (index % 2 === 0 ? 4 : 0)) & 15;
    return { weights: Array.from({ length: count }, (_, index) => weight(index)), at: next };
  }
  const next = at + 1 + head;
  if (next > end) throw new Damaged('weights that are cut off');
  const distribution = readStateTable(data, at + 1, next, WEIGHTS_ACCURACY);
  return { weights: weightsBy(distribution.table, new BackwardBits(data, distribution.at, next)), at: next };
}

/** Reads the table at `at`; returns it and where what follows begins. */
export function readHuffmanTable(
  data: Uint8Array,
  at: number,
  end: number,
): { readonly table: HuffmanTable; readonly at: number } {
  const { weights, at: next } = readWeights(data, at, end);
  const sum = weights.reduce((total, weight) => total + (weight > 0 ? 2 ** (weight - 1) : 0), 0);
  const most = sum > 0 ? highestBit(sum) + 1 : 0;
  const rest = 2 ** most - sum;
  if (most === 0 || most > MOST_BITS || !Number.isInteger(Math.log2(rest))) throw new Damaged('weights of no code');
  weights.push(Math.log2(rest) + 1);
  const [symbols, bits] = [new Uint8Array(2 ** most), new Uint8Array(2 ** most)];
  let place = 0;
  for (let weight = 1; weight <= most; weight += 1)
    for (const [symbol, own] of weights.entries()) {
      if (own !== weight) continue;
      const to = place + 2 ** (weight - 1);
      symbols.fill(symbol, place, to);
      bits.fill(most + 1 - weight, place, to);
      place = to;
    }
  return { table: { most, symbols, bits }, at: next };
}

/** Decodes the bytes from `from` to `to` into the whole of `into`. */
export function readHuffman(
  { most, symbols, bits }: HuffmanTable,
  data: Uint8Array,
  from: number,
  to: number,
  into: Uint8Array,
): void {
  const stream = new BackwardBits(data, from, to);
  for (let index = 0; index < into.length; index += 1) {
    const code = stream.peek(most);
    into[index] = symbols[code] ?? 0;
    stream.pass(bits[code] ?? 0);
  }
  if (stream.left !== 0) throw new Damaged('literals that are longer or shorter than told');
}
