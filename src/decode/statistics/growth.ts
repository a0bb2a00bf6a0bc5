// What a log says of one thing interval by interval → counters that grow, as /proc has them, so that whatever draws counters draws these. It takes
// memory for the intervals in which the thing is named, however many the log has; between them its counters are not known.

import type { Series } from '../../model/counters.js';

/** One interval, in ms since the first of them began. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export class Growth {
  private readonly t: number[] = [];
  private readonly columns = new Map<string, number[]>();

  /** What each column grew by; NaN where the log does not tell. Spans come in order of time. */
  add({ from, to }: Span, growths: Readonly<Record<string, number>>): void {
    const last = this.t.at(-1);
    if (last === undefined) this.row(from, () => 0);
    else if (from > last) {
      // The counters' growth in between is unknown: a value of none keeps it from being formed.
      const known = new Map([...this.columns].map(([name, values]) => [name, values.at(-1) ?? 0]));
      this.row(from, () => NaN);
      this.row(from, (name) => known.get(name) ?? 0);
    }
    for (const [name, growth] of Object.entries(growths))
      if (!Number.isNaN(growth) && !this.columns.has(name))
        this.columns.set(
          name,
          Array.from(this.t, () => 0),
        );
    this.row(to, (name, before) => before + (growths[name] || 0));
  }

  private row(t: number, valueOf: (name: string, before: number) => number): void {
    this.t.push(t);
    for (const [name, values] of this.columns) values.push(valueOf(name, values.at(-1) ?? 0));
  }

  /** Without columns where nothing was told. */
  finish(): Series {
    return {
      t: Float64Array.from(this.t),
      columns: new Map([...this.columns].map(([name, values]) => [name, Float64Array.from(values)])),
    };
  }
}
