// Builds one table over time, row by row, in columns that grow, and gives the rows of any part of that time. A value that a row lacks is NaN,
// also in a column that comes later. Rows come in order of time; one that is not later than the row before is refused, as times of a series
// ascend. Rows are never moved or written again once another has begun, so what is given is a view. What the allowance has no room for is
// refused as well.

import { unbounded, type Allowance } from '../base/allowance.js';
import { detached } from '../base/detached.js';
import type { Interval } from '../base/intervals.js';
import type { Series } from '../model/counters.js';
import { Alike, Column, resized } from './column.js';

const FIRST_ROWS = 8;
/** From here on columns grow by a quarter: the room that is not used is real memory, as it holds NaN. */
const MANY_ROWS = 1024;

/** What V8 takes for a series and for a column, without their values. */
const SERIES_BYTES = 512;
const COLUMN_BYTES = 384;

export class SeriesBuilder {
  private readonly allowance: Allowance;
  private rows = 0;
  private t = new Float64Array(0);
  private readonly columns = new Map<string, Column>();

  constructor(allowance = unbounded()) {
    this.allowance = allowance;
  }

  get length(): number {
    return this.rows;
  }

  /** Begins a row at `t` ms; false where it is refused, and then nothing may be set. */
  begin(t: number): boolean {
    if (this.rows > 0 && !(t > (this.t[this.rows - 1] ?? 0))) return false;
    if (this.rows === this.t.length && !this.grow()) return false;
    this.t[this.rows] = t;
    this.rows += 1;
    return true;
  }

  private grow(): boolean {
    const size = Math.max(FIRST_ROWS, Math.ceil(this.rows * (this.rows < MANY_ROWS ? 2 : 1.25)));
    let arrays = 1;
    for (const column of this.columns.values()) if (column.isSpread) arrays += 1;
    if (!this.allowance.take(arrays * (size - this.rows) * 8 + (this.rows === 0 ? SERIES_BYTES : 0))) return false;
    this.resize(0, size);
    return true;
  }

  /** Sets a value of the row begun last; an absent value stays missing. */
  set(name: string, value: number | undefined): void {
    if (value === undefined) return;
    const column = this.columns.get(name);
    if (column) column.set(this.rows - 1, value, this.t.length, this.allowance);
    else if (this.allowance.take(COLUMN_BYTES)) this.columns.set(detached(name), new Column(this.rows - 1, value));
  }

  /** Bounds of the rows of a part: the first, and the one behind the last. */
  rowsOf({ from, to }: Interval): [first: number, end: number] {
    return [this.firstFrom(from), to === Infinity ? this.rows : this.firstFrom(to, true)];
  }

  /** The rows of a part; times count from its beginning. `alike` are the arrays that the series of a case share. */
  within(part: Interval, alike = new Alike(this.allowance)): Series {
    const [first, end] = this.rowsOf(part);
    const t = this.t.subarray(first, end);
    const columns = new Map<string, Float64Array>();
    for (const [name, column] of this.columns) {
      const values = column.rows(first, end, alike);
      if (values) columns.set(name, values);
    }
    return { t: part.from === 0 ? t : t.map((ms) => ms - part.from), columns };
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
    for (const [name, column] of this.columns) if (!column.move(first, this.rows, size)) this.columns.delete(name);
    this.rows -= first;
  }
}
