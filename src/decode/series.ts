// Builds one table over time, row by row, in columns that grow. A value that a row lacks is NaN, also in a column that comes later.
// Rows come in order of time; one that is not later than the row before is refused, as times of a series ascend.

import type { Series } from '../model/counters.js';

const FIRST_ROWS = 64;

export class SeriesBuilder {
  private rows = 0;
  private t = new Float64Array(FIRST_ROWS);
  private readonly columns = new Map<string, Float64Array>();

  /** Begins a row at `t` ms; false where it is refused, and then nothing may be set. */
  begin(t: number): boolean {
    if (this.rows > 0 && !(t > (this.t[this.rows - 1] ?? 0))) return false;
    if (this.rows === this.t.length) {
      this.t = grown(this.t, 0);
      for (const [name, values] of this.columns) this.columns.set(name, grown(values, NaN));
    }
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

  finish(): Series {
    return {
      t: this.t.slice(0, this.rows),
      columns: new Map([...this.columns].map(([name, values]) => [name, values.slice(0, this.rows)])),
    };
  }
}

function grown(from: Float64Array, filler: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(from.length * 2).fill(filler, from.length);
  to.set(from);
  return to;
}
