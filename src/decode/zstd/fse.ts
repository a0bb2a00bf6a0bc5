// Finite state entropy: the description of a distribution of symbols → the table by which a state gives its symbol, and the bits that lead to
// the next state.
//
//   4 bits: accuracy − 5 | for each symbol as many bits as the probabilities that are left need: its probability + 1, with 0 for “less than one”;
//   behind a probability of 0, two bits: how many further symbols have none, and so on while they are 3
//
// Source: RFC 8878, section 4.1.

import { Damaged } from './damaged.js';

export interface StateTable {
  /** States are numbers of so many bits. */
  readonly accuracy: number;
  readonly symbols: Uint8Array;
  /** The next state is the base of this one and the number that so many bits give. */
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

const LEAST_ACCURACY = 5;
const MOST_SYMBOLS = 256;

/** The highest bit that is set in a number above 0. */
export function highestBit(value: number): number {
  return 31 - Math.clz32(value);
}

/** The table for probabilities that sum to 2 ** accuracy, where −1 stands for less than one. */
export function stateTable(probabilities: readonly number[], accuracy: number): StateTable {
  const size = 1 << accuracy;
  const symbols = new Uint8Array(size);
  const next = new Uint16Array(probabilities.length);
  let high = size - 1;
  for (const [symbol, probability] of probabilities.entries()) {
    next[symbol] = Math.abs(probability);
    if (probability === -1) symbols[high--] = symbol;
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let place = 0;
  for (const [symbol, probability] of probabilities.entries())
    for (let left = probability; left > 0; left -= 1) {
      symbols[place] = symbol;
      do place = (place + step) & (size - 1);
      while (place > high);
    }
  const [bits, bases] = [new Uint8Array(size), new Uint16Array(size)];
  for (let state = 0; state < size; state += 1) {
    const symbol = symbols[state] ?? 0;
    const order = next[symbol] ?? 0;
    next[symbol] = order + 1;
    const count = accuracy - highestBit(order);
    bits[state] = count;
    bases[state] = (order << count) - size;
  }
  return { accuracy, symbols, bits, bases };
}

/** The table that has one state, which always gives the same symbol. */
export function singleState(symbol: number): StateTable {
  return { accuracy: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), bases: new Uint16Array(1) };
}

/** Reads the description at `at`, which ends before `end`; returns the table and where what follows begins. */
export function readStateTable(
  data: Uint8Array,
  at: number,
  end: number,
  mostAccuracy: number,
): { readonly table: StateTable; readonly at: number } {
  let bit = at * 8;
  const peek = (count: number) => {
    const byte = bit >> 3;
    const some = (data[byte] ?? 0) | ((data[byte + 1] ?? 0) << 8) | ((data[byte + 2] ?? 0) << 16);
    return (some >> (bit & 7)) & ((1 << count) - 1);
  };
  const accuracy = LEAST_ACCURACY + peek(4);
  bit += 4;
  if (accuracy > mostAccuracy) throw new Damaged(`an accuracy of ${accuracy} bits`);
  const probabilities: number[] = [];
  let left = 1 << accuracy;
  while (left > 0 && probabilities.length < MOST_SYMBOLS && bit < end * 8) {
    // Small values have one bit less, as many of them as keep the number of all values exact.
    const count = highestBit(left + 1) + 1;
    const small = (1 << count) - 2 - left;
    const low = peek(count - 1);
    const whole = peek(count);
    const isSmall = low < small;
    bit += isSmall ? count - 1 : count;
    const probability = (isSmall ? low : whole >= 1 << (count - 1) ? whole - small : whole) - 1;
    probabilities.push(probability);
    left -= Math.abs(probability);
    for (let repeats = probability === 0 ? 3 : 0; repeats === 3 && probabilities.length < MOST_SYMBOLS;) {
      repeats = peek(2);
      bit += 2;
      for (let one = 0; one < repeats; one += 1) probabilities.push(0);
    }
  }
  const next = (bit + 7) >> 3;
  if (left !== 0 || next > end || probabilities.length > MOST_SYMBOLS)
    throw new Damaged('a distribution without an end');
  return { table: stateTable(probabilities, accuracy), at: next };
}
