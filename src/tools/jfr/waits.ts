// Waits for monitors → locks, each with who waited how long, where, and who had it. All are counted; the longest are kept one by one, for the order
// in which the monitor went from one thread to the next.

import { FractionList, NumberList } from '../../base/number-list.js';
import { medianOf } from '../../base/median.js';
import { inOrder, orderByTime } from '../../base/order.js';
import { Tally } from './tally.js';

/** Waits that are kept one by one, 48 bytes each. */
const MOST_KEPT = 400_000;
/** Monitors that are told apart. */
const MOST_LOCKS = 50_000;

/** A wait that has ended: numbers of its lock, thread, owner before and place; times in ns since the recording's beginning. */
export interface Wait {
  readonly lock: number;
  readonly thread: number;
  readonly owner: number;
  readonly from: number;
  readonly to: number;
}

const COLUMNS = ['lock', 'thread', 'owner', 'from', 'to'] as const satisfies readonly (keyof Wait)[];

/** Waits for one lock as columns, by their ends: a night has hundreds of thousands of them. */
export interface WaitColumns {
  readonly thread: Float64Array;
  readonly owner: Float64Array;
  readonly from: Float64Array;
  readonly to: Float64Array;
}

export interface Lock {
  readonly type: string | undefined;
  readonly address: number;
  waits: number;
  ns: number;
  longestNs: number;
  from: number;
  to: number;
}

export class Waits {
  readonly locks: Lock[] = [];
  private readonly numbers = new Map<string | undefined, Map<number, number>>();
  /** By lock: threads that waited, frames in which it was waited. */
  readonly byThread = new Tally();
  readonly bySite = new Tally();
  private readonly columns = COLUMNS.map(() => new FractionList());
  /** Waits that are shorter are not kept, ns. */
  leastKept = 0;

  /** A monitor by its class and address, or by its class alone where there are too many. */
  lockOf(type: string | undefined, address: number): number {
    const addresses = this.numbers.get(type) ?? new Map<number, number>();
    this.numbers.set(type, addresses);
    const known = addresses.get(address);
    if (known !== undefined) return known;
    if (this.locks.length >= MOST_LOCKS && !Number.isNaN(address)) return this.lockOf(type, NaN);
    const lock = { type, address, waits: 0, ns: 0, longestNs: 0, from: Infinity, to: -Infinity };
    addresses.set(address, this.locks.length);
    return this.locks.push(lock) - 1;
  }

  take(wait: Wait, site: number): void {
    const lock = this.locks[wait.lock];
    const ns = wait.to - wait.from;
    if (!lock) return;
    lock.waits += 1;
    lock.ns += ns;
    lock.longestNs = Math.max(lock.longestNs, ns);
    lock.from = Math.min(lock.from, wait.from);
    lock.to = Math.max(lock.to, wait.to);
    this.byThread.add(wait.lock, wait.thread, ns);
    this.bySite.add(wait.lock, site, ns);
    if (ns >= this.leastKept) this.keep(wait);
  }

  private keep(wait: Wait): void {
    for (const [at, column] of this.columns.entries()) column.push(wait[COLUMNS[at] ?? 'lock']);
    if (this.kept >= MOST_KEPT) this.thin();
  }

  get kept(): number {
    return this.columns[0]?.length ?? 0;
  }

  /** Keeps the longer half. */
  private thin(): void {
    const [from, to] = [this.column('from'), this.column('to')];
    const lengths = to.map((end, row) => end - (from[row] ?? NaN));
    this.leastKept = medianOf(lengths);
    // Of many that are as long as each other none may be dropped but by what is longer.
    for (const column of this.columns) {
      const values = column.take();
      values.forEach((value, row) => {
        if ((lengths[row] ?? 0) > this.leastKept) column.push(value);
      });
    }
  }

  private column(of: keyof Wait): Float64Array {
    return this.columns[COLUMNS.indexOf(of)]?.values() ?? new Float64Array(0);
  }

  /** Those of one lock that were kept. */
  of(lock: number): WaitColumns {
    const rows = new NumberList();
    this.column('lock').forEach((of, row) => {
      if (of === lock) rows.push(row);
    });
    const ends = inOrder(this.column('to'), rows.values(), new Float64Array(rows.length));
    const order = inOrder(rows.values(), orderByTime(ends), new Int32Array(rows.length));
    const take = (of: keyof Wait): Float64Array => inOrder(this.column(of), order, new Float64Array(order.length));
    return { thread: take('thread'), owner: take('owner'), from: take('from'), to: take('to') };
  }
}
