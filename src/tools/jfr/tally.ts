// How often, how long together and how long at most, by pairs of numbers: a lock and a thread, an owner and what it did. In columns, as a night has
// hundreds of thousands of pairs.

import { FractionList } from '../../base/number-list.js';
import { NumberMap } from '../../base/number-map.js';

/** Second numbers are below this, or -1. */
const WIDTH = 2 ** 24;
const MOST = 500_000;

export interface Sum {
  /** The pair's second number. */
  readonly of: number;
  readonly count: number;
  readonly ns: number;
  readonly longestNs: number;
  readonly bytes: number;
}

export class Tally {
  private readonly rows = new NumberMap();
  private readonly first = new FractionList();
  private readonly second = new FractionList();
  private readonly counts = new FractionList();
  private readonly ns = new FractionList();
  private readonly longest = new FractionList();
  private readonly bytes = new FractionList();
  /** How often there was no room for another pair. */
  refused = 0;

  /** True where it is the longest of its pair so far. */
  add(first: number, second: number, ns: number, bytes = NaN): boolean {
    const key = first * WIDTH + second + 1;
    const row = this.rows.get(key);
    if (row === undefined) {
      if (this.rows.size >= MOST) {
        this.refused += 1;
        return false;
      }
      this.rows.set(key, this.first.length);
      this.first.push(first);
      this.second.push(second);
      this.counts.push(1);
      for (const [list, value] of [
        [this.ns, ns],
        [this.longest, ns],
        [this.bytes, bytes],
      ] as const)
        list.push(value);
      return true;
    }
    this.counts.set(row, this.counts.at(row) + 1);
    this.ns.set(row, this.ns.at(row) + ns);
    this.bytes.set(row, this.bytes.at(row) + bytes);
    if (ns <= this.longest.at(row)) return false;
    this.longest.set(row, ns);
    return true;
  }

  /** Those of each first number that is asked for, the longest together first. */
  of(wanted: ReadonlySet<number>): Map<number, Sum[]> {
    const found = new Map([...wanted].map((first) => [first, [] as Sum[]]));
    for (let row = 0; row < this.first.length; row += 1)
      found.get(this.first.at(row))?.push({
        of: this.second.at(row),
        count: this.counts.at(row),
        ns: this.ns.at(row),
        longestNs: this.longest.at(row),
        bytes: this.bytes.at(row),
      });
    for (const sums of found.values()) sums.sort((a, b) => b.ns - a.ns || b.count - a.count);
    return found;
  }

  /** Those of one first number. */
  ofOne(first: number): Sum[] {
    return this.of(new Set([first])).get(first) ?? [];
  }
}
