// Texts by the ids of their symbols: a sorted column and what stands beside it, as a table of a hundred thousand numbers beyond 31 bits is
// as many objects to V8.

import { greatestNotAbove } from '../../base/sorted.js';

export class Symbols {
  private readonly sorted: Float64Array;
  private readonly texts: (string | undefined)[];
  private readonly others = new Map<number, string>();

  /** `ids`: those that are asked for, also more than once. */
  constructor(ids: readonly (readonly number[])[]) {
    const all = new Float64Array(ids.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const some of ids) {
      all.set(some, at);
      at += some.length;
    }
    all.sort();
    let count = 0;
    for (const id of all) if (count === 0 || id !== all[count - 1]) all[count++] = id;
    this.sorted = all.subarray(0, count);
    this.texts = Array.from({ length: count }, () => undefined);
  }

  get(id: number): string | undefined {
    const at = this.at(id);
    return at < 0 ? this.others.get(id) : this.texts[at];
  }

  /** Its place among those that are asked for; below 0 where it is none of them. */
  at(id: number): number {
    const at = greatestNotAbove(this.sorted, id);
    return this.sorted[at] === id ? at : -1;
  }

  /** `at`: as `at` tells it. */
  set(id: number, at: number, text: string): void {
    if (at < 0) this.others.set(id, text);
    else this.texts[at] = text;
  }
}
