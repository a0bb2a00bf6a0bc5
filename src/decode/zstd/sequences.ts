// The sequences of a block: so many literals, then a copy of so many bytes from so far back; what is left of the literals comes last.
//
//   u8 n: up to 127, the number of sequences; up to 254, u16 (big-endian) n − 128 …; 255, u16 number − 0x7f00
//   u8: 2 bits each, how the states of literal lengths, offsets and match lengths are told | their tables | bits, from the end on
//
// Source: RFC 8878, sections 3.1.1.3.2 and 3.1.1.5.

import { BackwardBits } from './bits.js';
import { Damaged } from './damaged.js';
import { readStateTable, singleState, stateTable, type StateTable } from './fse.js';

const MODE = { predefined: 0, single: 1, told: 2, asBefore: 3 } as const;
const MANY = 0x7f00;

/** One of the three numbers of a sequence. */
interface Kind {
  readonly most: { readonly accuracy: number; readonly symbol: number };
  readonly predefined: StateTable;
}

/** How many bits follow the code of a length, and the lengths from which they count. */
function lengths(from: number, plain: number, further: readonly number[]) {
  const bits = Uint8Array.from([...Array.from({ length: plain }, () => 0), ...further]);
  const bases = new Uint32Array(bits.length);
  let base = from;
  for (const [code, count] of bits.entries()) {
    bases[code] = base;
    base += 2 ** count;
  }
  return { bits, bases };
}

const LITERALS = lengths(0, 16, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const MATCH = lengths(3, 32, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

function kind(accuracy: number, symbol: number, predefined: readonly number[], own: number): Kind {
  return { most: { accuracy, symbol }, predefined: stateTable(predefined, own) };
}

function many(count: number, value: number): number[] {
  return Array.from({ length: count }, () => value);
}

/** Literal lengths, offsets, match lengths: the order in which their tables are told. */
const KINDS: readonly Kind[] = [
  kind(9, 35, [4, 3, ...many(11, 2), 1, 1, 1, ...many(9, 2), 3, 2, ...many(5, 1), ...many(4, -1)], 6),
  kind(8, 31, [...many(6, 1), 2, 2, 2, ...many(15, 1), ...many(5, -1)], 5),
  kind(9, 52, [1, 4, 3, ...many(6, 2), ...many(37, 1), ...many(7, -1)], 6),
];

/** What a block leaves to the next ones of its frame. */
export interface Remembered {
  readonly tables: (StateTable | undefined)[];
  /** The last three offsets, the newest first. */
  readonly offsets: [number, number, number];
}

export function nothingRemembered(): Remembered {
  return { tables: [undefined, undefined, undefined], offsets: [1, 4, 8] };
}

/** What the sequences write to. */
export interface Target {
  readonly bytes: Uint8Array;
  /** Where the block's bytes begin. */
  readonly from: number;
  /** The first byte that may be copied from. */
  readonly oldest: number;
  /** Where the block's bytes must have ended. */
  readonly to: number;
}

/** Reads the head and the tables; returns where the bits begin and how many sequences they tell. */
function readTables(data: Uint8Array, start: number, end: number, { tables }: Remembered) {
  let at = start;
  const byte = () => {
    if (at >= end) throw new Damaged('sequences that are cut off');
    return data[at++] ?? 0;
  };
  const first = byte();
  if (first === 0) return { count: 0, at };
  const count = first < 128 ? first : first < 255 ? (first - 128) * 256 + byte() : byte() + byte() * 256 + MANY;
  const modes = byte();
  if ((modes & 3) !== 0) throw new Damaged('a reserved form of sequences');
  for (const [index, { most, predefined }] of KINDS.entries()) {
    const mode = (modes >> (6 - 2 * index)) & 3;
    if (mode === MODE.predefined) tables[index] = predefined;
    else if (mode === MODE.single) tables[index] = singleState(byte());
    else if (mode === MODE.told) ({ table: tables[index], at } = readStateTable(data, at, end, most.accuracy));
    if (mode !== MODE.predefined && tables[index]?.symbols.some((symbol) => symbol > most.symbol) !== false)
      throw new Damaged('sequences in states that were not told');
  }
  return { count, at };
}

/** How far back a sequence copies from, by the value that is told; keeps the last three. */
function offsetOf(value: number, hasLiterals: boolean, offsets: Remembered['offsets']): number {
  if (value > 3) {
    offsets[2] = offsets[1];
    offsets[1] = offsets[0];
    return (offsets[0] = value - 3);
  }
  const which = hasLiterals ? value - 1 : value;
  if (which === 0) return offsets[0];
  const offset = which === 3 ? offsets[0] - 1 : which === 2 ? offsets[2] : offsets[1];
  if (which > 1) offsets[2] = offsets[1];
  offsets[1] = offsets[0];
  return (offsets[0] = offset);
}

/** Writes the block that the sequences from `start` to `end` make of its literals; returns where it ends. */
export function runSequences(
  data: Uint8Array,
  start: number,
  end: number,
  literals: Uint8Array,
  remembered: Remembered,
  target: Target,
): number {
  const { bytes, oldest, to } = target;
  const { count, at } = readTables(data, start, end, remembered);
  let place = target.from;
  let taken = 0;
  if (count > 0) {
    const bits = new BackwardBits(data, at, end);
    const [byLiterals, byOffset, byMatch] = remembered.tables;
    if (!byLiterals || !byOffset || !byMatch) throw new Damaged('sequences in states that were not told');
    let [ofLiterals, ofOffset, ofMatch] = [
      bits.read(byLiterals.accuracy),
      bits.read(byOffset.accuracy),
      bits.read(byMatch.accuracy),
    ];
    for (let left = count; left > 0; left -= 1) {
      const power = byOffset.symbols[ofOffset] ?? 0;
      const value = 2 ** power + bits.read(power);
      const matchCode = byMatch.symbols[ofMatch] ?? 0;
      const length = (MATCH.bases[matchCode] ?? 0) + bits.read(MATCH.bits[matchCode] ?? 0);
      const literalsCode = byLiterals.symbols[ofLiterals] ?? 0;
      const before = (LITERALS.bases[literalsCode] ?? 0) + bits.read(LITERALS.bits[literalsCode] ?? 0);
      if (left > 1) {
        ofLiterals = (byLiterals.bases[ofLiterals] ?? 0) + bits.read(byLiterals.bits[ofLiterals] ?? 0);
        ofMatch = (byMatch.bases[ofMatch] ?? 0) + bits.read(byMatch.bits[ofMatch] ?? 0);
        ofOffset = (byOffset.bases[ofOffset] ?? 0) + bits.read(byOffset.bits[ofOffset] ?? 0);
      }
      const offset = offsetOf(value, before > 0, remembered.offsets);
      if (bits.left < 0 || taken + before > literals.length || place + before + length > to)
        throw new Damaged('sequences that are longer than told');
      for (let index = 0; index < before; index += 1) bytes[place++] = literals[taken++] ?? 0;
      if (offset < 1 || place - offset < oldest) throw new Damaged('a copy of bytes that are not there');
      for (let index = 0; index < length; index += 1, place += 1) bytes[place] = bytes[place - offset] ?? 0;
    }
    if (bits.left !== 0) throw new Damaged('sequences that are longer or shorter than told');
  }
  if (place + literals.length - taken > to) throw new Damaged('a block that is longer than told');
  bytes.set(literals.subarray(taken), place);
  return place + literals.length - taken;
}
