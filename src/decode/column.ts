// One column of a table over time while its rows come in. Most counters of a machine never move: a column takes memory for its rows once a
// value differs from the one before it. A value that a row lacks is NaN.

import type { Allowance } from '../base/allowance.js';

/** The same value in all rows from `from` to `last`. */
interface Run {
  readonly value: number;
  from: number;
  last: number;
}

export class Column {
  private content: Float64Array | Run;

  constructor(row: number, value: number) {
    this.content = { value, from: row, last: row };
  }

  /** Whether its rows take memory. */
  get isSpread(): boolean {
    return this.content instanceof Float64Array;
  }

  /** Sets the value of the last row, of `size` that there is room for. What there is no allowance for stays missing. */
  set(row: number, value: number, size: number, allowance: Allowance): void {
    const { content } = this;
    if (content instanceof Float64Array) content[row] = value;
    else if (Object.is(content.value, value) && content.last >= row - 1) content.last = row;
    else if (allowance.take(size * 8)) {
      const values = spread(content, size);
      values[row] = value;
      this.content = values;
    }
  }

  /** Moves the rows from `first` to `end` into room for `size`; false where none of them has a value. */
  move(first: number, end: number, size: number): boolean {
    const { content } = this;
    if (content instanceof Float64Array) {
      const kept = content.subarray(first, end);
      this.content = resized(kept, size, NaN);
      return first === 0 || !kept.every(Number.isNaN);
    }
    content.last -= first;
    content.from = Math.max(0, content.from - first);
    return content.last >= 0;
  }

  /** The rows from `first` to `end`; undefined where there is no allowance for them. */
  rows(first: number, end: number, alike: Alike): Float64Array | undefined {
    const { content } = this;
    if (content instanceof Float64Array) return content.subarray(first, end);
    const run = { value: content.value, from: content.from - first, last: content.last - first };
    return alike.array(run, end - first);
  }
}

/** Arrays of one value each, made once for all columns of a case. */
export class Alike {
  private readonly arrays = new Map<string, Float64Array>();
  private readonly allowance: Allowance;

  constructor(allowance: Allowance) {
    this.allowance = allowance;
  }

  array(run: Run, length: number): Float64Array | undefined {
    const isWhole = run.from <= 0 && run.last >= length - 1;
    const key = `${length} ${Object.is(run.value, -0) ? '-0' : run.value}`;
    const known = isWhole ? this.arrays.get(key) : undefined;
    if (known || !this.allowance.take(length * 8)) return known;
    const made = spread(run, length);
    if (isWhole) this.arrays.set(key, made);
    return made;
  }
}

function spread({ value, from, last }: Run, size: number): Float64Array {
  return new Float64Array(size).fill(NaN).fill(value, Math.max(0, from), Math.max(0, last + 1));
}

export function resized(from: Float64Array, size: number, filler: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(size).fill(filler, from.length);
  to.set(from);
  return to;
}
