// Who made each page dirty that is not yet written. A page that is dirtied twice before it is written is told once by the kernel and
// written once, so each entry is made by one event and taken by one write. Writeback goes through a file in ascending order, which is how
// the pages behind a bio are told although a bio carries no file offset: the next dirty page, and on from there.
// Source: folio_account_dirtied() in mm/page-writeback.c: one event a folio; a folio of 2^n pages begins at a multiple of 2^n.

import { DirtyStretch, STRETCH } from './dirty-stretch.js';

/** No folio of the page cache is larger than a PMD on x86 and arm64 with pages of 4 KiB: 2 MiB. */
const MOST_IN_FOLIO = 512;
/** Whose pages are that were dirty when the recording began, or were dirtied by an event that was lost. */
export const UNKNOWN = -1;
/** Page indexes stay where a double still tells parts of a page; a file of 4 PiB ends here. */
const MOST_INDEX = 2 ** 40;
/** What is left of a bio below this part of a page comes from rounding. */
const LEAST = 1e-6;

/** The dirty pages of one file. */
export class DirtyPages {
  private readonly stretches = new Map<number, DirtyStretch>();
  private order: number[] = [];
  private ordered = true;
  /** How often a stretch was emptied since they were tidied. */
  private emptied = 0;
  /** Where the next bio goes on: the page behind the last one taken, and the folio that was taken last. */
  private next = 0;
  private folio = NaN;
  private folioOwner = UNKNOWN;
  private dirtyFolios = 0;

  get isClean(): boolean {
    return this.dirtyFolios === 0;
  }

  /** The folio that begins at `index` was made dirty by a thread. */
  dirty(index: number, pid: number): void {
    if (index > MOST_INDEX) return;
    const key = Math.floor(index / STRETCH);
    let stretch = this.stretches.get(key);
    if (!stretch) {
      this.stretches.set(key, (stretch = new DirtyStretch()));
      this.ordered &&= key > (this.order.at(-1) ?? -1);
      this.order.push(key);
    }
    if (stretch.set(index % STRETCH, pid)) this.dirtyFolios += 1;
  }

  isDirty(index: number): boolean {
    const page = Math.floor(index);
    return this.stretches.get(Math.floor(page / STRETCH))?.has(page % STRETCH) ?? false;
  }

  /** Writing begins at this page, or at the first dirty one behind it. */
  begin(from: number, exact: boolean): void {
    const start = Math.min(from, MOST_INDEX);
    this.folio = NaN;
    this.next = exact ? start : (this.firstFrom(start) ?? start);
  }

  /** The next bio does not follow the last one on the disk, so it does not in the file: it begins at the next dirty page. */
  skip(): void {
    if (!this.isDirty(this.next)) this.begin(this.next, false);
  }

  /** Takes the pages of a range that is known to be written, all of it. */
  takeRange(from: number, pages: number, visit: (pid: number, pages: number) => void): void {
    this.begin(from, true);
    this.take(pages, visit, false);
  }

  /**
   * Takes so many pages from where writing stands and passes each owner's on, UNKNOWN's as well. Where `leaps`, pages that follow on the
   * disk need not do so in the file, as a filesystem allocates what it writes together in one place: behind a page that nobody was seen to
   * dirty it goes on at the next one that somebody was.
   */
  take(pages: number, visit: (pid: number, pages: number) => void, leaps = true): void {
    let left = pages;
    while (left > LEAST) {
      if (leaps && !this.isClean && !this.isDirty(this.next) && !this.inFolio(Math.floor(this.next)))
        this.begin(this.next, false);
      const index = Math.floor(this.next);
      const owner = this.remove(index);
      if (owner !== undefined) {
        this.folio = index;
        this.folioOwner = owner;
      }
      const inFolio = this.inFolio(index);
      const limit = inFolio ? this.folio + sizeAt(this.folio) : Infinity;
      const stop = this.nextDirtyWithin(index + 1, Math.min(limit, Math.ceil(this.next + left)));
      const step = Math.min(left, stop - this.next);
      visit(inFolio ? this.folioOwner : UNKNOWN, step);
      left -= step;
      this.next = left > 0 ? stop : this.next + step;
    }
  }

  /** True for a page that the folio taken last may hold. */
  private inFolio(index: number): boolean {
    return index >= this.folio && index < this.folio + sizeAt(this.folio);
  }

  private nextDirtyWithin(from: number, to: number): number {
    if (this.isClean) return to;
    // A long stretch is not looked through page by page: a damaged recording may name any length.
    if (to - from <= MOST_IN_FOLIO) return this.scan(from, to) ?? to;
    const found = this.firstFrom(from) ?? to;
    return found < from ? to : Math.min(found, to);
  }

  private remove(index: number): number | undefined {
    const stretch = this.stretches.get(Math.floor(index / STRETCH));
    const owner = stretch?.take(index % STRETCH);
    if (owner === undefined) return undefined;
    this.dirtyFolios -= 1;
    if (stretch?.dirty === 0) this.emptied += 1;
    return owner;
  }

  private scan(from: number, to: number): number | undefined {
    for (let index = from; index < to; index += STRETCH - (index % STRETCH)) {
      const first = index - (index % STRETCH);
      const found = this.stretches.get(first / STRETCH)?.firstFrom(index - first, Math.min(STRETCH, to - first));
      if (found !== undefined) return first + found;
    }
    return undefined;
  }

  /** The first dirty page at or behind `from`; writing back goes round to the file's beginning. */
  private firstFrom(from: number): number | undefined {
    this.tidy();
    const start = Math.floor(from / STRETCH);
    let low = 0;
    let high = this.order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.order[middle] ?? 0) < start) low = middle + 1;
      else high = middle;
    }
    return this.firstIn(low, this.order.length, from) ?? this.firstIn(0, low + 1, 0);
  }

  private firstIn(fromOrder: number, toOrder: number, from: number): number | undefined {
    for (let at = fromOrder; at < Math.min(toOrder, this.order.length); at += 1) {
      const first = (this.order[at] ?? 0) * STRETCH;
      const found = this.scan(Math.max(Math.floor(from), first), first + STRETCH);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Puts the stretches in order and leaves out those that were emptied, once they are many. */
  private tidy(): void {
    if (this.emptied > 64 && this.emptied > this.order.length / 2) {
      this.emptied = 0;
      this.order = this.order.filter((key) => {
        if ((this.stretches.get(key)?.dirty ?? 0) > 0) return true;
        this.stretches.delete(key);
        return false;
      });
    }
    if (this.ordered) return;
    this.order.sort((a, b) => a - b);
    this.ordered = true;
  }
}

/** The most pages that the folio at this index can have: the largest power of two that divides it. */
function sizeAt(index: number): number {
  if (Number.isNaN(index)) return 0;
  let size = 1;
  while (size < MOST_IN_FOLIO && index % (size * 2) === 0) size *= 2;
  return size;
}
