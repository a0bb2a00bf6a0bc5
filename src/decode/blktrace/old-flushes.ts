// Flushes of older kernels (2.6.32 is one) in the form of newer ones. There a flush has no dispatch of its own: a bio that begins with a flush
// (preflush) shows Q G I, a gap while the device empties its cache, and then D and C of its data; one without data shows Q G I and C.
// Newer kernels trace what they send: D FN and C FN (block/blk-flush.c). So between I and D, or C, it is the device that is at work, and
// no scheduler. A trace in which a device has been sent flushes is left as it is.

import type { Column, Strings } from '../../model/events.js';
import type { TableBuilder } from '../../model/columns.js';

/** One event's rows, with the names of their columns. */
export interface Rows {
  readonly rows: TableBuilder;
  readonly fields: readonly string[];
}

/** An I record with a preflush. */
interface Inserted {
  readonly t: number;
  readonly cpu: number;
  readonly pid: number;
  readonly dev: number;
  readonly sector: number;
  readonly sectors: number;
  readonly rwbs: number;
}

/** The tables that flushes are found in and added to. */
export interface BlockTables {
  readonly queue: Rows;
  readonly issue: Rows;
  readonly complete: Rows;
  readonly strings: Strings;
}

function columnOf({ rows, fields }: Rows, field: string): Column | undefined {
  return rows.columns[fields.indexOf(field)];
}

function add(target: Rows, { cpu, pid, dev, rwbs }: Inserted, t: number): void {
  const at = target.rows.add(t, cpu, pid);
  const values: Readonly<Record<string, number>> = { dev, sector: 0, nr_sector: 0, rwbs, error: 0 };
  target.fields.forEach((field, index) => {
    const column = target.rows.columns[index];
    if (column) column[at] = values[field] ?? NaN;
  });
}

export class OldFlushes {
  private readonly inserted: Inserted[] = [];

  insert(one: Inserted): void {
    this.inserted.push(one);
  }

  /** Adds the flushes that the tables lack: each from its I on, with the device until D of its data, or C. */
  addTo(tables: BlockTables): void {
    const { queue, issue, complete, strings } = tables;
    const sent = this.flushDevices(tables);
    const lacking = this.inserted.filter(({ dev }) => !sent.has(dev)).sort((a, b) => a.t - b.t);
    if (lacking.length === 0) return;
    withoutPreflush(queue, new Set(lacking.map(({ dev }) => dev)), strings);
    const dispatchOf = firstAfter(issue, lacking);
    for (const one of lacking) {
      if (one.sectors === 0) {
        add(issue, one, one.t);
        continue;
      }
      const end = dispatchOf(one);
      if (end === undefined) continue;
      add(queue, one, one.t);
      add(issue, one, one.t);
      add(complete, one, end);
    }
  }

  /** Devices that were seen to be sent a flush. */
  private flushDevices({ issue, strings }: BlockTables): Set<number> {
    const [dev, sectors, rwbs] = ['dev', 'nr_sector', 'rwbs'].map((field) => columnOf(issue, field));
    const found = new Set<number>();
    for (let row = 0; row < issue.rows.length; row += 1)
      if (sectors?.[row] === 0 && strings.get(rwbs?.[row] ?? 0).startsWith('F')) found.add(dev?.[row] ?? NaN);
    return found;
  }
}

/** The flush is a request of its own now: what is left of the bio is a write. Otherwise one call for durability would count as two. */
function withoutPreflush(queue: Rows, devices: ReadonlySet<number>, strings: Strings): void {
  const [dev, sectors, rwbs] = ['dev', 'nr_sector', 'rwbs'].map((field) => columnOf(queue, field));
  if (!dev || !sectors || !rwbs) return;
  for (let row = 0; row < queue.rows.length; row += 1) {
    if (!devices.has(dev[row] ?? NaN) || sectors[row] === 0) continue;
    const text = strings.get(rwbs[row] ?? 0);
    if (text.startsWith('F')) rwbs[row] = strings.intern(text.slice(1).replace(/^WF/, 'W'));
  }
}

/** When each insert's own data were dispatched, asked in order of time: the next D of its sector; undefined where there is none. */
function firstAfter(issue: Rows, inserted: readonly Inserted[]): (one: Inserted) => number | undefined {
  const sectors = new Map(inserted.map((one) => [keyOf(one.dev, one.sector), { times: new Array<number>(), at: 0 }]));
  const [dev, sector] = ['dev', 'sector'].map((field) => columnOf(issue, field));
  for (let row = 0; row < issue.rows.length; row += 1)
    sectors.get(keyOf(dev?.[row], sector?.[row]))?.times.push(issue.rows.t[row] ?? NaN);
  for (const { times } of sectors.values()) times.sort((a, b) => a - b);
  return ({ dev: device, sector: first, t }) => {
    const found = sectors.get(keyOf(device, first));
    if (!found) return undefined;
    while ((found.times[found.at] ?? Infinity) < t) found.at += 1;
    return found.times[found.at];
  };
}

function keyOf(dev: number | undefined, sector: number | undefined): string {
  return `${dev} ${sector}`;
}
