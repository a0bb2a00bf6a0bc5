// Whether a record stands alone: a request makes at least three records within moments, so where nearly all records have company and one
// has none for an hour on either side, its time is damaged. That judges what the order of its CPU can't, the first and the last record
// (sift.ts). An idle night between two loads leaves nobody alone, and a trace of which a mask let few records through is left as it is.

/** ms. */
export const ALONE_MS = 3_600_000;
/** With more of the records alone than this, being alone says nothing. */
const FEW = 0.1;

interface Hour {
  first: number;
  last: number;
  count: number;
}

/** When the records of a trace were, in the memory of one entry an hour that has any. */
export class Company {
  private readonly hours = new Map<number, Hour>();
  /** The hour of the record before: most records are of the same. */
  private latest: Hour | undefined;
  private latestHour = NaN;
  private records = 0;

  /** Takes a record at `t` ms, in any order. */
  add(t: number): void {
    this.records += 1;
    const at = Math.floor(t / ALONE_MS);
    if (!this.latest || at !== this.latestHour) {
      this.latest = this.hours.get(at);
      if (!this.latest) this.hours.set(at, (this.latest = { first: t, last: t, count: 0 }));
      this.latestHour = at;
    }
    const hour = this.latest;
    hour.count += 1;
    if (t < hour.first) hour.first = t;
    if (t > hour.last) hour.last = t;
  }

  /** The times of the records that have no other within an hour. */
  private alone(): number[] {
    const found: number[] = [];
    for (const [at, { first, count }] of this.hours) {
      const before = this.hours.get(at - 1)?.last ?? -Infinity;
      const after = this.hours.get(at + 1)?.first ?? Infinity;
      if (count === 1 && first - before >= ALONE_MS && after - first >= ALONE_MS) found.push(first);
    }
    return found;
  }

  /** Whether being alone says nothing, because it is usual. */
  get isSparse(): boolean {
    const { length } = this.alone();
    return length > Math.max(1, FEW * this.records) || this.records - length < 2;
  }

  /** The times of records whose time is damaged. */
  strays(): ReadonlySet<number> {
    return new Set(this.isSparse ? [] : this.alone());
  }
}
