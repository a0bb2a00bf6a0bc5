// Builds one table over time, row by row, in columns that grow, and gives the rows of any part of that time. A value that a row lacks is NaN,
// also in a column that comes later. Rows come in order of time; one that is not later than the row before is refused, as times of a series
// ascend. Rows are never moved or written again once another has begun, so what is given is a view.

import type { Interval } from '../base/intervals.js';
import type { Series } from '../model/counters.js';

const FIRST_ROWS = 8;
/** From here on columns grow by a quarter: the room that is not used is real memory, as it holds NaN. */
const MANY_ROWS = 1024;

export class SeriesBuilder {
  private rows = 0;
  private t = new Float64Array(FIRST_ROWS);
  private readonly columns = new Map<string, Float64Array>();

  get length(): number {
    return this.rows;
  }

  /** Begins a row at `t` ms; false where it is refused, and then nothing may be set. */
  begin(t: number): boolean {
    if (this.rows > 0 && !(t > (this.t[this.rows - 1] ?? 0))) return false;
    if (this.rows === this.t.length) this.resize(0, Math.ceil(this.rows * (this.rows < MANY_ROWS ? 2 : 1.25)));
    this.t[this.rows] = t;
    this.rows += 1;
    return true;
  }

  /** Sets a value of the row begun last; an absent value stays missing. */
  set(name: string, value: number | undefined): void {
    if (value === undefined) return;
    let values = this.columns.get(name);
    if (!values) this.columns.set(name, (values = new Float64Array(this.t.length).fill(NaN)));
    values[this.rows - 1] = value;
  }

  /** Bounds of the rows of a part: the first, and the one behind the last. */
  rowsOf({ from, to }: Interval): [first: number, end: number] {
    return [this.firstFrom(from), to === Infinity ? this.rows : this.firstFrom(to, true)];
  }

  /** The rows of a part; times count from its beginning. */
  within(part: Interval): Series {
    const [first, end] = this.rowsOf(part);
    const t = this.t.subarray(first, end);
    return {
      t: part.from === 0 ? t : t.map((ms) => ms - part.from),
      columns: new Map([...this.columns].map(([name, values]) => [name, values.subarray(first, end)])),
    };
  }

  /** Forgets the rows before `ms`, and returns how many they were. */
  forgetBefore(ms: number): number {
    const first = this.firstFrom(ms);
    if (first > 0) this.resize(first, Math.max(FIRST_ROWS, this.rows - first));
    return first;
  }

  /** The first row at or, where told so, strictly after `ms`. */
  private firstFrom(ms: number, after = false): number {
    let low = 0;
    let high = this.rows;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const t = this.t[middle] ?? Infinity;
      if (t < ms || (after && t === ms)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Moves the rows from `first` on into columns with room for `size`. A column without a value there is dropped. */
  private resize(first: number, size: number): void {
    this.t = resized(this.t.subarray(first, this.rows), size, 0);
    for (const [name, values] of this.columns) {
      const kept = values.subarray(first, this.rows);
      if (first > 0 && kept.every(Number.isNaN)) this.columns.delete(name);
      else this.columns.set(name, resized(kept, size, NaN));
    }
    this.rows -= first;
  }
}

function resized(from: Float64Array, size: number, filler: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(size).fill(filler, from.length);
  to.set(from);
  return to;
}
